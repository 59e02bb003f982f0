"""Writing workbooks: typed, streamed, the same each time, and read back as they were."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import FileError
from crmctl.formats import write
from crmctl.schema.column import Column
from crmctl.sql import SQL, sql, values

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
        assert "<v>12.50</v>" in sheet
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


def _texts(bench: Any, cells: list[list[str | None]], **options: Any) -> Path:
    width = len(cells[0])
    columns = [Column(f"c{number}", f"标题 {number}") for number in range(width)]
    rows = sql(
        "select * from (values {rows}) as t({names})",
        rows=values(cells),
        names=SQL((", ".join(c.name for c in columns),)),
    )
    target = Path(bench.folder / "texts.xlsx")
    write(bench.con, rows, target, format="xlsx", columns=columns, **options)
    return target


TEXTS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["", " a ", "a\r\nb", "_x000D_", "_xD83D_", "<&>", "=1+1", "0012", "\uffff\x00"]),
)


@settings(max_examples=30, deadline=None)
@given(cells=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_text_comes_back_as_it_was(shared_bench: Any, cells: list[list[str | None]]) -> None:
    kept = [["x", *row] for row in cells]
    found = shared_bench.read(_texts(shared_bench, kept), header=True)
    assert found.cells == [tuple(row) for row in kept]


MOMENTS = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 31, 23, 59, 59)).map(
    lambda m: m.replace(microsecond=0)
)


@settings(max_examples=30, deadline=None)
@given(moments=st.lists(MOMENTS, min_size=1, max_size=20))
def test_moments_come_back_to_the_second(shared_bench: Any, moments: list[dt.datetime]) -> None:
    said = [moment.isoformat(sep=" ") for moment in moments] + ["2024-01-02 03:04:05"]
    target = Path(shared_bench.folder / "moments.xlsx")
    columns = [Column("c", "时刻", "datetime")]
    rows = sql("select * from (values {rows}) as t(c)", rows=values([[text] for text in said]))
    write(shared_bench.con, rows, target, format="xlsx", columns=columns)
    assert [row[0] for row in shared_bench.read(target, header=True).cells] == said


def test_texts_are_as_wide_as_their_characters(bench: Any) -> None:
    with zipfile.ZipFile(_texts(bench, [["中文" * 8, "ab", "x" * 500]])) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'width="34"' in sheet
    assert 'width="8"' in sheet
    assert 'width="60"' in sheet


def test_formulas_are_written_as_text(bench: Any) -> None:
    with zipfile.ZipFile(_texts(bench, [["=HYPERLINK(1)", "+1", "@x"]])) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_phones_stay_texts_when_they_are_edited(bench: Any) -> None:
    with zipfile.ZipFile(_write(bench, "out.xlsx")) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
    assert '<c r="A2" s="4" t="inlineStr"><is><t>+8613800138000</t></is></c>' in sheet
    assert styles.count("<xf ") == 6
    assert 'numFmtId="49"' in styles


def test_other_libraries_read_what_is_written(bench: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(_write(bench, "out.xlsx")).active
    assert [cell.value for cell in sheet[2]] == [
        "+8613800138000", "00123", 12.5, dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4, 5), True,
    ]  # fmt: skip
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F4")


def test_a_workbook_without_rows_has_a_header(bench: Any) -> None:
    rows = sql("select '' as phone, '' as id, '' as amount, '' as day, '' as seen, '' as ok where false")
    assert bench.read(_write(bench, "out.xlsx", rows)).reading.headers == ["手机", "id", "amount", "day", "seen", "ok"]
