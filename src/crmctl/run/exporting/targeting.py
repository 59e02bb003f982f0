"""An export for another system: shaped, checked, split and written as it takes it; what it would refuse is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crmctl import formats, messages
from crmctl.atomic import at_once, replacing
from crmctl.errors import UsageError
from crmctl.exporting.hashing import FORM_OF_TYPE
from crmctl.exporting.mapping_file import data_loader_mapping
from crmctl.exporting.naming import beside
from crmctl.exporting.parting import Limits, parts
from crmctl.exporting.refusals import Refusals, accepted, find_refusals
from crmctl.exporting.shape import PLACE, Shaped, cell_name, choose_table, hashing_table, shape
from crmctl.formats.detect import DELIMITED
from crmctl.run.exporting.delivery import Delivery, Spelling
from crmctl.run.exporting.output import output_format
from crmctl.schema.cells import defused_headers
from crmctl.schema.column import Column, blank
from crmctl.schema.preset_model import Preset, Target
from crmctl.schema.presets import load_preset
from crmctl.schema.spreadsheet import defused
from crmctl.sql import SQL, ident, join, sql
from crmctl.step import Context, Dataset, OutputFile, Result

_PLACES_TOLD = 5
_LINE_ENDS = {"lf": "\n", "crlf": "\r\n"}


@dataclass(frozen=True)
class Aim:
    """What an export is for.

    Args:
        target: The preset's name or file, with a table behind a colon where one is named.
        hashed: The fields that go out as hashes only.
        columns: The columns that may go out.
        chosen: The user has named them.
        strict: A refusal means that nothing is written.
        refused: Where the refused rows go.
        defuse: Whether cells that a spreadsheet would compute are defused; the target's own choice where None.
        labelled: The columns' headers are their labels, and wanted.
        empties: A cell that would be refused stays empty, where its row is accepted without it.
    """

    target: str | None
    hashed: Sequence[Column]
    columns: Sequence[Column]
    chosen: bool
    strict: bool
    refused: OutputFile | None
    defuse: bool | None
    labelled: bool = False
    empties: bool = False

    @property
    def name(self) -> str:
        """What people call the target."""
        return self.target or "--hash"


def deliver_to_target(
    run: Context,
    dataset: Dataset,
    rows: SQL,
    aim: Aim,
    *,
    output: OutputFile,
    format: str | None,  # noqa: A002 - the option's own name
    spelling: Spelling,
    splitter: Column | None,
    manifest: bool,
) -> Result:
    """Write what the target takes, and tell what it would not.

    Raises:
        UsageError: There is no such target, or it takes nothing of this.
        FileError: A file cannot be written.
    """
    shaped, target = _shaped(run, dataset, rows, aim, splitter)
    form = output_format(format or (target.format if output == "-" else None), output, None)
    dialect = spelling.applied(_dialect(target, form), form)
    encoding = dialect.encoding if dialect is not None and dialect.unencodable == "error" else None
    refusals = find_refusals(run.con, shaped, encoding=encoding, empties=aim.empties and not aim.strict)
    good = accepted(shaped, refusals)
    left = int(run.store.scalar(sql("select count(*) from {rows}", rows=good)))
    result = _told(run, dataset, refusals, aim, left)
    if result.failure:
        return result
    written = _columns(shaped, aim)
    safe = target.defuse if aim.defuse is None else aim.defuse
    headers = [column.header for column in written]
    headers = defused_headers(run.con, headers) if safe and form in DELIMITED else headers
    delivery = Delivery(
        run, dataset, output, form, dialect, written, headers,
        lambda relation, place: formats.write(
            run.con, _query(relation, written, defuse=safe), place, format=form, columns=written, headers=headers,
            dialect=dialect, as_of=run.dated(),
        ),
    )  # fmt: skip
    limits = Limits(target.max_rows, target.max_bytes, [column.identifier for column in written])
    delivery.write(parts(run.con, good, PLACE, column=splitter, limits=limits), split=splitter is not None)
    further = [*result.files, *_mapping(target, shaped, output)]
    facts = {"for": aim.target, "refused": refusals.out} if aim.target else {"hashed": [c.header for c in aim.hashed]}
    further += delivery.manifest(facts) if manifest else []
    notes = [*delivery.notes(), *result.notes, *_left_out(run, shaped)]
    return replace(result, files=[*delivery.files, *further], notes=notes)


def _told(run: Context, dataset: Dataset, refusals: Refusals, aim: Aim, left: int) -> Result:
    """What is told of the refusals, and whether they are the end of it."""
    if not refusals.rows:
        return Result(notes=[_proof(dataset, left, 0)] if aim.target else [])
    failed = aim.strict or not left
    files = _write_refused(run, dataset, refusals, aim.refused, now=failed) if aim.refused else []
    findings = sql(
        "(select _id, field, 'refused' as status, reason, value, null::varchar as new_value from {t})", t=refusals.table
    )
    failure = messages.translate(
        "{target} would refuse {count:,} of {rows:,} rows; nothing was written", target=aim.name,
        count=refusals.rows, rows=left + refusals.out,
    )  # fmt: skip
    notes = _notes(run, dataset, refusals, aim)
    return Result(
        notes=notes if failed else [_proof(dataset, left, refusals.out), *notes], files=files,
        failure=failure if failed else None, findings_of=[(dataset, findings)],
    )  # fmt: skip


def _proof(dataset: Dataset, written: int, refused: int) -> str:
    return messages.translate(
        "{name}: rows {rows:,} = written {written:,} + refused {refused:,}", name=dataset.name,
        rows=written + refused, written=written, refused=refused,
    )  # fmt: skip


def _shaped(run: Context, dataset: Dataset, rows: SQL, aim: Aim, splitter: Column | None) -> tuple[Shaped, Target]:
    """The rows with the cells that the target wants; hashes of our own fields where no target is named."""
    extra = [splitter] if splitter is not None else []
    if aim.target is None:
        if aim.labelled:
            raise UsageError("--labels does not go with --hash", cure="leave --labels out")
        table = hashing_table({c.name: FORM_OF_TYPE.get(c.type, "text") for c in aim.hashed}, alone=not aim.chosen)
        others = [column for column in aim.columns if aim.chosen and column not in aim.hashed]
        target = Target(line_end="lf")
        return shape(run.con, rows, aim.hashed, table=table, target=target, extra=[*extra, *others]), target
    if aim.hashed:
        raise UsageError("--hash does not go with --for", cure="choose a target that wants hashes, such as google-ads")
    preset, wanted = _preset(aim.target)
    headers = {column.name: column.header if dataset.reading or aim.labelled else column.name for column in aim.columns}
    table = choose_table(preset, dataset.schema, wanted, aim.columns, headers)
    if aim.labelled and any(column.header != headers.get(column.field) for column in table.columns):
        raise UsageError("{name} has headers of its own", cure="leave --labels out", name=preset.name)
    target = preset.target or Target()
    if target.max_columns is not None and len(table.columns) > target.max_columns:
        raise UsageError("{name} takes {most} columns at most", cure="name fewer in the preset", name=preset.name,
                         most=target.max_columns)  # fmt: skip
    return shape(run.con, rows, aim.columns, table=table, target=target, extra=extra), target


def _preset(text: str) -> tuple[Preset, str | None]:
    """The preset, and the table behind the colon."""
    name, colon, table = text.rpartition(":")
    if not colon or Path(text).is_file() or "/" in table or "\\" in table:
        return load_preset(text), None
    return load_preset(name), table


def _columns(shaped: Shaped, aim: Aim) -> list[Column]:
    """What is written of each row: the target's cells, or our own columns with hashes among them."""
    cells = shaped.columns()
    if aim.target is not None or not aim.chosen:
        return cells
    hashes = {cell.column.field: column for cell, column in zip(shaped.cells, cells, strict=True)}
    return [hashes.get(column.name) or replace(column, header=column.name) for column in aim.columns]


