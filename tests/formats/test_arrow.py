from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pyarrow as pa
import pytest

from crmctl.errors import FileError
from crmctl.formats import write
from crmctl.schema.column import Column
from crmctl.sql import sql


def file(table: pa.Table, compression: str | None = None) -> bytes:
    stream = pa.BufferOutputStream()
    with pa.ipc.new_file(stream, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=2)
    content: bytes = stream.getvalue().to_pybytes()
    return content


def stream(table: pa.Table) -> bytes:
    target = pa.BufferOutputStream()
    with pa.ipc.new_stream(target, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    content: bytes = target.getvalue().to_pybytes()
    return content


TABLE = pa.table({"id": ["1", "", None], "ID": [1, None, 3], "日期": [dt.date(2024, 1, 2), None, dt.date(2024, 5, 6)]})


@pytest.mark.parametrize("content", [file(TABLE), file(TABLE, "zstd"), file(TABLE, "lz4"), stream(TABLE)])
@pytest.mark.parametrize("name", ["a.arrow", "a.feather", "stdin.input", "lies.csv"])
def test_files_and_streams_are_read_as_text(bench: Any, content: bytes, name: str) -> None:
    found = bench.read(content, name)
    assert found.reading.columns == ["id", "ID_2", "日期"]
    assert found.cells == [("1", "1", "2024-01-02"), ("", None, None), (None, "3", "2024-05-06")]
    assert found.lines == [1, 2, 3]
    assert found.reading.read == TABLE.num_rows


def test_every_type_has_a_text(bench: Any) -> None:
    moment = pa.array([1_577_934_245_000_000], pa.timestamp("us"))
    table = pa.table({
        "dictionary": pa.array(["a"]).dictionary_encode(), "zoned": moment.cast(pa.timestamp("us", "Asia/Shanghai")),
        "list": pa.array([[1, 2]]), "decimal": pa.array([1], pa.int64()).cast(pa.decimal128(21, 2)),
        "large": pa.array(["x"], pa.large_string()), "view": pa.array(["y"], pa.string_view()), "null": pa.nulls(1),
        "bool": [True], "time": pa.array([1], pa.time64("us")), "seconds": moment.cast(pa.timestamp("s")),
    })  # fmt: skip
    assert bench.read(file(table), "a.arrow").cells == [(
        "a", "2020-01-02 03:04:05Z", "[1,2]", "1.00", "x", "y", None, "true", "00:00:00.000001", "2020-01-02 03:04:05",
    )]  # fmt: skip


@pytest.mark.parametrize("content", [file(TABLE)[:-30], b"ARROW1\0\0nothing", stream(TABLE)[:-200]])
def test_a_damaged_file_is_refused(bench: Any, content: bytes) -> None:
    with pytest.raises(FileError, match=r"not a sound Arrow file|is damaged"):
        bench.read(content, "a.arrow")


def test_text_that_is_no_utf8_is_refused(bench: Any) -> None:
    bad = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xff"))
    with pytest.raises(FileError, match=r"is damaged: .*UTF8"):
        bench.read(file(pa.table({"a": bad})), "a.arrow")


def test_a_query_is_written_with_its_types_in_pieces_of_one_size(bench: Any) -> None:
    query = sql("select i as a, i::varchar as b from range(150000) t(i) order by i")
    contents = []
    for _ in range(2):
        target = io.BytesIO()
        write(bench.con, query, target, format="arrow", columns=[Column("a", "数"), Column("b", "b")])
        contents.append(target.getvalue())
    assert contents[0] == contents[1]
    with pa.ipc.open_file(contents[0]) as reader:
        assert [reader.get_batch(n).num_rows for n in range(reader.num_record_batches)] == [65_536, 65_536, 18_928]
        assert reader.schema.names == ["数", "b"]
        assert [str(kind) for kind in reader.schema.types] == ["int64", "string"]


def test_no_rows_are_a_file_too(bench: Any) -> None:
    target = bench.folder / "a.arrow"
    write(bench.con, sql("select 1 as a where false"), target, format="arrow", columns=[Column("a", "a")])
    assert bench.read(target).reading.read == 0
