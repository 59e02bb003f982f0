"""Taking off what people put around a text so that a spreadsheet keeps it. Several values in one are `several.py`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from crmctl.schema.content import sample_rows
from crmctl.schema.spreadsheet import is_defused, is_wrapped, unwrapped
from crmctl.sql import SQL, disjunction, ident, join, sql

# A tab, a blank, an apostrophe, an equals sign: code points are compared much faster than patterns are matched.
_FIRST = sql("9, 32, 39, 61")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """How many cells of a column lost a wrapping that a spreadsheet had put around them."""

    column: str
    count: int


def unwrap_cells(
    con: duckdb.DuckDBPyConnection, table: SQL, columns: Sequence[str], *, defused: bool = False
) -> list[Unwrapped]:
    """Take off what keeps a spreadsheet from reading a text as a number: `="001"`, `'001`, tabs around a number.

    Args:
        con: The connection.
        table: The table, changed in place.
        columns: The SQL names of its text columns.
        defused: They come from a text file, where an export defuses what a spreadsheet would compute.

    Returns:
        The columns with such cells, and how many; empty where there are none, and then nothing was written.
    """
    if not columns:
        return []
    suspects = _suspects(con, table, columns)
    if not suspects:
        return []
    counts = join(sql("count(*) filter (where {wrapped})", wrapped=_changes(ident(name), defused)) for name in suspects)
    found = _run(con, sql("select {counts} from {table}", counts=counts, table=table))[0]
    changed = [Unwrapped(name, int(str(count))) for name, count in zip(suspects, found, strict=True) if count]
    if changed:
        names = [ident(item.column) for item in changed]
        cells = join(sql("{c} = {v}", c=c, v=unwrapped(c, defused=defused)) for c in names)
        rows = disjunction(_changes(c, defused) for c in names)
        _run(con, sql("update {table} set {cells} where {rows}", table=table, cells=cells, rows=rows))
    return changed


def _suspects(con: duckdb.DuckDBPyConnection, table: SQL, columns: Sequence[str]) -> list[str]:
    """The columns where some cell begins as a wrapped one does; a tab behind only is looked for in a sample."""
    begins = join(sql("max(unicode({c}) in ({first}))", c=ident(name), first=_FIRST) for name in columns)
    first = _run(con, sql("select {begins} from {table}", begins=begins, table=table))[0]
    ends = join(sql("max(suffix({c}, chr(9)))", c=ident(f"c{number}")) for number in range(len(columns)))
    last = _run(con, sql("select {ends} from ({sample})", ends=ends, sample=sample_rows(con, table, columns)))[0]
    return [name for name, one, other in zip(columns, first, last, strict=True) if one or other]


def _changes(cell: SQL, defused: bool) -> SQL:
    return sql("({a} or {b})", a=is_wrapped(cell), b=is_defused(cell)) if defused else is_wrapped(cell)


def _run(con: duckdb.DuckDBPyConnection, query: SQL) -> list[tuple[object, ...]]:
    return con.execute(query.text, query.values).fetchall()
