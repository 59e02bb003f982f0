"""What an import does to cells before they are kept: wrappings come off, several values are taken apart."""

from __future__ import annotations

from dataclasses import replace

from crmctl import messages
from crmctl.formats.detect import DELIMITED
from crmctl.formats.naming import column_names
from crmctl.run.importing.ingest import Ingested, Table, rename_columns
from crmctl.schema import content_profile
from crmctl.schema.cells import unwrap_cells, unwrapped_headers
from crmctl.schema.several import split_multi_values
from crmctl.sql import SQL, sql
from crmctl.step.running import Context

OF_SPREADSHEETS = frozenset({"csv", "tsv", "fixed", "xlsx", "xls", "ods", "html", "xml"})
"""Formats that spreadsheets write or read; elsewhere an apostrophe is part of the text."""


def prepared(run: Context, table: Table) -> Table:
    """The table with its headers and cells unwrapped, and what its columns hold then."""
    if table.reading.format in DELIMITED:
        table = _with_plain_headers(run, table)
    for note in unwrapped(run, table):
        run.note(note)
    return replace(table, contents=content_profile(run.con, table.table, table.reading.columns))


def _with_plain_headers(run: Context, table: Table) -> Table:
    headers = unwrapped_headers(run.con, table.reading.headers)
    if headers == table.reading.headers:
        return table
    names = column_names(headers)
    rename_columns(run.store, table.table, table.reading.columns, names)
    return replace(table, reading=replace(table.reading, headers=headers, columns=names))


def unwrapped(run: Context, table: Table) -> list[str]:
    """Take off what keeps a spreadsheet from reading text as a number; returns sentences about it."""
    headers = dict(zip(table.reading.columns, table.reading.headers, strict=True))
    if table.reading.format not in OF_SPREADSHEETS:
        return []
    text = table.reading.format in DELIMITED
    found = unwrap_cells(run.con, table.table, table.reading.columns, defused=text)
    return [
        messages.translate(
            "{header}: cells that were wrapped for a spreadsheet and are unwrapped: {count}",
            header=headers[each.column], count=each.count,
        )
        for each in found
    ]  # fmt: skip


def taken_apart(run: Context, part: Ingested) -> Ingested:
    """The part with several phones or e-mails in one cell in fields of their own."""
    split = split_multi_values(run.con, part.table, part.columns, part.schema, run.temporary)
    if split.findings is None:
        return part
    notes = [
        messages.translate("{field}: cells that held several values: {count}", field=field, count=count)
        for field, count in split.counts.items()
    ]
    findings = _by_place(run, part.table, split.findings)
    return replace(part, columns=split.columns, findings=findings, notes=(*part.notes, *notes))


def _by_place(run: Context, table: SQL, findings: SQL) -> SQL:
    """Findings by position in the file: row ids change when rows are known again."""
    placed = run.temporary("placed")
    run.store.execute(
        sql(
            "create temp table {placed} as select t.rowid as place, f.* exclude (_id) from {findings} f"
            " join {table} t on t._id = f._id",
            placed=placed,
            findings=findings,
            table=table,
        )
    )
    return placed
