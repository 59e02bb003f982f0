"""Which rows go into which file: one file for each value of a field, and no file larger than its target takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from crmctl.errors import UsageError
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join, sql

MOST_FILES = 10_000
"""So many values are no field to split by, but an id or an address."""

_POSITION, _VALUE, _TABLE = ident("_crmctl_position"), ident("_crmctl_value"), ident("exporting_parts")


@dataclass(frozen=True)
class Part:
    """The rows of one file.

    Args:
        relation: The rows, in order.
        value: The value they share, where they are split by one; None where it is missing.
        number: Which of the files of this value it is, from 1.
        of: How many files there are of this value.
    """

    relation: SQL
    value: str | None = None
    number: int = 1
    of: int = 1


@dataclass(frozen=True)
class Limits:
    """The most that a file may hold, its header not counted.

    Args:
        rows: The most rows.
        bytes: The most bytes; a row's are taken for somewhat more than they can be.
        cells: What is written of a row.
    """

    rows: int | None = None
    bytes: int | None = None
    cells: Sequence[SQL] = ()

    @property
    def row_size(self) -> SQL:
        """The bytes of a row at most: every quote doubled, quotes around it, and a delimiter."""
        sizes = [sql("coalesce(2 * octet_length(encode({c}::varchar)), 0) + 3", c=cell) for cell in self.cells]
        return sql("({sizes})", sizes=join(sizes, " + "))


def parts(
    con: duckdb.DuckDBPyConnection, rows: SQL, place: SQL | None, *, column: Column | None, limits: Limits
) -> list[Part]:
    """The files that rows are split over: by value, in its order, and within each by size.

    Args:
        con: The connection; no result may be open on it.
        rows: The rows.
        place: The column that tells their order; as they come where None.
        column: The field whose values each have a file, blanks at their ends aside.
        limits: What a file may hold.

    Raises:
        UsageError: The field has too many values.
    """
    if column is None and _fits(con, rows, limits):
        return [Part(rows if place is None else sql("(select * from {rows} order by {p})", rows=rows, p=place))]
    value = sql("nullif(trim({c}::varchar), '')", c=column.identifier) if column is not None else sql("null::varchar")
    _run(
        con,
        sql(
            "create or replace temp table {t} as select * replace (row_number() over (order by {value} nulls last,"
            " {at}) as {at}) from (select *, {shared} as {value}, {place} as {at} from {rows})",
            t=_TABLE, value=_VALUE, at=_POSITION, shared=value, rows=rows,
            place=place if place is not None else sql("row_number() over ()"),
        ),
    )  # fmt: skip
    _run(con, sql("create or replace temp table {t} as from {t} order by {at}", t=_TABLE, at=_POSITION))
    counts = _run(
        con, sql("select {v}, count(*), min({at}) from {t} group by 1 order by 3 limit {n}",
                 v=_VALUE, at=_POSITION, t=_TABLE, n=MOST_FILES + 1)
    )  # fmt: skip
    if column is not None and len(counts) > MOST_FILES:
        raise UsageError(
            "{field} has more than {most} values, and each would be a file", cure="split by a field with fewer",
            field=column.header, most=MOST_FILES,
        )  # fmt: skip
    return [part for shared, count, first in counts for part in _pieces(con, shared, first, first + count, limits)]


def _fits(con: duckdb.DuckDBPyConnection, rows: SQL, limits: Limits) -> bool:
    if limits.rows is None and limits.bytes is None:
        return True
    size = limits.row_size if limits.bytes is not None else sql("0")
    found = _run(con, sql("select count(*), coalesce(sum({s}), 0) from {rows}", s=size, rows=rows))[0]
    return (limits.rows is None or found[0] <= limits.rows) and (limits.bytes is None or found[1] <= limits.bytes)


def _pieces(con: duckdb.DuckDBPyConnection, value: str | None, first: int, end: int, limits: Limits) -> list[Part]:
    """The rows from one position up to another, in files as large as they may be."""
    rows = _range(first, end)
    if _fits(con, rows, limits):
        return [Part(rows, value)]
    most, before = limits.rows or end - first, sql("0")
    if limits.bytes is not None:
        biggest = _run(con, sql("select max({s}) from {rows}", s=limits.row_size, rows=rows))[0][0]
        before = sql(
            "sum({s}) over (order by {at}) // {room}", s=limits.row_size, at=_POSITION,
            room=max(1, limits.bytes - int(biggest)),
        )  # fmt: skip
    bounds = _run(
        con,
        sql(
            "select min({at}), max({at}) + 1 from (select {at}, b, (row_number() over (partition by b order by {at})"
            " - 1) // {most} as n from (select {at}, {before} as b from {rows})) group by b, n order by 1",
            at=_POSITION, before=before, most=most, rows=rows,
        ),
    )  # fmt: skip
    return [Part(_range(a, b), value, number, len(bounds)) for number, (a, b) in enumerate(bounds, 1)]


def _range(first: int, end: int) -> SQL:
    return sql("(select * from {t} where {at} >= {first} and {at} < {end} order by {at})",
               t=_TABLE, at=_POSITION, first=first, end=end)  # fmt: skip


def _run(con: duckdb.DuckDBPyConnection, query: SQL) -> list[tuple[Any, ...]]:
    return con.execute(query.text, query.values).fetchall()
