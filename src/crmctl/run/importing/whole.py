"""An import as a whole: files found, read, sorted into datasets, met with what is there, and accounted for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from pathlib import Path

from crmctl import messages
from crmctl.errors import UsageError
from crmctl.formats import ReadOptions
from crmctl.formats.databases.remote import shown
from crmctl.run.importing.account import mappings, numbered_rejects, remembered_mapping, tell_rejects, understanding
from crmctl.run.importing.arrival import Meeting, arrive
from crmctl.run.importing.doubts import doubted
from crmctl.run.importing.files import expand, left_out
from crmctl.run.importing.flattening import flattened
from crmctl.run.importing.grouping import Group, group
from crmctl.run.importing.ingest import Ingested, Table, Wish, locate, present, read_tables, source_name, understand
from crmctl.run.importing.limits import allowed, reject_failure
from crmctl.run.importing.mended import write_rejects
from crmctl.run.importing.refining import prepared, taken_apart
from crmctl.run.importing.seen import Seen, digest, files_seen, find_seen
from crmctl.schema import HeaderMatch, Mapping, likely_preset, resolve_column
from crmctl.schema.column import Column
from crmctl.schema.mapping_file import save_mapping
from crmctl.sql import sql
from crmctl.step.result import InputRead, Result
from crmctl.step.running import Context
from crmctl.step.types import Dataset
from crmctl.store.runs import FileLedger
from crmctl.store.versions import check_name, check_new_name


@dataclass(frozen=True)
class Order:
    """What is to be imported, and how.

    Args:
        files: The files.
        into: The dataset; by default what the schema fills.
        source: Where the rows come from.
        wish: How headers are understood.
        options: What is known of the files' format.
        meeting: What becomes of rows that are there; without a mode, it depends.
        max_rejects: How many lines may be unreadable.
        rejects: A file for those lines.
        again: Take in files that were taken in already.
        save_map: A file for the mapping of the headers.
        watch: Told of each file before it is read.
    """

    files: Sequence[str]
    into: str | None = None
    source: str | None = None
    wish: Wish = field(default_factory=Wish)
    options: ReadOptions = field(default_factory=ReadOptions)
    meeting: Meeting = field(default_factory=lambda: Meeting(""))
    max_rejects: str = "5%"
    rejects: Path | None = None
    again: bool = False
    save_map: Path | None = None
    watch: Callable[[str], None] = lambda _: None

    def origin(self, file: str) -> str:
        """The source of a file's rows."""
        return self.source or source_name(file)

    def digest(self) -> str:
        """Tells this way of taking a file in from any other."""
        wish, preset = self.wish, self.wish.preset
        said = {name: getattr(self.options, name) for name in ReadOptions.__dataclass_fields__ if name != "password"}
        return digest(
            wish.schema, dict(wish.given), preset.name if preset else None, said, self.meeting.mode,
            self.meeting.blanks_overwrite, dict(self.meeting.keep),
        )  # fmt: skip


def import_files(run: Context, order: Order) -> Result:
    """Read files and bring their rows into the datasets they belong to.

    Raises:
        FileError: A file cannot be read.
        UsageError: What is asked for makes no sense with these files.
    """
    if order.into is not None:
        check_name(order.into)
        if run.keeps and order.into.casefold() not in map(str.casefold, run.datasets()):
            check_new_name(run.store, order.into)
    allowed(order.max_rejects, 0)
    paths = {shown(file): locate(file, run.store) for file in expand(order.files)}
    for folder, names in left_out(order.files):
        run.note(
            messages.translate(
                "{folder}: left out, since their names tell no format: {names}; name them to take them in",
                folder=folder, names=", ".join(names),
            )
        )  # fmt: skip
    seen = [] if order.again or not (run.keeps or run.dry_run) else _seen(run, order, paths)
    known = {each.file for each in seen}
    tables: list[Table] = []
    for file, path in paths.items():
        if file not in known:
            order.watch(file)
            tables += read_tables(
                run.store, file, path, run.table, source=order.origin(file), options=order.options, ask=run.ask
            )
    for each in seen:
        run.note(
            messages.translate(
                "{file}: skipped, it is the same file as in run {run}; --again takes it in all the same",
                file=each.file, run=each.run,
            )
        )  # fmt: skip
    skipped = [InputRead(s.file, s.sha256, s.size, s.ledger, f"same as run {s.run}", s.file) for s in seen]
    if not tables:
        return Result(inputs=skipped)
    return _result(run, order, [prepared(run, table) for table in tables], skipped)


