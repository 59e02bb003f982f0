"""What the cells of a workbook become as text."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from tests.formats.packages import formats, made, open_document, package, rows, text


def _cell(bench: Any, cell: str, **parts: Any) -> str | None:
    """The text of B2 in a sheet whose column A is filled."""
    content = package(rows(text("A1", "名称") + text("B1", "值"), text("A2", "x") + cell), **parts)
    found = bench.read(content, "a.xlsx")
    assert found.reading.loaded == 1
    value: str | None = found.cells[0][1]
    return value


NUMBERS = {
    "13800138000": "13800138000",
    "13800138000.0": "13800138000",
    "1.3800138E10": "13800138000",
    "0.1": "0.1",
    "19.989999999999998": "19.99",
    "1.0000000000000001E-5": "0.00001",
    "-12.5": "-12.5",
    "4012345678901234567": "4012345678901234567",
}


@pytest.mark.parametrize(("written", "read"), NUMBERS.items())
def test_a_number_is_written_out_without_a_fraction_that_is_none(bench: Any, written: str, read: str) -> None:
    assert _cell(bench, f'<c r="B2"><v>{written}</v></c>') == read


FORMATS = [
    ("00000", "123", "00123"),
    ("000000000000", "110105194912", "110105194912"),
    ("[h]:mm:ss", "1.5", "36:00:00"),
    ("46", "1.5", "36:00:00"),
    ("14", "45293", "2024-01-02"),
    ("31", "45293", "2024-01-02"),
    ("57", "45293", "2024-01-02"),
    ("32", "0.5", "12:00:00"),
    ("yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@", "45293", "2024-01-02"),
    ("22", "45293.127835648149", "2024-01-02 03:04:05"),
    ("21", "0.75", "18:00:00"),
    ("0.00%", "0.155", "0.155"),
    ("&quot;¥&quot;#,##0.00", "1234.5", "1234.5"),
    ("@", "42", "42"),
]


@pytest.mark.parametrize(("code", "number", "read"), FORMATS)
def test_a_number_means_what_its_format_shows(bench: Any, code: str, number: str, read: str) -> None:
    assert _cell(bench, f'<c r="B2" s="1"><v>{number}</v></c>', styles=formats(code)) == read


@pytest.mark.parametrize(
    ("code", "number", "read"),
    [("14", "45293", "2028-01-03"), ("31", "45293", "2028-01-03"), ("21", "0.5", "12:00:00")],
)
def test_days_may_count_from_1904(bench: Any, code: str, number: str, read: str) -> None:
    cell = f'<c r="B2" s="1"><v>{number}</v></c>'
    assert _cell(bench, cell, styles=formats(code), book='<workbookPr date1904="1"/>') == read


STRINGS = (
    "<si><r><t>张</t></r><r><rPr><b/></rPr><t>三</t></r></si>"
    '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si>'
    '<si><t xml:space="preserve"> a_x000D_b </t></si><si><t>00123</t></si>'
)


@pytest.mark.parametrize(("index", "read"), [(0, "张三"), (1, "東京"), (2, " a\rb "), (3, "00123")])
def test_shared_texts_come_whole_and_without_their_reading(bench: Any, index: int, read: str) -> None:
    assert _cell(bench, f'<c r="B2" t="s"><v>{index}</v></c>', strings=STRINGS) == read


KINDS = [
    ('<c r="B2" t="b"><v>1</v></c>', "true"),
    ('<c r="B2" t="str"><f>A1&amp;"x"</f><v>名称x</v></c>', "名称x"),
    ('<c r="B2"><f>1+1</f><v>2</v></c>', "2"),
    ('<c r="B2" t="d"><v>2024-01-02T03:04:05</v></c>', "2024-01-02T03:04:05"),
    ('<c r="B2" t="inlineStr"><is><r><t>a</t></r><r><t>&lt;b&gt;</t></r></is></c>', "a<b>"),
]


@pytest.mark.parametrize(("cell", "read"), KINDS)
def test_every_kind_of_cell_is_read(bench: Any, cell: str, read: str) -> None:
    assert _cell(bench, cell) == read


def test_formulas_without_a_result_and_errors_are_empty_and_told(bench: Any) -> None:
    sheet = rows(
        text("A1", "名称") + text("B1", "值"),
        text("A2", "x") + '<c r="B2"><f>A1</f></c>',
        text("A3", "y") + '<c r="B3"><f>A2</f><v/></c>',
        text("A4", "z") + '<c r="B4" t="e"><f>NA()</f><v>#N/A</v></c>',
        '<c r="A5" t="e"><v>#REF!</v></c>',
    )
    found = bench.read(package(sheet), "a.xlsx")
    assert found.cells == [("x", None), ("y", None), ("z", None)]
    assert "formulas without a result, left empty: 2, error cells, left empty: 2" in found.reading.decision
    assert bench.remarks(found) == [(2, "值", "invalid", "an error in the spreadsheet", "#N/A")]


def test_numbers_whose_end_excel_lost_are_damaged_and_whole_ones_are_not(bench: Any) -> None:
    def fill(_book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["姓名", "身份证号", "订单号", "文本"])
        sheet.write_row(1, 0, ["张三", 110105194912310021, 123456789012345])
        sheet.write_string(1, 3, "110105194912310000")

    found = bench.read(made(客户=fill), "a.xlsx")
    assert found.cells == [("张三", "110105194912310000", "123456789012345", "110105194912310000")]
    assert bench.remarks(found) == [
        (0, "身份证号", "damaged", "Excel keeps 15 digits of a number", "110105194912310000")
    ]
    assert "numbers of which Excel lost the end: 1" in found.reading.decision


def test_times_keep_their_hours_and_dates_of_a_column_with_times_their_midnight(bench: Any) -> None:
    def fill(book: Any, sheet: Any) -> None:
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, ["名", "时刻"])
        for number, value in enumerate([dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4, 5)], 1):
            sheet.write(number, 0, f"n{number}")
            sheet.write_datetime(number, 1, value, moment)

    found = bench.read(made(S=fill), "a.xlsx")
    assert [row[1] for row in found.cells] == ["2024-01-02 00:00:00", "2024-01-02 03:04:05"]


def test_an_ods_file_is_read_like_any_other(bench: Any) -> None:
    def cell(kind: str, value: str, shown: str) -> str:
        name = "date-value" if kind == "date" else "value"
        return f'<table:table-cell office:value-type="{kind}" office:{name}="{value}"><text:p>{shown}</text:p></table:table-cell>'

    def string(shown: str, more: str = "") -> str:
        return f'<table:table-cell office:value-type="string"{more}><text:p>{shown}</text:p></table:table-cell>'

    tables = (
        '<table:table table:name="客户"><table:table-row>' + string("姓名") + string("编号") + string("生日") + string("城市")
        + "</table:table-row><table:table-row>" + string("张三") + cell("float", "7", "007") + cell("date", "1990-01-02", "x")
        + string("上海", ' table:number-rows-spanned="2"')
        + '</table:table-row><table:table-row table:visibility="collapse">' + string("李四")
        + cell("float", "110105194912310000", "1.1E+17") + cell("date", "1990-01-03T04:05:06", "x")
        + "<table:covered-table-cell/></table:table-row>"
        + '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/>'
        + "</table:table-row></table:table>"
        + '<table:table table:name="旧" table:style-name="hid"><table:table-row>' + string("a") + "</table:table-row></table:table>"
    )  # fmt: skip
    found = bench.read(open_document(tables), "a.ods")
    assert [row[:2] + row[3:] for row in found.cells] == [
        ("张三", "007", "上海"),
        ("李四", "110105194912310000", "上海"),
    ]
    assert [row[2] for row in found.cells] == ["1990-01-02", "1990-01-03 04:05:06"]
    assert found.reading.format == "ods"
    assert "hidden rows, loaded all the same: 1" in found.reading.decision
    assert "other sheets: 旧 (hidden)" in found.reading.decision
    assert [remark[1:3] for remark in bench.remarks(found)] == [("编号", "damaged")]


def test_an_old_workbook_is_read_like_any_other(bench: Any) -> None:
    """The file was made by LibreOffice: five sheets, one of them hidden, merged cells, dates, and numbers as codes."""
    found = bench.read(Path(__file__).with_name("data") / "customers.xls")
    assert found.reading.format == "xls"
    assert found.reading.headers == [
        "姓名*",
        "联系方式 手机（必填）",
        "联系方式 邮箱",
        "负责人",
        "出生日期",
        "身份证号",
        "会员编号",
    ]
    assert found.cells[0] == (
        "客户0", "13800138000", "u0@x.com", "王经理", "1990-01-01", "110105194912310000", "00007",
    )  # fmt: skip
    assert (found.reading.read, found.reading.loaded) == (10, 6)
    assert len(bench.remarks(found)) == 6
    for told in (
        "total rows skipped: 1",
        "hidden rows, loaded all the same: 1",
        "隐藏 (hidden)",
        "选项 (a list to choose",
    ):
        assert told in found.reading.decision
