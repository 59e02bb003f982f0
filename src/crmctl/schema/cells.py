"""Taking off what people put around a text so that a spreadsheet keeps it. Several values in one are `several.py`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from crmctl.schema.spreadsheet import defused, is_defused, is_wrapped, unwrapped
from crmctl.sql import SQL, disjunction, ident, join, sql

_AT_ONCE = 50


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


def defused_headers(con: duckdb.DuckDBPyConnection, headers: Sequence[str]) -> list[str]:
    """Headers of a text file, with an apostrophe before those that a spreadsheet would compute."""
    return _each(con, headers, defused(sql("header")))


def unwrapped_headers(con: duckdb.DuckDBPyConnection, headers: Sequence[str]) -> list[str]:
    """Headers of a text file without what was put around them for a spreadsheet."""
    return _each(con, headers, unwrapped(sql("header"), defused=True))


def _each(con: duckdb.DuckDBPyConnection, headers: Sequence[str], text: SQL) -> list[str]:
    numbered = sql("select unnest({h}::varchar[]) as header, generate_subscripts({h}::varchar[], 1) as place",
                   h=list(headers))  # fmt: skip
    query = sql("select {text} from ({numbered}) order by place", text=text, numbered=numbered)
    return [str(header) for (header,) in _run(con, query)]


def _suspects(con: duckdb.DuckDBPyConnection, table: SQL, columns: Sequence[str]) -> list[str]:
    """The columns where some cell begins as a wrapped one may, or ends in a tab.

    A few columns at a time: what a query costs to plan grows much faster than its columns.
    """
    suspects: list[str] = []
    for start in range(0, len(columns), _AT_ONCE):
        names = columns[start : start + _AT_ONCE]
        marked = join(
            sql("bool_or(unicode({c}) between 9 and 39 or unicode({c}) = 61 or suffix({c}, chr(9)))", c=ident(name))
            for name in names
        )
        found = _run(con, sql("select {marked} from {table}", marked=marked, table=table))[0]
        suspects += [name for name, hit in zip(names, found, strict=True) if hit]
    return suspects


def _changes(cell: SQL, defused: bool) -> SQL:
    return sql("({a} or {b})", a=is_wrapped(cell), b=is_defused(cell)) if defused else is_wrapped(cell)


def _run(con: duckdb.DuckDBPyConnection, query: SQL) -> list[tuple[object, ...]]:
    return con.execute(query.text, query.values).fetchall()
