"""What is told and kept of an import: the mapping of its headers, its rejected lines."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl import messages
from crmctl.run.importing.ingest import Ingested, Table
from crmctl.sql import SQL, join, sql
from crmctl.step.running import Context
from crmctl.store import Store

_TELL_PLAIN = 60
_REJECTS_TOLD = 3


def understanding(part: Ingested, dataset: str = "") -> tuple[list[str], list[str]]:
    """What headers were taken for, and why: what is worth telling, and what only those want who ask for everything.

    Fields are named with their ``dataset`` where there are several.
    """
    within = f"{dataset}." if dataset else ""
    short = len(part.columns) <= _TELL_PLAIN
    told: list[str] = []
    rest: list[str] = []
    for match in part.mapping.matches:
        if match.field is None:
            rest.append(f"  {match.header} -> -")
            continue
        line = f"  {match.header} -> {within}{match.field} ({match.why}, {match.score:.2f})"
        plain = match.field == match.header or not (short or match.reason not in ("name", "label"))
        (rest if plain else told).append(line)
    return told, rest


def tell_rejects(run: Context, tables: Sequence[Table], *, written: bool) -> None:
    """The first lines that could not be read, and how many there are."""
    for table in tables:
        if not table.ledger.rejected:
            continue
        count, name = table.ledger.rejected, table.label
        run.note(messages.translate("lines of {file} that could not be read: {count}", count=count, file=name))
        first = sql("select line, reason from {t} order by line limit {n}", t=table.rejects, n=_REJECTS_TOLD)
        for line, reason in run.store.rows(first):
            run.note(f"  {table.label}:{line}: {messages.term(str(reason))}")
        if not written:
            run.note("  " + messages.translate("--rejects FILE writes them out, to be mended and imported again"))


def mappings(run: Context, name: str, parts: Sequence[Ingested]) -> SQL:
    """The lines of the log of mappings."""
    selects = []
    for part in parts:
        matches = part.mapping.matches
        selects.append(
            sql(
                "select {step} as step, {name} as dataset, {file} as file, {source} as source,"
                " unnest({places}) as position, unnest({headers}) as header, unnest({fields}::varchar[]) as field,"
                " unnest({scores}::double[]) as score, unnest({reasons}) as reason",
                step=run.step, name=name, file=part.label, source=part.source,
                places=list(range(1, len(matches) + 1)), headers=[match.header for match in matches],
                fields=[match.field for match in matches], scores=[match.score for match in matches],
                reasons=[match.why for match in matches],
            )
        )  # fmt: skip
    return join(selects, " union all ")


def remembered_mapping(store: Store, origins: Sequence[tuple[str, str]], headers: Sequence[str]) -> dict[str, str]:
    """Header -> field as these (source, file) pairs were last mapped; an empty field is the header's own name."""
    found: dict[str, str] = {}
    for source, file in origins:
        rows = store.rows(
            sql(
                "select header, field from _crmctl.mappings where source = {source} and file = {file} and run ="
                " (select max(run) from _crmctl.mappings where source = {source} and file = {file})"
                " order by step, position",
                source=source,
                file=file,
            )
        )
        for header, field in rows:
            if header in headers and header not in found and (not field or field not in found.values()):
                found[str(header)] = str(field or "")
    return found


def numbered_rejects(run: Context, parts: Sequence[Ingested]) -> SQL:
    """The parts' rejected lines, each with a row id of its own."""
    rejects = join(
        [
            sql(
                "select {source} as source, {file} as file, line, reason, raw from {rejects}",
                source=part.source, file=part.label, rejects=part.rejects,
            )
            for part in parts
        ],
        " union all ",
    )  # fmt: skip
    return sql(
        "(select {first} + row_number() over () as _id, r.* from ({rejects}) r)",
        first=run.store.take_ids(sum(part.ledger.rejected for part in parts)) - 1, rejects=rejects,
    )  # fmt: skip


def told_others(others: Sequence[str]) -> str:
    """What is said of tables of a file that a step on the file does not read."""
    return messages.translate("not read: {names}; import the file to have them too", names=", ".join(others))
