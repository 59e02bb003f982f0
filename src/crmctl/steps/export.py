"""`export`: write a dataset to a file or stream, in the shape that is asked for."""

from __future__ import annotations

import sys

from crmctl import messages
from crmctl.errors import UsageError
from crmctl.run.output import output_format, write_dataset
from crmctl.schema.column import Column
from crmctl.sql import SQL, join, sql
from crmctl.step import Condition, Dataset, Field, OutputFile, Result, context, step


@step(kind="write")
def export(
    dataset: Dataset,
    *,
    output: OutputFile,
    format: str | None = None,  # noqa: A002 - the option's own name
    where: Condition | None = None,
    columns: list[Field] | None = None,
    sort: list[str] | None = None,
    limit: int | None = None,
    labels: bool = False,
) -> Result:
    """Write a dataset to a file.

    Args:
        dataset: The rows.
        output: The file, or - for standard output. Its suffix tells the format.
        format: The format, where the suffix does not tell: csv, tsv, xlsx, ndjson, json, parquet.
        where: Only the rows that this condition finds.
        columns: Only these columns, in this order.
        sort: Fields to sort by; a leading - turns the order.
        limit: At most this many rows.
        labels: Head the columns with their labels, in the language of the messages, instead of field names.

    Examples:
        crmctl export contacts -o contacts.xlsx
        crmctl export examples/contacts.csv -o - --where "city = Berlin" --columns email,city
    """
    run = context()
    if limit is not None and not 0 <= limit < 2**63:
        raise UsageError("{limit} is no number of rows", cure="give --limit a number from 0 on", limit=limit)
    chosen = [field.column for field in columns] if columns else list(dataset.columns)
    rows = sql("from {rows}", rows=dataset)
    if where is not None:
        rows = sql("{rows} where {where}", rows=rows, where=where)
    if sort:
        rows = sql("{rows} order by {order}", rows=rows, order=join([_order(dataset, name) for name in sort]))
    if limit is not None:
        rows = sql("{rows} limit {limit}", rows=rows, limit=limit)
    if labels:
        chosen = [_labelled(column, run.language) for column in chosen]
    form = output_format(format, output, dataset.reading)
    target = (run.stdout or sys.stdout.buffer) if output == "-" else output.path
    count = write_dataset(
        run.store, dataset, target, format=form, as_of=run.dated(), columns=chosen,
        rows=sql("({rows})", rows=rows), use_headers=labels,
    )  # fmt: skip
    note = messages.translate("{count} rows to {file}", count=count, file=output)
    return Result(files=[] if output == "-" else [output.path], notes=[note])


def _order(dataset: Dataset, text: str) -> SQL:
    """A field to sort by, typed; ties and blanks fall where the text puts them."""
    column = dataset.column(text.removeprefix("-"))
    if text.startswith("-"):
        return sql("{typed} desc nulls last, {text} desc", typed=column.typed(), text=column.identifier)
    return sql("{typed} nulls last, {text}", typed=column.typed(), text=column.identifier)


def _labelled(column: Column, language: str) -> Column:
    from dataclasses import replace

    return replace(column, header=column.label(language))
