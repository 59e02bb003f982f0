from __future__ import annotations

from typing import Any

import pytest

from crmctl.errors import FileError, UsageError
from crmctl.formats import ReadOptions, parts

PAGE = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="{charset}"><style>td{{x:<y}}</style>'
    "</head><body><!-- a <table><tr><td>comment</td></tr></table> --><table border=1>\n"
    "<tr><th>客户姓名</th><th>手&nbsp;机</th><th class='a>b'>备注</th></tr>\n"
    "<tr><td>张三</td><td style='mso-number-format:\"\\@\"'>00138</td><td>a &amp; b<br>c</td></tr>\n"
    "<tr><td> 李四 \n</td><td></td><td>&lt;i&gt;</td></tr></table></body></html>"
)
CELLS = [("张三", "00138", "a & b\nc"), ("李四", None, "<i>")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("name", ["orders.xls", "orders.html", "stdin.input", "orders.csv"])
def test_a_web_page_is_read_whatever_it_is_called(bench: Any, encoding: str, name: str) -> None:
    found = bench.read(PAGE.format(charset=encoding).encode(encoding), name)
    assert (found.reading.format, found.reading.headers) == ("html", ["客户姓名", "手 机", "备注"])
    assert found.cells == CELLS
    assert found.lines == [2, 3]


def test_cells_that_reach_over_rows_and_columns_are_laid_out(bench: Any) -> None:
    page = (
        "<table><tr><th>a<th>b<th>c<th>d<tr><td rowspan=2>1<td>2<td colspan=2>3<tr><td>4<td rowspan=2>5<td>6"
        "<tr><td>7<td>8<td>9</table>"
    )
    assert bench.read(page, "a.html").cells == [("1", "2", "3", None), ("1", "4", "5", "6"), ("7", "8", "5", "9")]


def test_several_tables_of_a_page_are_parts(bench: Any) -> None:
    title = "<table><tr><td>客户列表</td></tr></table>"
    table = "<table><tr><th>a</th><th>b</th></tr><tr><td>{}</td><td>2</td></tr></table>"
    page = title + table.format(1) + table.format(3)
    found = parts(bench.file(page, "a.xls"), ReadOptions(), bench.workdir)
    assert [(part.name, part.options.table) for part in found] == [("table 2", 2), ("table 3", 3)]
    assert bench.read(page, "a.xls", table=3).cells == [("3", "2")]
    with pytest.raises(UsageError, match="there is no table 4; there are 3"):
        bench.read(page, "a.xls", table=4)
    assert [part.name for part in parts(bench.file(title + table, "a.xls"), ReadOptions(), bench.workdir)] == [""]


def test_a_table_within_a_cell_does_not_mix_with_the_one_around_it(bench: Any) -> None:
    page = "<table><tr><td>a</td><td>b<table><tr><td>x</td></tr></table></td></tr><tr><td>1</td><td>2</td></tr></table>"
    assert bench.read(page, "a.html", header=True).cells == [("1", "2")]


def test_a_row_that_is_cut_off_is_rejected_and_the_others_are_kept(bench: Any) -> None:
    page = PAGE.format(charset="utf-8")
    found = bench.read(page[: page.index("李四") + 2], "a.xls")
    assert found.cells == [("张三", "00138", "a & b\nc")]
    assert [(line, reason) for line, reason, _ in found.rejects] == [(3, "the row is cut off")]


def test_the_rows_of_a_large_page_agree_with_the_tags_in_it(bench: Any) -> None:
    rows = "".join(f"<tr><td>{n}</td><td>客户{n}</td></tr>" for n in range(60_000))
    page = f"<table><tr><th>id</th><th>姓名</th></tr>{rows}</table>"
    found = bench.read(page, "a.xls")
    assert found.reading.loaded == page.count("<tr>") - 1
    assert found.cells[-1] == ("59999", "客户59999")


def test_titles_blank_rows_and_a_header_in_two_rows_are_told_apart(bench: Any) -> None:
    page = (
        "<table><tr><td colspan=3>客户导出表</td></tr><tr><td></td></tr><tr><td>编号</td><td>姓名</td><td>手机</td></tr>"
        "<tr><td>1</td><td>张三</td><td>13800138000</td></tr><tr></tr><tr><td>2</td><td>李四</td><td>13900139000</td></tr>"
        "</table>"
    )
    found = bench.read(page, "a.xls")
    assert found.reading.headers == ["编号", "姓名", "手机"]
    assert (found.reading.read, found.reading.loaded, found.reading.skipped) == (5, 2, 3)


def test_sums_and_notes_below_the_records_are_skipped_and_told(bench: Any) -> None:
    rows = "".join(f"<tr><td>{n}</td><td>客户{n}</td><td>{n}.50</td></tr>" for n in range(1, 9))
    end = "<tr><td>合计</td><td></td><td>40.00</td></tr><tr><td colspan=3>制表人：王</td></tr>"
    found = bench.read(f"<table><tr><td>编号</td><td>姓名</td><td>金额</td></tr>{rows}{end}</table>", "a.xls")
    assert (found.reading.read, found.reading.loaded, found.reading.skipped) == (10, 8, 2)
    assert "rows of sums and notes below the table skipped: 2" in found.reading.decision


@pytest.mark.parametrize("page", ["<html><body>please log in</body></html>", "<html><table></table></html>"])
def test_a_page_without_a_table_is_an_error(bench: Any, page: str) -> None:
    with pytest.raises(FileError, match="there is no table"):
        bench.read(page, "a.xls")


SPACE = "urn:schemas-microsoft-com:office:spreadsheet"


def workbook(*sheets: tuple[str, str], declared: str = "UTF-8") -> str:
    body = "".join(f'<Worksheet ss:Name="{name}"><Table>{rows}</Table></Worksheet>' for name, rows in sheets)
    return (
        f'<?xml version="1.0" encoding="{declared}"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        f'<Workbook xmlns="{SPACE}" xmlns:ss="{SPACE}" xmlns:html="http://www.w3.org/TR/REC-html40">{body}</Workbook>'
    )


def row(*cells: str, index: int | None = None) -> str:
    inner = "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in cells)
    return f"<Row{f' ss:Index={chr(34)}{index}{chr(34)}' if index else ''}>{inner}</Row>"


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK", "UTF-16"])
@pytest.mark.parametrize("name", ["a.xls", "a.xml", "stdin.input"])
def test_a_workbook_in_xml_is_read_in_every_encoding(bench: Any, encoding: str, name: str) -> None:
    content = workbook(
        ("客户", row("姓名", "手机") + row("张三", "0138") + row("李四 &amp; co", "")), declared=encoding
    )
    found = bench.read(content.encode(encoding), name)
    assert (found.reading.format, found.reading.sheet) == ("xml", "客户")
    assert found.cells == [("张三", "0138"), ("李四 & co", None)]


def test_its_sheets_are_parts_and_empty_ones_are_not(bench: Any) -> None:
    content = workbook(("客户", row("a") + row("1")), ("empty", ""), ("联系人", row("b") + row("2")))
    assert [part.name for part in parts(bench.file(content, "a.xls"), ReadOptions(), bench.workdir)] == [
        "客户",
        "联系人",
    ]
    assert bench.read(content, "a.xls", sheet="联系人").cells == [("2",)]
    with pytest.raises(UsageError, match="no sheet called 'x'; it has 客户, 联系人"):
        bench.read(content, "a.xls", sheet="x")


def test_places_merged_cells_and_moments_are_understood(bench: Any) -> None:
    data = '<Data ss:Type="{}">{}</Data>'
    rows = (
        row("a", "b", "c")
        + f'<Row ss:Index="4"><Cell ss:MergeDown="1">{data.format("String", "x")}</Cell><Cell ss:Index="3">'
        + data.format("DateTime", "2024-01-02T00:00:00.000") + "</Cell></Row>"
        + f"<Row><Cell>{data.format('Number', '7')}</Cell><Cell>"
        + data.format("DateTime", "2024-01-02T03:04:05.000") + "</Cell></Row>"
    )  # fmt: skip
    found = bench.read(workbook(("s", rows)), "a.xls")
    assert found.cells == [("x", None, "2024-01-02"), ("x", "7", "2024-01-02 03:04:05")]
    assert found.lines == [4, 5]


@pytest.mark.parametrize(("content", "problem"), [
    (workbook(("s", row("a") + row("1")))[:-40], "not valid XML"),
    ('<?xml version="1.0"?><customers><c/></customers>', "there is no table"),
    ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "bomb">]><Workbook xmlns="' + SPACE + '"/>', "declares entities"),
    (workbook(("s", row("a") + '<Row><Cell ss:Index="900000"><Data ss:Type="String">1</Data></Cell></Row>')), "more than"),
])  # fmt: skip
def test_xml_that_is_no_sound_workbook_is_an_error(bench: Any, content: str, problem: str) -> None:
    with pytest.raises(FileError, match=problem):
        bench.read(content, "a.xls")


def test_tab_separated_text_called_xls_is_read_as_such(bench: Any) -> None:
    found = bench.read("姓名\t手机\n张三\t00138\n".encode("gb18030"), "a.xls")
    assert (found.reading.format, found.cells) == ("csv", [("张三", "00138")])