def _query(relation: SQL, columns: Sequence[Column], *, defuse: bool) -> SQL:
    cells = [defused(c.identifier) if defuse else c.identifier for c in columns]
    named = join([sql("{cell} as {name}", cell=x, name=c.identifier) for x, c in zip(cells, columns, strict=True)])
    return sql("select {cells} from {rows}", cells=named, rows=relation)


def _dialect(target: Target, form: str) -> formats.Dialect | None:
    if form not in DELIMITED:
        return None
    encoding = "utf-8-sig" if target.bom and target.encoding.lower() in ("utf-8", "utf8") else target.encoding
    delimiter = "\t" if form == "tsv" else target.delimiter
    return formats.Dialect(encoding=encoding, delimiter=delimiter, line_end=_LINE_ENDS[target.line_end])


def _notes(run: Context, dataset: Dataset, refusals: Refusals, aim: Aim) -> list[str]:
    """How many rows would be refused, why, and where the first of them stand."""
    if not refusals.rows:
        return []
    told = [messages.translate("rows that {target} would refuse: {count:,}", target=aim.name, count=refusals.rows)]
    told += [f"  {header}: {messages.term(reason)}: {count:,}" for header, reason, count in refusals.reasons]
    if refusals.kept:
        told.append(messages.translate("rows kept with such cells empty: {count:,}", count=refusals.kept))
    first = run.store.rows(
        sql(
            "select r._source, r._line, f.header, f.reason from (select * from {refused} order by place, header"
            " limit {n}) f join {rows} r using (_id) order by f.place, f.header",
            refused=refusals.table, n=_PLACES_TOLD, rows=dataset,
        )
    )  # fmt: skip
    return told + [f"  {source}:{line}: {header}: {messages.term(reason)}" for source, line, header, reason in first]


