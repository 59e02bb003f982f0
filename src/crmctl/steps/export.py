"""`export`: write a dataset to a file or stream, in the shape that is asked for or that another system takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from crmctl.errors import UsageError
from crmctl.exporting.parting import Limits, parts
from crmctl.run.exporting.delivery import Delivery, Spelling, split_field
from crmctl.run.exporting.likeness import in_shape_of
from crmctl.run.exporting.output import output_format, write_dataset
from crmctl.run.exporting.targeting import Aim, deliver_to_target
from crmctl.schema.column import Column
from crmctl.sql import SQL, join, sql
from crmctl.step import Condition, Dataset, Field, InputFile, OutputFile, Result, context, step


@step(kind="write")
def export(
    dataset: Dataset,
    *,
    output: OutputFile,
    format: str | None = None,  # noqa: A002 - the option's own name
    for_: str | None = None,
    like: InputFile | None = None,
    where: Condition | None = None,
    columns: list[Field] | None = None,
    sort: list[str] | None = None,
    limit: int | None = None,
    labels: bool = False,
    split_by: Field | None = None,
    hash: list[Field] | None = None,  # noqa: A002 - the option's own name
    strict: bool = False,
    refused: OutputFile | None = None,
    empty_refused: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: Literal["minimal", "all"] | None = None,
    bom: bool = False,
    unencodable: Literal["error", "replace"] = "error",
    defuse: bool | None = None,
    manifest: bool = False,
) -> Result:
    """Write a dataset to a file.

    For a target, the file has exactly the headers, values, encoding and size that the target's import takes. What it
    would refuse is found first, told with the reason, and left out. In a CSV or TSV file, a cell that a spreadsheet
    would compute gets an apostrophe in front, which an import by crmctl takes away again; from one text file to
    another nothing is touched.

    Like a file, the rows have its headers, encoding and spelling; what came from that very file and has not changed
    since is the same bytes again.

    Args:
        dataset: The rows.
        output: The file, or - for standard output. Its suffix tells the format.
        format: The format, where the suffix does not tell: csv, tsv, xlsx, ndjson, json, parquet, arrow, vcard, sqlite.
        for_: The system that will import the file, such as salesforce, or one of its tables, such as salesforce:lead.
        like: A file in whose shape the rows are written: the one they were imported from, or a template.
        where: Only the rows that this condition finds.
        columns: Only these columns, in this order.
        sort: Fields to sort by; a leading - turns the order.
        limit: At most this many rows.
        labels: Head the columns with their labels, in the language of the messages, instead of field names.
        split_by: One file for each value of this field, which stands in braces in the output's name.
        hash: Write the SHA-256 of these fields' normal form instead of their values; without --columns, only that.
        strict: Write nothing when the target would refuse a row.
        refused: Write the rows that the target would refuse to this file, with the reason.
        empty_refused: Leave a cell that the target would refuse empty and keep its row, unless the cell is required.
        encoding: The encoding of a CSV or TSV file, such as gb18030; UTF-8 or the input's own by default.
        delimiter: What stands between the cells of a CSV file.
        quoting: Quote only the cells that need it, or all.
        bom: Begin the file with a byte order mark.
        unencodable: What happens to a character that the encoding lacks.
        defuse: Put an apostrophe before cells that a spreadsheet would compute.
        manifest: Write rows, bytes and SHA-256 of what was written into a .manifest.json beside it.

    Examples:
        crmctl export contacts -o contacts.xlsx
        crmctl export examples/contacts.csv -o - --where "city = Berlin" --columns email,city
        crmctl export contacts -o leads.csv --for salesforce:lead --refused refused.csv
        crmctl export contacts -o '{city}.xlsx' --split-by city
    """
    chosen = [field.column for field in columns] if columns else list(dataset.columns)
    if labels:
        chosen = [replace(column, header=column.label(context().language)) for column in chosen]
    rows = _rows(dataset, where, sort, limit)
    spelling = Spelling(encoding, delimiter, quoting, bom, unencodable)
    splitter = split_field(output, dataset, split_by.column if split_by else None)
    if like is not None and (for_ is not None or hash or labels):
        raise UsageError("--like does not go with --for, --hash and --labels", cure="choose one of them")
    if for_ is not None or hash:
        aim = Aim(for_, [field.column for field in hash or []], chosen, columns is not None, strict, refused, defuse,
                  labels, empty_refused)  # fmt: skip
        return deliver_to_target(
            context(), dataset, rows, aim, output=output, format=format, spelling=spelling, splitter=splitter,
            manifest=manifest,
        )  # fmt: skip
    if strict or refused or empty_refused:
        raise UsageError("--strict, --refused and --empty-refused need a target", cure="name it with --for")
    shown, notes = dataset, []
    if like is not None:
        wanted = chosen if columns else None
        alike = in_shape_of(context(), dataset, rows, like, chosen=wanted, splitter=splitter)
        shown, rows, chosen, splitter, notes = alike.model, alike.rows, alike.columns, alike.splitter, alike.notes
    result = _plain(
        dataset, shown, rows, chosen, output, format, spelling, splitter, labels=labels, defuse=defuse,
        manifest=manifest,
    )  # fmt: skip
    return replace(result, notes=[*result.notes, *notes])


def _plain(
    source: Dataset, dataset: Dataset, rows: SQL, chosen: list[Column], output: OutputFile,
    format: str | None,  # noqa: A002 - the option's own name
    spelling: Spelling, splitter: Column | None, *, labels: bool, defuse: bool | None, manifest: bool,
) -> Result:  # fmt: skip
    """Our own columns; the rows of ``source`` in the shape of ``dataset`` where that is a file."""
    run = context()
    form = output_format(format, output, dataset.reading)
    own = dataset.reading.dialect if dataset.reading is not None and dataset.reading.format == form else None
    dialect = spelling.applied(own, form)
    headers = [column.header if labels or dataset.reading else column.name for column in chosen]
    delivery = Delivery(
        run, source, output, form, dialect, chosen, headers,
        lambda relation, target: write_dataset(
            run.store, dataset, target, format=form, as_of=run.dated(), columns=chosen, rows=relation,
            use_headers=labels, dialect=dialect, defuse=defuse,
        ),
    )  # fmt: skip
    split = parts(run.con, rows, None, column=splitter, limits=Limits())
    delivery.write(split, split=splitter is not None)
    further = delivery.manifest({}) if manifest else []
    return Result(files=[*delivery.files, *further], notes=delivery.notes())


def _rows(dataset: Dataset, where: Condition | None, sort: list[str] | None, limit: int | None) -> SQL:
    """The rows that are wanted, in the order that is."""
    if limit is not None and not 0 <= limit < 2**63:
        raise UsageError("{limit} is no number of rows", cure="give --limit a number from 0 on", limit=limit)
    rows = sql("from {rows}", rows=dataset)
    if where is not None:
        rows = sql("{rows} where {where}", rows=rows, where=where)
    if sort:
        rows = sql("{rows} order by {order}", rows=rows, order=join([_order(dataset, name) for name in sort]))
    if limit is not None:
        rows = sql("{rows} limit {limit}", rows=rows, limit=limit)
    return sql("({rows})", rows=rows)


def _order(dataset: Dataset, text: str) -> SQL:
    """A field to sort by, typed; ties and blanks fall where the text puts them."""
    column = dataset.column(text.removeprefix("-"))
    if text.startswith("-"):
        return sql("{typed} desc nulls last, {text} desc", typed=column.typed(), text=column.identifier)
    return sql("{typed} nulls last, {text}", typed=column.typed(), text=column.identifier)
