"""`import`: files into a dataset, by key or content, with nothing lost."""

from __future__ import annotations

from typing import Literal

from crmctl import messages
from crmctl.errors import UsageError
from crmctl.formats import ReadOptions
from crmctl.run.arrival import Arrival, arrive, reject_failure
from crmctl.run.ingest import Ingested, ingest, source_name
from crmctl.sql import SQL, join, sql
from crmctl.step import Context, Dataset, InputFile, Result, SchemaName, context, step
from crmctl.step.result import InputRead

_SHORT_FILE = 6
Mode = Literal["upsert", "append", "replace", "snapshot"]


@step(name="import", kind="import")
def import_(
    files: list[InputFile],
    *,
    into: str | None = None,
    source: str | None = None,
    schema: SchemaName | None = None,
    map: dict[str, str] | None = None,  # noqa: A002 - the option's own name
    mode: Mode | None = None,
    max_rejects: str = "5%",
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Result:
    """Import files into a dataset.

    The encoding, the delimiter and the header's row are found, shown and recorded; headers become the fields of the
    schema that fits. A line that cannot be read goes to the rejects with its reason.

    Args:
        files: The files, or - for standard input.
        into: The dataset; by default what the schema usually fills, else the source's name.
        source: Where the rows come from; by default the file's name without its date.
        schema: The schema that names the fields: a shipped one or a file. The dataset's own by default, or guessed.
        map: Fields for headers, as Header=field.
        mode: What happens to rows that are there already. Upsert finds them by key, append adds, replace takes
            only the new, snapshot removes what is gone from this source.
        max_rejects: How many lines may be unreadable before nothing is published: a number, or a share like 5%.
        encoding: The files' encoding, where it should not be guessed.
        delimiter: The cells' delimiter, where it should not be guessed.
        sheet: The sheet of a workbook; the first with rows by default.

    Examples:
        crmctl import examples/contacts.csv
        crmctl import examples/contacts.csv --into leads --source fair
    """
    run = context()
    if not files:
        raise UsageError("no file to import", cure="name at least one")
    options = ReadOptions(encoding=encoding, delimiter=delimiter, sheet=sheet)
    previous = _existing(run, into) if into else None
    known = schema or (previous.schema if previous is not None and mode != "replace" else None)
    parts: list[Ingested] = []
    for file in files:
        origin = source or source_name(str(file))
        parts.append(ingest(run.store, str(file), run.table(), source=origin, schema=known, given=map, options=options))
        known = known or parts[0].schema_reference
    first = parts[0]
    name = into or (first.schema.dataset if first.schema else source or source_name(str(files[0])))
    previous = previous or _existing(run, name)
    name = previous.name if previous is not None else name
    key = tuple(first.schema.key) if first.schema else ()
    chosen = mode or _default_mode(previous is None, bool(key), name)
    arrival = arrive(run, name, previous, parts, key, chosen)
    _tell_mapping(run, parts)
    return _result(run, name, parts, key, arrival, max_rejects)


def _existing(run: Context, name: str) -> Dataset | None:
    """The dataset of that name as it is; None where there is none yet."""
    return run.dataset("dataset:" + name) if name.casefold() in map(str.casefold, run.datasets()) else None


def _default_mode(is_new: bool, has_key: bool, name: str) -> Mode:
    if has_key:
        return "upsert"
    if is_new:
        return "append"
    raise UsageError("{name} exists and its rows have no key", cure="say --mode append, replace or snapshot", name=name)


def _result(
    run: Context, name: str, parts: list[Ingested], key: tuple[str, ...], arrival: Arrival, max_rejects: str
) -> Result:
    rejects = join(
        [
            sql(
                "select null::bigint as _id, {source} as source, {file} as file, line, reason, raw from {rejects}",
                source=part.reading.path.name, file=part.ledger.name, rejects=part.rejects,
            )
            for part in parts
        ],
        " union all ",
    )  # fmt: skip
    numbered = sql(
        "(select {first} + row_number() over () as _id, r.* exclude (_id) from ({rejects}) r)",
        first=run.store.take_ids(sum(part.ledger.rejected for part in parts)) - 1, rejects=rejects,
    )  # fmt: skip
    return Result(
        rows=arrival.rows,
        columns=arrival.columns,
        name=name,
        key=[field for field in key if field in {column.name for column in arrival.columns}],
        schema=parts[0].schema_reference,
        findings=arrival.findings,
        rejects=numbered,
        side={**arrival.side, "files_seen": _files_seen(name, parts)},
        inputs=[
            InputRead(p.ledger.name, p.reading.sha256, p.reading.size, p.ledger, p.reading.decision) for p in parts
        ],
        notes=[note for part in parts for note in _notes(part)],
        failure=reject_failure(parts, max_rejects) or arrival.failure,
    )


def _files_seen(name: str, parts: list[Ingested]) -> SQL:
    return join(
        [
            sql(
                "select {sha} as sha256, {path} as path, {size} as size, {name} as dataset",
                sha=p.reading.sha256, path=p.ledger.name, size=p.reading.size, name=name,
            )
            for p in parts
        ],
        " union all ",
    )  # fmt: skip


def _tell_mapping(run: Context, parts: list[Ingested]) -> None:
    """Every header, what it was taken for, and why; a short file, whose guess is a weak one, is told of at once."""
    for part in parts:
        tell = run.note if len(part.columns) <= _SHORT_FILE else run.detail
        for match in part.mapping.matches:
            if match.field and match.field != match.header:
                tell(f"  {match.header} -> {match.field} ({match.reason}, {match.score:.2f})")
            elif not match.field:
                run.detail(f"  {match.header} -> -")


def _notes(part: Ingested) -> list[str]:
    notes = [f"{part.ledger.name}: {part.reading.decision}"]
    if part.schema is not None:
        own = [match.header for match in part.mapping.matches if match.field is None]
        notes.append(
            messages.translate(
                "schema {schema}: {mapped} of {count} headers mapped", schema=part.schema.name,
                mapped=len(part.columns) - len(own), count=len(part.columns),
            )
            + (messages.translate("; kept as they are: {names}", names=", ".join(own)) if own else "")
        )  # fmt: skip
    return [*notes, *part.mapping.problems]
