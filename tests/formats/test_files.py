from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from crmctl.errors import FileError, UsageError
from crmctl.formats import SUFFIXES, Dialect, ReadOptions, detect_format, read, spool, write
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, sql, values

COLUMNS = [Column('e "mail"', 'e "mail"'), Column("select", "手机"), Column("n", "")]
ROWS = sql(
    'select * from (values {rows}) as t("e ""mail""", "select", n)',
    rows=values([("a,b", '"', None), ("", " x\n", "é张"), ("#1", "\r", "'")]),
)


def _written(bench: Any, rows: SQL = ROWS, **options: Any) -> bytes:
    stream = io.BytesIO()
    count = write(bench.con, rows, stream, columns=COLUMNS, **{"format": "csv", **options})
    assert count == 3
    return stream.getvalue()


def test_csv_is_written_in_utf8_with_commas_unless_told_otherwise(bench: Any) -> None:
    assert _written(bench) == '"e ""mail""",手机,\n"a,b","""",\n""," x\n",é张\n#1,"\r",\'\n'.encode()
    assert _written(bench, format="tsv").startswith('"e ""mail"""\t手机\t\na,b\t'.encode())


def test_csv_is_written_as_the_dialect_says(bench: Any) -> None:
    dialect = Dialect("utf-8-sig", ";", line_end="\r\n", quoting="all", final_newline=False)
    expected = '\ufeff"h ""1""";"";"3"\r\n"a,b";"""";\r\n"";" x\n";"é张"\r\n"#1";"\r";"\'"'
    assert _written(bench, dialect=dialect, headers=['h "1"', "", "3"]) == expected.encode()
    assert _written(bench, dialect=Dialect("gb18030")).decode("gb18030") == _written(bench).decode()
    assert _written(bench, dialect=Dialect("utf-16")).decode("utf-16") == _written(bench).decode()


def test_a_character_that_an_encoding_lacks_is_named(bench: Any) -> None:
    with pytest.raises(FileError, match="cp1252 has no '手'; write utf-8 or gb18030"):
        _written(bench, dialect=Dialect("cp1252"))


def test_the_order_of_the_query_is_kept(bench: Any) -> None:
    stream = io.BytesIO()
    query = sql("select i::varchar as n from range(100000) t(i) order by md5(i::varchar)")
    write(bench.con, query, stream, format="csv", columns=[Column("n", "n")])
    expected = bench.con.execute(query.text, query.values).fetchall()
    assert stream.getvalue().decode().splitlines()[1:] == [row[0] for row in expected]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ndjson", "json", "parquet"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(bench: Any, kind: str) -> None:
    target = bench.file(b"old", f"out.{kind}")
    broken = sql("select case when i > 60000 then error('no') else 'x' end as n from range(70000) t(i)")
    with pytest.raises(Exception, match="no"):
        write(bench.con, broken, target, format=kind, columns=[Column("n", "n")])
    assert target.read_bytes() == b"old"
    assert list(bench.folder.iterdir()) == [target]


def test_a_target_keeps_its_permissions_and_its_link(bench: Any) -> None:
    real = bench.file(b"old", "real.csv")
    real.chmod(0o640)
    link = bench.folder / "link.csv"
    link.symlink_to(real)
    write(bench.con, ROWS, link, format="csv", columns=COLUMNS)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_bytes() == _written(bench)


def test_a_target_that_cannot_be_written_is_told_with_a_cure(bench: Any) -> None:
    with pytest.raises(FileError, match=r"no folder .*missing; make it first"):
        write(bench.con, ROWS, bench.folder / "missing" / "out.csv", format="csv", columns=COLUMNS)
    with pytest.raises(FileError, match="is a folder; name a file in it"):
        write(bench.con, ROWS, bench.folder, format="csv", columns=COLUMNS)
    with pytest.raises(UsageError, match="unknown format 'cvs'; did you mean 'csv'"):
        write(bench.con, ROWS, bench.folder / "out.cvs", format="cvs", columns=COLUMNS)


class _Closed(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raise BrokenPipeError(len(data))

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ndjson", "json", "parquet"])
def test_a_closed_pipe_is_passed_on_as_it_comes(bench: Any, kind: str) -> None:
    with pytest.raises(BrokenPipeError):
        write(bench.con, ROWS, _Closed(), format=kind, columns=COLUMNS)  # type: ignore[arg-type]  # a raw stream does


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in the file system")
def test_a_device_is_written_directly(bench: Any) -> None:
    assert write(bench.con, ROWS, Path(os.devnull), format="csv", columns=COLUMNS) == 3


def test_an_input_that_is_missing_or_a_folder_is_told_with_a_cure(bench: Any) -> None:
    with pytest.raises(FileError, match=r"no file .*nowhere.csv; check the name"):
        bench.read(bench.folder / "nowhere.csv")
    with pytest.raises(FileError, match="is a folder; name a file in it"):
        bench.read(bench.folder)


def test_a_file_that_another_program_holds_is_told_with_a_cure(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bench.file(b"a,b\n1,2\n")

    def held(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "open", held)
    with pytest.raises(FileError, match="cannot be opened; close it in Excel"):
        bench.read(path)


def test_a_failed_reading_leaves_no_tables(bench: Any) -> None:
    path = bench.file('[{"a":1},{"a":', "a.json")
    with pytest.raises(FileError):
        read(
            bench.con, path, ident("t"), rejects=ident("r"), source="s", first_id=1, options=ReadOptions(),
            workdir=bench.workdir,
        )  # fmt: skip
    assert bench.con.execute("select table_name from duckdb_tables()").fetchall() == []


def test_a_reading_makes_a_plain_table_with_the_three_columns(bench: Any) -> None:
    read(
        bench.con, bench.file("a,b\n1,2\n"), ident("t"), rejects=ident("r"), source="店", first_id=7,
        workdir=bench.workdir,
    )  # fmt: skip
    assert bench.con.execute("from t").fetchall() == [(7, "店", 2, "1", "2")]
    types = bench.con.execute("select column_name, data_type from duckdb_columns() where table_name = 't'").fetchall()
    assert types == [
        ("_id", "BIGINT"), ("_source", "VARCHAR"), ("_line", "BIGINT"), ("a", "VARCHAR"), ("b", "VARCHAR"),
    ]  # fmt: skip
    temporary = bench.con.execute("select table_name from duckdb_tables() where temporary").fetchall()
    assert temporary == [("r",)], "only the rejects; no helper table is left behind"


def test_standard_input_is_spooled_to_a_private_file(bench: Any) -> None:
    path = spool(io.BytesIO(b"a\tb\n1\t2\n"), bench.workdir)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    path.unlink()
    found = bench.read(content, "stdin.input")
    assert found.reading.decision == "UTF-8 (100 %), tab, header in line 1"
    with pytest.raises(FileError, match="there is nothing in"):
        bench.read(b"", "stdin.input")


def test_formats_are_known_by_suffix(bench: Any) -> None:
    for suffix, name in SUFFIXES.items():
        if name not in {"xlsx", "xls", "ods"}:
            assert detect_format(bench.file(b"x", f"f{suffix.upper()}")) == name
    assert detect_format(bench.file(b"x", "f.csv"), ReadOptions(format="jsonl")) == "ndjson"
    with pytest.raises(UsageError, match="unknown format 'pdf'; choose one of csv"):
        detect_format(bench.file(b"x"), ReadOptions(format="pdf"))