def _seen(run: Context, order: Order, paths: MappingOf[str, Path]) -> list[Seen]:
    """The files that are in the store already; where they are the whole truth together, all of them or none."""
    how = order.digest()
    found = [
        find_seen(run, file, path, source=order.origin(file), how=how, into=order.into, mode=order.meeting.mode)
        for file, path in paths.items()
    ]
    seen = [each for each in found if each is not None]
    whole = order.meeting.mode in ("replace", "snapshot")
    return [] if whole and len(seen) < len(found) else seen


def _result(run: Context, order: Order, tables: list[Table], skipped: list[InputRead]) -> Result:
    previous = existing(run, order.into) if order.into is not None else None
    order = _with_memory(run, order, tables)
    known = order.wish.schema
    if known is None and previous is not None and order.meeting.mode != "replace" and order.wish.preset is None:
        known = previous.schema
    understood, left = _understood(run, order, tables, known)
    if not run.keeps and not run.dry_run:
        left += [part for _, parts in understood[1:] for part in parts]
        understood = understood[:1]
    results = [_into(run, order, each, parts, several=len(understood) > 1) for each, parts in understood]
    tell_rejects(run, tables, written=order.rejects is not None)
    first = results[0]
    first.inputs = [*skipped, *first.inputs, *(_left_out(run, table) for table in left)]
    first.more = results[1:]
    if not run.dry_run:
        first.files = _write_asked(run, order, tables, [part for _, parts in understood for part in parts])
    first.failure = reject_failure([table.ledger for table in tables], order.max_rejects) or first.failure
    return first


def _tell_of_presets(run: Context, tables: Sequence[Table]) -> None:
    """Of a file that holds customers, orders and items at once, say how they are told apart."""
    for table in tables:
        preset = likely_preset(table.reading.headers)
        if preset is not None:
            run.note(
                messages.translate(
                    "{file}: an order export; --from {preset} makes customers, orders and order items of it",
                    file=table.label, preset=preset,
                )
            )  # fmt: skip


def _understood(
    run: Context, order: Order, tables: Sequence[Table], known: str | None
) -> tuple[list[tuple[Group, list[Ingested]]], list[Table]]:
    """The tables by the dataset they go into, their headers understood; and those that go nowhere."""
    wish = order.wish
    if wish.preset is not None and wish.preset.flat and wish.schema is None:
        _check_given(wish, tables)
        found = flattened(run, tables, wish.preset, into=order.into, given=wish.given)
        return [
            (each, [doubted(run, taken_apart(run, part), as_read=False) for part in parts]) for each, parts in found
        ], []
    groups, left = group(run.store, tables, wish, into=order.into, known=known, source=order.source)
    _check_given(wish, tables)
    if wish.preset is None:
        _tell_of_presets(run, tables)
    found = []
    for each in groups:
        parts = [understand(run.store, table, wish, each.schema) for table in each.tables]
        found.append((each, [doubted(run, taken_apart(run, part)) for part in parts]))
    return found, left


def _write_asked(run: Context, order: Order, tables: Sequence[Table], parts: Sequence[Ingested]) -> list[Path]:
    """Write the files that the user asked for beside the import."""
    files = []
    if order.rejects is not None:
        write_rejects(run.store, tables, order.rejects)
        files.append(order.rejects)
    if order.save_map is not None:
        _save_map(order.save_map, order.wish, parts)
        files.append(order.save_map)
    return files


def _save_map(path: Path, wish: Wish, parts: Sequence[Ingested]) -> None:
    """Every header of all parts, each once; of a flat file what the user says, since the preset says the rest."""
    flat = wish.preset is not None and wish.preset.flat
    columns: dict[str, tuple[str, HeaderMatch]] = {}
    for part in parts:
        for name, match in zip(part.reading.columns, part.mapping.matches, strict=True):
            said = wish.given.get(match.header, match.field) if flat else match.field
            if not flat or match.reason == "given" or said == "":
                columns.setdefault(name, (name, replace(match, field=said or None)))
    schemas = {part.schema_reference for part in parts}
    whole = Mapping([], [match for _, match in columns.values()], [])
    save_mapping(
        path, whole, [name for name, _ in columns.values()], schema=schemas.pop() if len(schemas) == 1 else None,
        preset=wish.preset.name if wish.preset else None,
    )  # fmt: skip


def existing(run: Context, name: str) -> Dataset | None:
    """The dataset of that name as it is; None where there is none yet."""
    return run.dataset("dataset:" + name) if name.casefold() in map(str.casefold, run.datasets()) else None


