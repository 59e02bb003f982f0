from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.formats.samples import packed

from crmctl.errors import FileError, UsageError
from crmctl.formats import ReadOptions, parts
from crmctl.schema.column import Column
from crmctl.sql import sql


def database(path: Path, script: str) -> Path:
    con = sqlite3.connect(path)
    con.executescript(script)
    con.close()
    return path


def test_each_table_of_a_sqlite_file_is_a_part(bench: Any) -> None:
    path = database(bench.folder / "crm.db", """
        create table "客户"(id integer primary key autoincrement, name text);
        create table orders(id, at);
        create view everything as select * from orders;
        insert into "客户"(name) values ('张三');
    """)  # fmt: skip
    assert [part.name for part in parts(path, ReadOptions(), bench.workdir)] == ["orders", "客户"]
    assert bench.read(path, sheet="客户").cells == [("1", "张三")]
    assert bench.read(path, sheet="ORDERS").cells == []
    with pytest.raises(FileError, match="holds several tables: orders, 客户; name one with --sheet"):
        bench.read(path)
    with pytest.raises(UsageError, match="no table called 'x'; it has orders, 客户"):
        bench.read(path, sheet="x")
    assert [part.name for part in parts(path, ReadOptions(sheet="orders"), bench.workdir)] == [""]


def test_every_value_of_sqlite_is_text_as_it_is_spelled(bench: Any) -> None:
    path = database(bench.folder / "crm.db", """
        create table t(a);
        insert into t values (1), (0.1), (1e100), ('00123'), (''), (null), (x'616263'), (x'ff00'), (9223372036854775807);
    """)  # fmt: skip
    found = [cell for (cell,) in bench.read(path).cells]
    assert found == ["1", "0.1", "1e+100", "00123", "", None, "abc", "\\xff\0", "9223372036854775807"]


def test_a_sqlite_file_stays_as_it_is_and_gets_no_company(bench: Any) -> None:
    path = database(bench.folder / "crm.db", "pragma journal_mode = wal; create table t(a); insert into t values (1);")
    content = path.read_bytes()
    assert bench.read(path).cells == [("1",)]
    assert (path.read_bytes(), list(bench.folder.iterdir())) == (content, [path])


def test_what_still_stands_in_the_log_of_a_sqlite_file_is_read(bench: Any) -> None:
    path = bench.folder / "crm.db"
    con = sqlite3.connect(path, isolation_level=None)
    con.execute("pragma journal_mode = wal")
    con.execute("create table t(a)")
    con.execute("insert into t values (1)")
    assert bench.read(path).cells == [("1",)]
    con.close()


def test_a_table_that_breaks_its_own_rules_is_read_all_the_same(bench: Any) -> None:
    path = database(bench.folder / "crm.db", """
        create table t(a not null, check (a < 5));
        pragma ignore_check_constraints = on;
        insert into t values (7);
    """)  # fmt: skip
    assert bench.read(path).cells == [("7",)]


def test_pages_that_point_in_a_circle_are_an_error(bench: Any) -> None:
    path = database(bench.folder / "crm.db", """
        create table t(a);
        insert into t with recursive c(x) as (select 1 union all select x + 1 from c limit 5000)
            select hex(randomblob(50)) from c;
    """)  # fmt: skip
    content = bytearray(path.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    for number in range(1, len(content) // page):
        start = number * page
        if content[start] == 5:
            content[start + 12 + 2 : start + 12 + 4] = content[start + 12 : start + 14]
            child = int.from_bytes(content[start + 8 : start + 12], "big")
            for cell in range(int.from_bytes(content[start + 3 : start + 5], "big")):
                at = start + int.from_bytes(content[start + 12 + 2 * cell : start + 14 + 2 * cell], "big")
                content[at : at + 4] = child.to_bytes(4, "big")
    with pytest.raises(FileError, match="is damaged"):
        bench.read(bytes(content), "bad.db")


def test_each_table_of_a_duckdb_file_is_a_part(bench: Any) -> None:
    path = bench.folder / "crm.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create table customers as select 1 as id, '张三' as name, timestamp '2024-01-02 03:04:05' as at")
        con.execute("create schema shop")
        con.execute("create table shop.orders as select [1, 2] as items, {'a': 1} as more, null::int as nothing")
        con.execute("create view v as select * from read_csv('/etc/passwd')")
    assert [part.name for part in parts(path, ReadOptions(), bench.workdir)] == ["customers", "shop.orders"]
    assert bench.read(path, sheet="customers").cells == [("1", "张三", "2024-01-02 03:04:05")]
    assert bench.read(path, sheet="shop.orders").cells == [("[1,2]", '{"a":1}', None)]
    assert list(bench.folder.iterdir()) == [path]


def test_a_duckdb_file_that_is_in_use_is_told(bench: Any) -> None:
    path = bench.folder / "crm.duckdb"
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as holder:  # fmt: skip
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(FileError, match="is in use by another program"):
            bench.read(path)
        holder.communicate()


def test_databases_are_read_from_a_pipe_and_from_archives(bench: Any) -> None:
    content = database(bench.folder / "crm.db", "create table t(a); insert into t values (1)").read_bytes()
    assert bench.read(content, "stdin.input").cells == [("1",)]
    assert bench.read(packed({"crm.db": content}), "a.zip").cells == [("1",)]
    path = bench.folder / "crm.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create table t as select 1 as a")
    assert bench.read(path.read_bytes(), "stdin.input").cells == [("1",)]


def test_a_sqlite_file_is_written_with_numbers_as_numbers(bench: Any) -> None:
    columns = [Column("n", "数"), Column("d", "d"), Column("t", "T"), Column("u", "t"), Column("b", "b")]
    query = "select 1::bigint as n, date '2024-01-02' as d, '007' as t, null::varchar as u, 1.5::double as b"
    target = bench.folder / "out.sqlite"
    from crmctl.formats import write

    assert write(bench.con, sql(query), target, format="sqlite", columns=columns, table="客 户") == 1  # type: ignore[arg-type]  # a literal in a name
    con = sqlite3.connect(target)
    assert con.execute('select * from "客 户"').fetchall() == [(1, "2024-01-02", "007", None, 1.5)]
    assert [row[1:3] for row in con.execute('pragma table_info("客 户")')] == [
        ("数", "INTEGER"), ("d", "TEXT"), ("T", "TEXT"), ("t_2", "TEXT"), ("b", "REAL"),
    ]  # fmt: skip
    con.close()
    first = target.read_bytes()
    write(bench.con, sql(query), target, format="sqlite", columns=columns, table="客 户")  # type: ignore[arg-type]  # as above
    assert target.read_bytes() == first
