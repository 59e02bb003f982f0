"""Small tables for the tests of checks, and the one way to run checks over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import duckdb
import pytest

from crmctl.checks import Check, CheckReport, parse_check, run_checks
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, idents, join, sql, values

AS_OF = dt.datetime(2025, 6, 30, 12)


@cache
def _shared() -> duckdb.DuckDBPyConnection:
    return _connect()


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set threads = 2")
    return connection


def columns_of(types: Mapping[str, str], pii: Sequence[str] = ()) -> list[Column]:
    return [Column(name, name, semantic_type, pii=name in pii) for name, semantic_type in types.items()]


def make_table(
    con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]],
    source: str = "file", order: Sequence[int] | None = None,
) -> SQL:  # fmt: skip
    """A table of text with `_id`, `_source` and `_line` (from 2), in the given physical order."""
    fields = join([sql("{name} varchar", name=ident(column)) for column in columns])
    create = sql("create or replace table {table} (_id bigint, _source varchar, _line bigint, {fields})",
                 table=ident(name), fields=fields)  # fmt: skip
    con.execute(create.text)
    cells = [(index, source, index + 2, *rows[index]) for index in (range(len(rows)) if order is None else order)]
    if cells:
        insert = sql("insert into {table} values {cells}", table=ident(name), cells=values(cells))
        con.execute(insert.text, insert.values)
    return ident(name)


def run_over(
    types: Mapping[str, str], rows: Sequence[Sequence[Any]], checks: Sequence[Check | Mapping[str, Any]], *,
    con: duckdb.DuckDBPyConnection | None = None, references: Mapping[str, Mapping[str, Sequence[Any]]] | None = None,
    pii: Sequence[str] = (), order: Sequence[int] | None = None, **options: Any,
) -> tuple[CheckReport, list[tuple[Any, ...]]]:  # fmt: skip
    """The report, and the table of failures as (check_name, line, field, value)."""
    con = con or _shared()
    others = {
        name: (
            make_table(con, name, list(fields), list(zip(*fields.values(), strict=True))),
            columns_of(dict.fromkeys(fields, "id")),
        )
        for name, fields in (references or {}).items()
    }
    report = run_checks(
        con, make_table(con, 'the "data"', list(types), rows, order=order), columns_of(types, pii),
        [check if isinstance(check, Check) else parse_check(check) for check in checks],
        references=others, as_of=AS_OF, **options,
    )  # fmt: skip
    query = sql(
        "select {names} from {table}", names=idents(["check_name", "_line", "field", "value"]), table=report.failures
    )
    return report, con.execute(query.text).fetchall()


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return _connect()


@pytest.fixture(scope="session")
def run() -> Any:
    """`run(types, rows, checks, …)` gives the report and the failures as (check_name, line, field, value)."""
    return run_over


@pytest.fixture(scope="session")
def table() -> Any:
    """`table(con, name, columns, rows)` makes a table of text."""
    return make_table
