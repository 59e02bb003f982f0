from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmctl.errors import FileError
from crmctl.formats import write
from crmctl.schema.column import Column
from crmctl.sql import sql


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def test_every_column_is_read_as_text(bench: Any) -> None:
    moment = pa.array([1_577_934_245_000_000], pa.timestamp("us"))
    table = pa.table([
        pa.array([17850.0]), pa.array(["00123"]), moment, moment.cast(pa.timestamp("us", "Asia/Shanghai")),
        pa.array([{"x": [1]}]), pa.array([None], pa.int64()), pa.array([True]), pa.array([18262], pa.date32()),
    ], names=["CustomerID", "customerid", "t", "select", 'e "mail"', "手机", "ok", "day"])  # fmt: skip
    found = bench.read(parquet(table), "a[1].parquet")
    assert found.reading.columns == ["CustomerID", "customerid_2", "t", "select", 'e "mail"', "手机", "ok", "day"]
    assert found.cells == [
        ("17850.0", "00123", "2020-01-02 03:04:05", "2020-01-02 03:04:05Z", '{"x":[1]}', None, "true", "2020-01-01")
    ]
    assert found.lines == [1]


def test_the_order_of_the_rows_is_the_files(bench: Any) -> None:
    found = bench.read(parquet(pa.table({"n": list(range(300_000))})), "a.parquet")
    assert [int(cells[0]) for cells in found.cells] == list(range(300_000))


def test_a_damaged_file_is_refused(bench: Any) -> None:
    for content in (b"PAR1 and then nothing", parquet(pa.table({"n": [1]}))[:-20]):
        with pytest.raises(FileError, match="not a sound Parquet file"):
            bench.read(content, "a.parquet")


def test_a_query_is_written_with_its_types(bench: Any) -> None:
    target = bench.folder / "out.parquet"
    query = sql("select i as a, i::varchar as b, date '2024-01-01' as c from range(200000) t(i) order by i")
    columns = [Column("a", "数"), Column("b", "b"), Column("c", "b")]
    assert write(bench.con, query, target, format="parquet", columns=columns) == 200_000
    table = pq.read_table(target)
    assert table.column_names == ["数", "b", "b_2"]
    assert [str(kind) for kind in table.schema.types] == ["int64", "string", "date32[day]"]
    assert table["数"].to_pylist() == list(range(200_000))


def test_a_file_does_not_depend_on_the_number_of_threads(tmp_path: Path, bench: Any) -> None:
    import duckdb

    query = sql("select i::varchar as a, md5(i::varchar) as b from range(300000) t(i)")
    contents = []
    for threads in (1, 4):
        con = duckdb.connect(config={"threads": threads})
        stream = io.BytesIO()
        write(con, query, stream, format="parquet", columns=[Column("a", "a"), Column("b", "b")])
        con.close()
        contents.append(stream.getvalue())
    assert contents[0] == contents[1]


def test_no_rows_are_a_file_too(bench: Any) -> None:
    target = bench.folder / "out.parquet"
    write(bench.con, sql("select 1 as a where false"), target, format="parquet", columns=[Column("a", "a")])
    assert bench.read(target).reading.read == 0


def test_the_online_retail_file_is_read_whole(bench: Any, shared_data: Path) -> None:
    content = (shared_data / "online_retail.parquet").read_bytes()
    found = bench.read(content, "online_retail.parquet")
    assert found.reading.loaded == 541_909
    assert ("17850.0", "2010-12-01 08:26:00") in {
        (cells[found.reading.columns.index("CustomerID")], cells[found.reading.columns.index("InvoiceDate")])
        for cells in found.cells[:5]
    }