def _with_memory(run: Context, order: Order, tables: Sequence[Table]) -> Order:
    """Mended rejects are understood as the file was that they come from."""
    remembered: dict[str, str] = {}
    for table in tables:
        if table.mended is not None:
            remembered |= remembered_mapping(run.store, table.mended.origins, table.reading.headers)
    if not remembered:
        return order
    return replace(order, wish=replace(order.wish, given={**remembered, **order.wish.given}))


def _check_given(wish: Wish, tables: Sequence[Table]) -> None:
    """Every header that the user maps by hand is in one of the tables."""
    found: set[str] = set()
    for table in tables:
        found |= present(table.reading.headers, table.reading.columns, wish.given).keys()
    columns = [
        Column(name, header) for table in tables
        for header, name in zip(table.reading.headers, table.reading.columns, strict=True)
    ]  # fmt: skip
    for header in sorted(wish.strict - found):
        resolve_column(columns, header)


def _into(run: Context, order: Order, each: Group, parts: list[Ingested], *, several: bool) -> Result:
    """One dataset's part of the import."""
    if order.wish.schema is None and each.schema is not None:
        parts = [replace(part, schema_reference=_reference(run, order, each)) for part in parts]
    previous = existing(run, each.name)
    name = previous.name if previous is not None else each.name
    key = each.key
    mode = order.meeting.mode or _default_mode(previous is None, bool(key), name)
    arrival = arrive(run, name, previous, parts, key, replace(order.meeting, mode=mode))
    filled = {column.name for column in arrival.columns}
    return Result(
        rows=arrival.rows,
        columns=arrival.columns,
        name=name,
        key=[column for column in key if column in filled],
        schema=parts[0].schema_reference,
        findings=arrival.findings,
        rejects=numbered_rejects(run, parts),
        side={
            **arrival.side, "files_seen": files_seen(name, parts, order.digest()),
            "mappings": mappings(run, name, parts),
        },
        inputs=_inputs(parts),
        notes=[note for part in parts for note in _notes(run, part, name if several else "")],
        failure=arrival.failure,
    )  # fmt: skip


def _inputs(parts: Sequence[Ingested]) -> list[InputRead]:
    """The account of every table; a flat file's records are counted once, with the first kind of rows."""
    return [
        InputRead(p.label, p.sha256, p.size, p.account or p.ledger, p.reading.decision, p.file)
        for p in parts if p.account is not None or not p.further
    ]  # fmt: skip


def _reference(run: Context, order: Order, each: Group) -> str:
    """By what the dataset's schema is found again: a file of the user's own has a path, not a name."""
    previous = existing(run, order.into) if order.into is not None else None
    assert each.schema is not None  # noqa: S101 - the caller has looked
    known = previous.schema if previous is not None and order.meeting.mode != "replace" else None
    return known or each.schema.name


def _default_mode(is_new: bool, has_key: bool, name: str) -> str:
    if has_key:
        return "upsert"
    if is_new:
        return "append"
    raise UsageError("{name} exists and its rows have no key", cure="say --mode append, replace or snapshot", name=name)


def _left_out(run: Context, table: Table) -> InputRead:
    """The account of a table that goes nowhere."""
    read = table.reading.read
    run.note(
        messages.translate(
            "{name} is left out, being of another kind (rows: {rows}); import it on its own with --sheet or --table",
            name=table.label, rows=read,
        )
    )  # fmt: skip
    run.store.execute(sql("drop table {table}", table=table.table))
    ledger = FileLedger(table.label, read, 0, 0, read)
    return InputRead(table.label, table.sha256, table.size, ledger, f"left out; {table.reading.decision}", table.file)


def _notes(run: Context, part: Ingested, dataset: str) -> list[str]:
    notes = [] if part.further else [f"{part.label}: {part.reading.decision}"]
    if part.left_out:
        notes.append(messages.translate("{file}: no table in {names}", file=part.file, names=part.left_out))
    if not part.reading.loaded:
        notes.append(messages.translate("{file} has a header and no row that could be read", file=part.label))
    if part.schema is not None:
        own = [match.header for match in part.mapping.matches if match.field is None]
        notes.append(
            messages.translate(
                "schema {schema}: {mapped} of {count} headers mapped", schema=part.schema.name,
                mapped=len(part.mapping.matches) - len(own), count=len(part.mapping.matches),
            )
            + (messages.translate("; kept as they are: {names}", names=", ".join(own)) if own else "")
        )  # fmt: skip
    told, rest = understanding(part, dataset)
    for line in rest:
        run.detail(line)
    return [*notes, *told, *part.notes, *part.mapping.problems]
