"""Which sheets of a workbook are tables, and which rows of a sheet are records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.formats.packages import made

from crmctl.errors import FileError, UsageError
from crmctl.formats import ReadOptions, parts

HEADER = ["姓名", "手机", "邮箱", "城市", "金额"]
Fill = Callable[[Any, Any], None]


def record(number: int) -> list[Any]:
    return [f"张{number}", f"1380013{number:04d}", f"a{number}@x.com", "上海", 100.5 + number]


def write(sheet: Any, top: int = 0, left: int = 0, count: int = 5) -> None:
    sheet.write_row(top, left, HEADER)
    for number in range(count):
        sheet.write_row(top + 1 + number, left, record(number))


def customers(_book: Any, sheet: Any) -> None:
    write(sheet)


def contacts(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["联系人", "手机"])
    sheet.write_row(1, 0, ["李四", "13900139000"])


def instructions(_book: Any, sheet: Any) -> None:
    sheet.write_column(0, 0, ["1. 请按模板填写，不要修改表头。", "2. 手机号必须为11位数字", "3. 带*为必填项"])


def cities(_book: Any, sheet: Any) -> None:
    sheet.write_column(0, 0, ["上海", "北京", "广州"])


def hidden(_book: Any, sheet: Any) -> None:
    write(sheet)
    sheet.hide()


def chooses(_book: Any, sheet: Any) -> None:
    write(sheet)
    sheet.data_validation("D2:D99", {"validate": "list", "source": "=Sheet9!$A$1:$A$3"})


def totals(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["城市", "人数"])
    sheet.write_row(1, 0, ["上海", 5])


def nothing(_book: Any, _sheet: Any) -> None:
    pass


def found_parts(bench: Any, content: bytes, **options: Any) -> list[tuple[str, str | None]]:
    path = Path(bench.file(content, "a.xlsx"))
    return [(part.name, part.options.sheet) for part in parts(path, ReadOptions(**options), bench.workdir)]


SHEETS: list[tuple[dict[str, Fill], list[str], str]] = [
    ({"客户": customers, "联系人": contacts}, ["客户", "联系人"], ""),
    ({"填写说明": instructions, "客户": customers}, ["客户"], "填写说明 (instructions)"),
    ({"Sheet1": instructions, "Sheet2": customers}, ["Sheet2"], "Sheet1 (instructions)"),
    ({"客户": customers, "旧": hidden}, ["客户"], "旧 (hidden)"),
    ({"客户": customers, "城市选项": cities}, ["客户"], "城市选项 (a list to choose from)"),
    ({"客户": chooses, "Sheet9": cities}, ["客户"], "Sheet9 (a list to choose from)"),
    ({"Sheet1": nothing, "Sheet2": customers, "Sheet3": nothing}, ["Sheet2"], ""),
    ({"汇总": totals, "明细": customers}, ["明细", "汇总"], ""),
    ({"Help": customers}, ["Help"], ""),
    ({"说明": customers, "Notes": contacts}, ["说明"], "Notes (instructions)"),
]


@pytest.mark.parametrize(("sheets", "names", "others"), SHEETS)
def test_sheets_with_tables_are_parts_and_the_others_are_told(
    bench: Any, sheets: dict[str, Fill], names: list[str], others: str
) -> None:
    path = bench.file(made(**sheets), "a.xlsx")
    found = parts(path, ReadOptions(), bench.workdir)
    assert [part.options.sheet for part in found] == names
    assert found[0].left_out == others
    assert list(bench.workdir.iterdir()) == []
    reading = bench.read(path).reading
    assert reading.sheet == names[0]
    assert ("other sheets" in reading.decision) == bool(others)


def test_a_sheet_that_is_named_is_the_only_part_whatever_it_holds(bench: Any) -> None:
    content = made(填写说明=instructions, 客户=customers, 旧=hidden)
    assert found_parts(bench, content, sheet="旧") == [("", "旧")]
    assert found_parts(bench, content, sheet=" 填写说明") == [("", "填写说明")]
    with pytest.raises(UsageError, match="no sheet called 'x'; it has 填写说明, 客户, 旧"):
        found_parts(bench, content, sheet="x")


def test_a_workbook_without_a_value_is_empty(bench: Any) -> None:
    with pytest.raises(FileError, match="there is nothing in"):
        bench.read(made(Sheet1=nothing), "a.xlsx")
    with pytest.raises(FileError, match="there is nothing in"):
        bench.read(made(Sheet1=nothing, Sheet2=nothing), "a.xlsx")


def _titles(book: Any, sheet: Any) -> None:
    sheet.merge_range("A1:E1", "2024年客户清单", book.add_format())
    sheet.merge_range("A2:E2", "单位：元    导出人：李四", book.add_format())
    write(sheet, 2)


def _offset(_book: Any, sheet: Any) -> None:
    write(sheet, 4, 2)


def _guided(_book: Any, sheet: Any) -> None:
    write(sheet, count=0)
    sheet.write_row(1, 0, ["必填", "必填，11位手机号", "选填，如：a@b.com", "选填", "数字，保留两位小数"])
    sheet.write_row(2, 0, ["（示例）张三", "13800138000", "z@x.com", "北京", 12])
    for number in range(5):
        sheet.write_row(3 + number, 0, record(number))


def _guided_above(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["必填", "必填，11位手机号", "选填", "", "数字，保留两位小数"])
    write(sheet, 1)


def _summed(_book: Any, sheet: Any) -> None:
    write(sheet)
    sheet.write_row(6, 0, ["合计", "", "", "", 512.5])
    sheet.write(8, 0, "制表人：张三")
    sheet.write(9, 0, "共 5 条记录")


def _sections(book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, HEADER)
    sheet.merge_range("A2:E2", "华东区", book.add_format())
    for number in range(3):
        sheet.write_row(2 + number, 0, record(number))
    sheet.merge_range("A6:E6", "华北区", book.add_format())
    for number in range(3, 5):
        sheet.write_row(3 + number, 0, record(number))


def _pages(_book: Any, sheet: Any) -> None:
    write(sheet, count=3)
    sheet.write_row(4, 0, HEADER)
    for number in range(3, 5):
        sheet.write_row(2 + number, 0, record(number))


def _trailing(book: Any, sheet: Any) -> None:
    write(sheet)
    for row in range(6, 2000):
        sheet.set_row(row, 15, book.add_format({"bold": True}))
    sheet.write_blank(1_048_575, 4, None, book.add_format({"bold": True}))
    sheet.write_blank(3, 16_383, None, book.add_format({"bold": True}))


LAYOUTS: list[tuple[Fill, str]] = [
    (_titles, "header in row 3, rows skipped above it: 2"),
    (_offset, "header in row 5, blank rows skipped: 4"),
    (_guided, "header in row 1, instruction rows skipped: 1, sample rows skipped: 1"),
    (_guided_above, "header in row 2, rows skipped above it: 1"),
    (_summed, "header in row 1, total rows skipped: 1, notes below skipped: 2, blank rows skipped: 1"),
    (_sections, "header in row 1, headings between the rows skipped: 2"),
    (_pages, "header in row 1, repeated headers skipped: 1"),
    (_trailing, "header in row 1"),
]


@pytest.mark.parametrize(("fill", "decision"), LAYOUTS)
def test_only_records_are_loaded_and_the_rest_is_counted(bench: Any, fill: Fill, decision: str) -> None:
    found = bench.read(made(S=fill), "a.xlsx")
    assert found.reading.headers == HEADER
    assert found.cells == [tuple(str(cell) for cell in record(number)) for number in range(5)]
    assert found.reading.decision == f"sheet S, {decision}"


def test_merged_cells_count_for_every_row_they_cover(bench: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["公司", "联系人", "手机"])
        sheet.merge_range("A2:A4", "甲公司", book.add_format())
        sheet.merge_range("A5:A6", "乙公司", book.add_format())
        for number in range(5):
            sheet.write_row(1 + number, 1, [f"李{number}", f"1390013{number:04d}"])

    found = bench.read(made(S=fill), "a.xlsx")
    assert [row[0] for row in found.cells] == ["甲公司"] * 3 + ["乙公司"] * 2
    assert "cells filled from merged ones: 3" in found.reading.decision


def test_a_merged_cell_over_empty_rows_makes_no_records(bench: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        write(sheet, count=2)
        sheet.merge_range("D3:D9", "北京", book.add_format())

    assert bench.read(made(S=fill), "a.xlsx").reading.loaded == 2


def test_a_header_of_two_rows_is_joined_by_its_merged_cells(bench: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        merge = book.add_format()
        sheet.merge_range("A1:E1", "客户信息登记表", merge)
        sheet.merge_range("A2:A3", "姓名*", merge)
        sheet.merge_range("B2:C2", "联系方式", merge)
        sheet.write_row(2, 1, ["手机（必填）", "邮箱"])
        sheet.merge_range("D2:D3", "城市", merge)
        sheet.merge_range("E2:E3", "金额", merge)
        for number in range(4):
            sheet.write_row(3 + number, 0, record(number))

    found = bench.read(made(S=fill), "a.xlsx")
    assert found.reading.headers == ["姓名*", "联系方式 手机（必填）", "联系方式 邮箱", "城市", "金额"]
    assert found.reading.decision == "sheet S, header in rows 2 to 3, rows skipped above it: 1"
    assert (found.reading.loaded, found.lines[0]) == (4, 4)


def test_hidden_rows_and_columns_are_data_and_told(bench: Any) -> None:
    def fill(_book: Any, sheet: Any) -> None:
        write(sheet)
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column("C:C", None, None, {"hidden": True})
        sheet.set_column("G:XFD", None, None, {"hidden": True})
        sheet.autofilter("A1:E6")

    found = bench.read(made(S=fill), "a.xlsx")
    assert found.reading.loaded == 5
    assert "hidden rows, loaded all the same: 1, hidden columns, loaded all the same: 1" in found.reading.decision


def test_a_sheet_of_phones_alone_is_a_table_and_one_without_a_header_too(bench: Any) -> None:
    phones = bench.read(made(S=lambda _b, s: s.write_column(0, 0, ["手机", 13800138000, 13800138001])), "a.xlsx")
    assert phones.cells == [("13800138000",), ("13800138001",)]
    bare = bench.read(made(S=lambda _b, s: [s.write_row(n, 0, record(n)) for n in range(5)]), "a.xlsx")
    assert (bare.reading.loaded, bare.reading.headers[0]) == (5, "column_1")


def test_a_header_alone_is_a_table_without_rows(bench: Any) -> None:
    found = bench.read(made(S=lambda _b, s: s.write_row(0, 0, HEADER)), "a.xlsx")
    assert (found.reading.headers, found.reading.read) == (HEADER, 0)