def _left_out(run: Context, shaped: Shaped) -> list[str]:
    """The hashes that are missing because a value is not valid."""
    hashed = [
        (ident(cell_name(number)), cell) for number, cell in enumerate(shaped.cells)
        if cell.column.hashed and cell.sources
    ]  # fmt: skip
    if not hashed:
        return []
    missing = [
        sql("count_if({cell} is null and not ({blank}))", cell=name,
            blank=join([blank(source.identifier) for source in cell.sources], " and "))
        for name, cell in hashed
    ]  # fmt: skip
    counts = run.store.rows(sql("select {counts} from {rows}", counts=join(missing), rows=shaped.relation))[0]
    return [
        messages.translate("{header}: values that are not valid and have no hash: {count:,}",
                           header=cell.column.header, count=count)
        for (_, cell), count in zip(hashed, counts, strict=True) if count
    ]  # fmt: skip


def _mapping(target: Target, shaped: Shaped, output: str) -> list[Path]:
    """The mapping file that the target's loader wants beside the data."""
    if target.mapping_file != "sdl" or output == "-":
        return []
    path = beside(output, ".sdl")
    with replacing(path) as stream:
        stream.write(data_loader_mapping([cell.column for cell in shaped.cells]).encode())
    return [path]


def _write_refused(run: Context, dataset: Dataset, refusals: Refusals, output: OutputFile, *, now: bool) -> list[Path]:
    """The refused rows as they are, with the reasons in front; at once where nothing else will be written."""
    name = "_crmctl_reason"
    columns = [Column(name, messages.term("reason")), *dataset.columns]
    because = sql(
        "(select _id, string_agg(header || ': ' || {reason}, '; ' order by header, reason) as {name}, min(place) as"
        " place from {t} group by _id)",
        reason=_told_reason(refusals), name=ident(name), t=refusals.table,
    )  # fmt: skip
    query = sql(
        "select w.{name}, {cells} from {because} w join {rows} r using (_id) order by w.place",
        name=ident(name), cells=join([sql("r.{c}", c=column.identifier) for column in dataset.columns]),
        because=because, rows=dataset,
    )  # fmt: skip
    form = output_format(None, output, None)
    headers = [columns[0].header, *(c.header if dataset.reading else c.name for c in dataset.columns)]
    target = run.stdout if output == "-" and run.stdout is not None else output.path
    if now:
        with at_once():
            formats.write(run.con, query, target, format=form, columns=columns, headers=headers, as_of=run.dated())
    else:
        formats.write(run.con, query, target, format=form, columns=columns, headers=headers, as_of=run.dated())
    return [] if output == "-" else [output.path]


def _told_reason(refusals: Refusals) -> SQL:
    """The reason in the language of the messages."""
    reasons = sorted({reason for _, reason, _ in refusals.reasons})
    cases = join([sql("when {word} then {told}", word=r, told=messages.term(r)) for r in reasons], " ")
    return sql("case reason {cases} else reason end", cases=cases) if reasons else sql("reason")
