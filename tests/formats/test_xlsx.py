from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from crmctl.errors import FileError, UsageError
from crmctl.formats import write
from crmctl.schema.column import Column
from crmctl.sql import SQL, sql, values


def workbook(fill: Callable[[Any, Any], None], sheets: tuple[str, ...] = ("Sheet1",)) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    pages = [book.add_worksheet(name) for name in sheets]
    fill(book, pages[-1])
    book.close()
    return stream.getvalue()


def customers(book: Any, sheet: Any) -> None:
    date, moment, time = (book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm"))
    sheet.write_row(0, 0, ["说明：请勿修改表头"])
    sheet.write_row(2, 0, ["姓名", "电话", "date", "moment", "select", 'e "mail"', "time", "姓名"])
    sheet.write_row(3, 0, [" 张三\n", 13800138000.0])
    sheet.write_datetime(3, 2, dt.datetime(2024, 1, 2), date)
    sheet.write_datetime(3, 3, dt.datetime(2024, 1, 2, 3, 4, 5), moment)
    sheet.write_row(3, 4, [1.5, True])
    sheet.write_datetime(3, 6, dt.time(3, 4), time)
    sheet.write_string(5, 0, "0012")
    sheet.write_datetime(5, 3, dt.datetime(2024, 1, 2), moment)


def test_a_sheet_is_read_as_text_below_its_header(bench: Any) -> None:
    found = bench.read(workbook(customers), "a.xlsx")
    assert found.cells == [
        (" 张三\n", "13800138000", "2024-01-02", "2024-01-02 03:04:05", "1.5", "true", "03:04:00", None),
        ("0012", None, None, "2024-01-02 00:00:00", None, None, None, None),
    ]
    assert found.lines == [4, 6]
    assert found.reading.columns == ["姓名", "电话", "date", "moment", "select", 'e "mail"', "time", "姓名_2"]
    assert found.reading.headers[-1] == "姓名"
    assert (found.reading.read, found.reading.skipped) == (5, 3)
    assert found.reading.decision == "sheet Sheet1, header in row 3, rows skipped above it: 1, blank rows skipped: 2"


def test_the_first_sheet_that_is_not_empty_is_read_unless_one_is_named(bench: Any) -> None:
    content = workbook(customers, ("empty", "客户"))
    assert bench.read(content, "a.xlsx").reading.sheet == "客户"
    assert bench.read(content, "a.xlsx", sheet="客户").reading.loaded == 2
    with pytest.raises(UsageError, match="no sheet called 'orders'; it has empty, 客户"):
        bench.read(content, "a.xlsx", sheet="orders")
    with pytest.raises(FileError, match="there is nothing in"):
        bench.read(content, "a.xlsx", sheet="empty")


def test_a_workbook_under_a_text_name_is_known_by_its_first_bytes(bench: Any) -> None:
    assert bench.read(workbook(customers), "a.csv").reading.format == "xlsx"


def test_an_archive_that_would_unpack_to_too_much_is_refused(bench: Any) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 80_000_000)
    with pytest.raises(FileError, match="would unpack to 80 MB"):
        bench.read(stream.getvalue(), "a.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", b"PK\x03\x04 and then nothing", "not a sound Excel workbook"),
        ("a.xlsx", b"a,b\n1,2\n", "not a sound Excel workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "password-protected Excel file; open it in Excel"),
        ("a.xls", b"<html><table><tr><td>a</td></tr></table>", "a web page or XML, not a table"),
    ],
)
def test_what_is_no_workbook_is_refused_with_a_cure(bench: Any, name: str, content: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        bench.read(content, name)


COLUMNS = [
    Column("phone", "手机", "phone"), Column("id", "id", "id"), Column("amount", "amount", "money"),
    Column("day", "day", "date"), Column("seen", "seen", "datetime"), Column("ok", "ok", "boolean"),
]  # fmt: skip
ROWS = sql(
    "select * from (values {rows}) as t(phone, id, amount, day, seen, ok)",
    rows=values([
        ("+8613800138000", "00123", "12.50", "2024-01-02", "2024-01-02 03:04:05", "true"),
        ("=1+1", "110101199003074518", "0012", "2024-02-30", "soon", ""),
        (None, None, "12345678901234567890", "1899-01-01", None, "perhaps"),
    ]),
)  # fmt: skip


def _write(bench: Any, name: str, rows: SQL = ROWS, **options: Any) -> Path:
    target = bench.folder / name
    write(bench.con, rows, target, format="xlsx", columns=COLUMNS, **options)
    return Path(target)


def test_what_fits_its_type_is_typed_and_the_rest_stays_the_text_it_is(bench: Any) -> None:
    path = _write(bench, "out.xlsx", as_of=dt.date(2024, 5, 6))
    found = bench.read(path)
    assert found.cells == [
        ("+8613800138000", "00123", "12.5", "2024-01-02", "2024-01-02 03:04:05", "true"),
        ("=1+1", "110101199003074518", "0012", "2024-02-30", "soon", ""),
        (None, None, "12345678901234567890", "1899-01-01", None, "perhaps"),
    ]
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "<v>12.5</v>" in sheet
        assert "<f>" not in sheet
        assert 'state="frozen"' in sheet
        assert "<autoFilter" in sheet
        assert "2024-05-06T00:00:00Z" in archive.read("docProps/core.xml").decode()


def test_a_workbook_has_the_same_bytes_each_time(bench: Any) -> None:
    first = _write(bench, "1.xlsx", as_of=dt.date(2024, 5, 6)).read_bytes()
    assert _write(bench, "2.xlsx", as_of=dt.date(2024, 5, 6)).read_bytes() == first
    assert _write(bench, "3.xlsx").read_bytes() == _write(bench, "4.xlsx").read_bytes()


def test_more_rows_than_a_sheet_holds_are_refused_before_any_is_written(bench: Any) -> None:
    rows = sql("select '1' as phone, '1' as id, '' as amount, '' as day, '' as seen, '' as ok from range(1048576)")
    with pytest.raises(FileError, match="1048576 rows, and an Excel sheet holds 1048575; write CSV or Parquet"):
        _write(bench, "out.xlsx", rows)
    assert list(bench.folder.iterdir()) == []


def test_a_cell_longer_than_excel_holds_is_refused_not_cut(bench: Any) -> None:
    rows = sql("select repeat('x', 32768) as phone, '' as id, '' as amount, '' as day, '' as seen, '' as ok")
    with pytest.raises(FileError, match="row 1 has 32768 characters in 手机"):
        _write(bench, "out.xlsx", rows)
