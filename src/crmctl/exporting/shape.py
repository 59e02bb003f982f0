"""Our rows in a target's shape: which of its tables they fill, its cells, and what it would refuse of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from crmctl.cleaning import clean
from crmctl.errors import UsageError, did_you_mean
from crmctl.exporting.cells import Cell, cell_of, needs_cleaning
from crmctl.schema.column import Column
from crmctl.schema.loading import shipped_schemas
from crmctl.schema.preset_model import Preset, PresetTable, Target
from crmctl.sql import SQL, ident, join, sql

PLACE = ident("_crmctl_place")
"""The place of a row in the order in which it is written, from 1."""


@dataclass(frozen=True)
class Shaped:
    """Rows with a target's cells beside our own columns.

    Args:
        relation: `_crmctl_place`, `_id`, our columns, and a text column for each cell.
        cells: The target's cells in its order; the text of the third is in `name(2)`.
        table: What the target says of the table.
        target: What it says of the file.
    """

    relation: SQL
    cells: tuple[Cell, ...]
    table: PresetTable
    target: Target

    def columns(self) -> list[Column]:
        """The cells as columns of text under the target's headers."""
        return [Column(cell_name(n), cell.column.header, _type(cell)) for n, cell in enumerate(self.cells)]


def cell_name(number: int) -> str:
    """The SQL name of a cell."""
    return f"_crmctl_cell_{number}"


def _type(cell: Cell) -> str:
    """What a typed format may make of a cell: a number stays one, all else is the text that the target wants."""
    return cell.type if cell.type in ("integer", "number", "money", "percent") and not cell.column.hashed else "text"


def choose_table(
    preset: Preset, kind: str | None, wanted: str | None, columns: Sequence[Column], headers: Mapping[str, str]
) -> PresetTable:
    """The table of a target that rows go into; one of our own columns where it takes any.

    Args:
        preset: The target.
        kind: The schema of the rows.
        wanted: The table that the user names.
        columns: Our columns; without a schema that the target knows, the table that they fill best.
        headers: How our columns are headed, by name, where they go out as they are.

    Raises:
        UsageError: The target has no such table, or takes nothing at all.
    """
    tables = {name: table for name, table in preset.tables.items() if table.columns}
    if preset.target is not None and not tables and wanted is None:
        return _as_they_are(headers)
    if preset.target is None or not tables:
        raise UsageError("{name} is only a source: there is nothing to export to", cure="choose a target that has"
                         " columns of its own", name=preset.name)  # fmt: skip
    if wanted is not None:
        if wanted not in tables:
            near = did_you_mean(wanted, tables)
            raise UsageError(
                "{name} has no table {wanted!r}", cure="did you mean {near!r}?" if near else "it has: {tables}",
                name=preset.name, wanted=wanted, near=near, tables=", ".join(tables),
            )  # fmt: skip
        return tables[wanted]
    found = preset.table(kind) if kind else None
    if found is not None and found.columns:
        return found
    if kind in shipped_schemas():
        raise UsageError(
            "{name} has no table for {kind}", cure="name one of its tables: {name}:{tables}", name=preset.name,
            kind=kind, tables=f", {preset.name}:".join(tables),
        )  # fmt: skip
    names = {column.name for column in columns}
    return max(tables.values(), key=lambda table: len(names & {column.field for column in table.columns}))


def _as_they_are(headers: Mapping[str, str]) -> PresetTable:
    columns = [{"header": header, "field": name, "verbatim": True} for name, header in headers.items()]
    return PresetTable.model_validate({"kind": "customer", "columns": columns})


def shape(
    con: duckdb.DuckDBPyConnection,
    rows: SQL,
    columns: Sequence[Column],
    *,
    table: PresetTable,
    target: Target,
    extra: Sequence[Column] = (),
) -> Shaped:
    """Give rows a target's cells.

    Args:
        con: The connection; no result may be open on it.
        rows: A relation with `_id` and our columns, in the order in which they are written.
        columns: The columns that may fill cells.
        table: The target's table.
        target: The target's file.
        extra: Further columns that are needed beside the cells.
    """
    known = {column.name: column for column in columns}
    draft = [cell_of(column, known, target, ()) for column in table.columns]
    keys = [known[name] for names in table.unique for name in names if name in known]
    needed = {source.name: source for cell in draft for source in cell.sources}
    needed |= {column.name: column for column in (*keys, *extra)}
    needed |= {column.name: column for column in columns if column.type == "country"}
    kept = sql("select row_number() over () as {place}, _id", place=PLACE)
    taken = join([kept, *(sql("{c}", c=column.identifier) for column in needed.values() if column.name != "_id")])
    chosen = ident("exporting_rows")
    _run(con, sql("create or replace temp table {t} as {taken} from {rows}", t=chosen, taken=taken, rows=rows))
    prepared = _prepared(con, chosen, list(needed.values()), draft, target)
    codes = _codes(con, prepared, [column for column in needed.values() if column.type == "country"])
    cells = tuple(cell_of(column, known, target, codes) for column in table.columns)
    texts = join([sql("{text} as {name}", text=c.text, name=ident(cell_name(n))) for n, c in enumerate(cells)])
    shaped = ident("exporting_shaped")
    _run(con, sql("create or replace temp table {s} as select *, {texts} from {t}", s=shaped, texts=texts, t=prepared))
    return Shaped(shaped, cells, table, target)


def _prepared(
    con: duckdb.DuckDBPyConnection, rows: SQL, columns: list[Column], cells: Sequence[Cell], target: Target
) -> SQL:
    """The rows with the values that have to be, in our own normal form."""
    fields = {source.name for cell in cells for source in needs_cleaning(cell, target)}
    if not fields:
        return rows
    into, findings = ident("exporting_prepared"), ident("exporting_findings")
    for each in (into, findings):
        _run(con, sql("drop table if exists {t}", t=each))
    clean(con, rows, columns, into=into, findings=findings, fields=fields)
    _run(con, sql("drop table {t}", t=findings))
    return into


def _codes(con: duckdb.DuckDBPyConnection, rows: SQL, countries: Sequence[Column]) -> list[str]:
    """The country codes that occur."""
    found: set[str] = set()
    for column in countries:
        query = sql("select distinct {c} from {rows} where length({c}) = 2 order by 1", c=column.identifier, rows=rows)
        found |= {str(code) for (code,) in con.execute(query.text, query.values).fetchall()}
    return sorted(found)


def _run(con: duckdb.DuckDBPyConnection, query: SQL) -> None:
    con.execute(query.text, query.values).fetchall()


def hashing_table(forms: Mapping[str, str], *, alone: bool) -> PresetTable:
    """A table of hashes of our own fields, by field and form. Where they stand ``alone``, a row needs one of them."""
    columns = [{"header": name, "field": name, "hashed": form} for name, form in forms.items()]
    one_of = [list(forms)] if alone else []
    return PresetTable.model_validate({"kind": "customer", "columns": columns, "one_of": one_of})
