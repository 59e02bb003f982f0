"""Small tables for the cleaning tests, in the shape that every version has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pytest

from crmctl.cleaning import clean
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, idents, join, sql, values

Rows = list[tuple[Any, ...]]


class Workbench:
    """A connection with one relation on it."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.relation, self.into, self.findings = ident('a "relation"'), ident("select"), ident("remarks")
        self.columns: list[Column] = []

    def run(self, statement: SQL) -> Rows:
        return self.con.execute(statement.text, statement.values).fetchall()

    def table(
        self, types: Mapping[str, str], rows: Sequence[Sequence[str | None]], *, temporary: bool = True
    ) -> Workbench:
        """Column name -> semantic type, and rows that get `_id` from 1 on."""
        definitions = join([sql("{name} varchar", name=ident(name)) for name in types])
        kind = sql("create temporary table") if temporary else sql("create table")
        columns = sql("_id bigint, _source varchar, _line bigint, {more}", more=definitions)
        self.run(sql("{kind} {table} ({columns})", kind=kind, table=self.relation, columns=columns))
        if rows:
            numbered = values([(number, "file", number + 1, *row) for number, row in enumerate(rows, 1)])
            self.run(sql("insert into {table} values {rows}", table=self.relation, rows=numbered))
        self.columns = [Column(name, name, semantic_type) for name, semantic_type in types.items()]
        return self

    def clean(self, relation: SQL | None = None, **options: Any) -> tuple[Rows, Rows]:
        """The cleaned business cells, and the findings; the tables of the call before are dropped."""
        for table in (self.into, self.findings):
            self.run(sql("drop table if exists {table}", table=table))
        options = {"into": self.into, "findings": self.findings, **options}
        clean(self.con, relation or self.relation, self.columns, **options)
        names = idents(column.name for column in self.columns)
        rows = self.run(sql("select {names} from {into}", names=names, into=self.into))
        return rows, self.run(sql("select * from {findings}", findings=self.findings))


@pytest.fixture
def bench() -> Iterator[Workbench]:
    with duckdb.connect() as con:
        yield Workbench(con)
