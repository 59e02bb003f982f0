"""The HTML page: self-contained, well-formed, harmless, bounded, the same every time."""

from __future__ import annotations

import random
import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from xml.etree import ElementTree as Xml

import pytest

from crmctl.errors import FileError, UsageError
from crmctl.reporting import (
    Badge,
    BarChart,
    ColumnChart,
    Figure,
    Figures,
    Funnel,
    HeatMap,
    Item,
    Quantity,
    Report,
    Section,
    StackedBar,
    StackedRow,
    TableBlock,
    Text,
    to_html,
)

SVG = "{http://www.w3.org/2000/svg}"
EVIL = """</title></style><script>alert("1' & 2")</script><img src=x onerror=alert(1)>"""
VOID = {"meta", "br", "img", "link", "input", "hr"}


class _Balance(HTMLParser):
    """Collects the tags and attributes, and fails where one is not closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> _Balance:
    parser = _Balance()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def charts(html: str) -> list[Xml.Element]:
    return [Xml.fromstring(each) for each in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]  # noqa: S314 - our own page


def one(*blocks: object, language: str = "en") -> str:
    return to_html(Report("r", language=language, sections=[Section("s", "", blocks)]))  # type: ignore[arg-type]  # any block


def everywhere(value: str) -> Report:
    """A report with the same text in every place that holds text."""
    items = [Item(value, 3, value), Item(value * 3, 2, value)]
    blocks = [
        Figures([Figure(value, value, value, unit=value), Figure(value, 3, value, "bad", unit=value)]),
        TableBlock([value], [[value], [Badge(value, "bad")], [Quantity(3, value)], [value * 30]], None, value, value),
        BarChart(value, items, value, value), ColumnChart(value, items, value, value),
        Funnel(value, items, value, value),
        StackedBar(value, [value, value], [StackedRow(value, [1, 2]), StackedRow(value, [1, 2])], value, value),
        HeatMap(value, [value], [value], [[1]], value, value, value, value), Text(value, "bad"),
    ]  # fmt: skip
    alone = [Section(value, value, [block]) for block in blocks]
    return Report(value, value, "en", [Section(value, value, blocks), *alone], {value: value})


def test_the_page_is_well_formed(demo: Report) -> None:
    assert {"main", "nav", "table", "svg", "figure"} <= parsed(to_html(demo)).seen


def test_the_page_needs_no_script_and_fetches_nothing(demo: Report) -> None:
    html = to_html(demo)
    page = parsed(html)
    assert not page.seen & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}
    assert all(value.startswith("#section-") for name, value in page.attributes if name == "href" and value)
    assert not {name for name, _ in page.attributes} & {"src", "srcset", "action", "xlink:href", "background", "poster"}
    assert set(re.findall(r"\w+://[^\"'\s)]+", html)) == {"http://www.w3.org/2000/svg"}
    assert "url(" not in html
    assert "@import" not in html


def test_every_chart_is_xml_with_a_name_and_its_values_in_words(demo: Report) -> None:
    drawn = charts(to_html(demo))
    assert len(drawn) > 12
    for chart in drawn:
        assert chart.get("role") == "img"
        assert chart.get("viewBox", "").startswith("0 0 ")
        assert chart[0].tag == f"{SVG}title"
        assert chart[0].text
        assert chart[1].tag == f"{SVG}desc"
        assert re.search(r"\d", chart[1].text or "")


def test_anchors_of_the_contents_lead_somewhere(demo: Report) -> None:
    attributes = parsed(to_html(demo)).attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {f"#{each}" for each in ids} >= {value for name, value in attributes if name == "href"}


def test_a_customer_s_markup_is_text_wherever_it_stands() -> None:
    html = to_html(everywhere(EVIL))
    page = parsed(html)
    assert not page.seen & {"script", "img"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "<script" not in html
    assert len(charts(html)) == 16
    assert page.text.count("""<script>alert("1' & 2")</script>""") > 20


@pytest.mark.parametrize(
    "value", ["\x00\x08\x1b", "\ud800", "￾", "a\r\n\tb", "\u202eabc", "{{ 7 * 7 }}", "{count}", ""]
)
def test_odd_characters_leave_the_page_readable(value: str) -> None:
    html = to_html(everywhere(value))
    parsed(html)
    assert charts(html)
    assert html.encode()
    assert "\x00" not in html
    assert "49" not in parsed(html).text or "7" not in value


def test_the_same_report_gives_the_same_page(demo: Report) -> None:
    again = replace(demo, sections=list(demo.sections))
    assert to_html(demo) == to_html(again)


def test_a_table_is_cut_and_says_how_much_is_missing() -> None:
    html = one(TableBlock(["id"], [[str(row)] for row in range(1_500)]))
    assert html.count("<td") == 200
    assert "and 1,300 more rows" in html
    assert "另有 1,300 行未显示" in one(TableBlock(["id"], [["x"]] * 1_500), language="zh")


def test_columns_figures_bars_and_points_beyond_the_page_are_counted() -> None:
    many = [Item(f"point-{each:03}", each) for each in range(1, 151)]
    assert "and 20 more columns" in one(TableBlock([str(each) for each in range(50)], [[1] * 50]))
    assert "and 110 more" in one(BarChart("b", many))
    assert "and 10 more" in one(Figures([Figure("f", each) for each in range(50)]))
    newest = one(ColumnChart("c", many))
    assert "the last 120 of 150" in newest
    assert "point-150" in newest
    assert "point-030" not in newest


def test_a_page_stays_under_a_megabyte_whatever_the_data() -> None:
    text = "客户<&\"'" * 300
    table = TableBlock([text] * 60, [[text] * 60] * 300, None, text, text)
    block = [
        table,
        HeatMap(text, [text] * 60, [text] * 60, [[1.5] * 60] * 60),
        Text(text),
        BarChart(text, [Item(text, 1, text)] * 99),
    ]
    html = to_html(Report(text, text, "zh", [Section(text, text, block * 30)] * 80, {"as_of": text}))
    assert len(html.encode()) <= 1_000_000
    assert "更" not in html
    assert "节未显示" in html
    parsed(html)


def test_a_large_table_costs_rows_before_it_costs_sections() -> None:
    table = TableBlock([f"column {each}" for each in range(20)], [["value"] * 20] * 400)
    html = to_html(Report("r", sections=[Section(f"section {each}", "", [table]) for each in range(30)]))
    assert len(html.encode()) <= 1_000_000
    assert "section 29" in html
    assert "more rows" in html


def test_cells_show_numbers_shares_badges_and_what_is_missing() -> None:
    cells = [1234567, 1234.5, Quantity(0.12345, "%"), Badge("fail", "bad"), None, True]
    english = parsed(one(TableBlock(["x"], [[cell] for cell in cells]))).text
    assert all(text in english for text in ("1,234,567", "1,234.50", "12.3%", "fail", "–", "yes"))
    chinese = parsed(one(TableBlock(["x"], [[cell] for cell in cells]), language="zh")).text
    assert all(text in chinese for text in ("12.3%", "未通过", "是"))


def test_columns_of_numbers_stand_right_and_alignments_are_the_caller_s_to_choose() -> None:
    rows = [["007", 7], ["008", None]]
    assert one(TableBlock(["id", "n"], rows)).count('class="right"') == 3
    assert one(TableBlock(["id", "n"], rows, ["right", "center"])).count('class="right"') == 3


def test_rows_of_the_wrong_length_neither_fail_nor_shift_the_table() -> None:
    html = one(TableBlock(["a", "b"], [["1"], ["1", "2", "3"], []]))
    assert html.count("<td") == 6


def test_an_empty_report_says_so() -> None:
    assert "This report is empty." in to_html(Report("r"))
    assert "本报告没有内容。" in to_html(Report("r", language="zh-CN"))
    assert "No data" in one(TableBlock(["a"], []))


def test_the_page_names_its_language_and_as_of_date(demo: Report) -> None:
    html = to_html(demo)
    chinese = demo.language == "zh"
    assert f'<html lang="{"zh-CN" if chinese else "en"}">' in html
    assert ("数据截至" if chinese else "As of") in html
    assert "2025-06-30" in html


def test_every_text_of_the_report_is_on_the_page(demo: Report) -> None:
    shown = parsed(to_html(demo)).text
    assert [text for text in _texts(demo.sections) if text not in shown] == []


def _texts(value: object) -> list[str]:
    if isinstance(value, Badge):
        return []
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts(each)]
    if is_dataclass(value):
        # Tones, units and alignments steer; they are not texts.
        steering = {"tone", "unit", "alignments"}
        return [
            text for each in fields(value) if each.name not in steering for text in _texts(getattr(value, each.name))
        ]
    return [value] if isinstance(value, str) else []


def test_a_template_of_one_s_own_extends_the_page(tmp_path, demo: Report) -> None:
    template = tmp_path / "ours.html.jinja"
    template.write_text(
        '{% extends "page.html.jinja" %}{% block style %}h1 { color: teal }{% endblock %}'
        "{% block footer %}<footer>Ours & {{ page.title }}</footer>{% endblock %}",
        encoding="utf-8",
    )
    html = to_html(replace(demo, title="<b>"), template)
    assert "h1 { color: teal }" in html
    assert "<footer>Ours & &lt;b&gt;</footer>" in html


@pytest.mark.parametrize(
    "body",
    ["{% if %}", "{{ nothing_of_that_name }}", "{{ 1 / 0 }}", "{{ ''.__class__.__mro__ }}", '{% include "absent" %}'],
)
def test_a_wrong_template_is_named_with_its_line(tmp_path, body: str) -> None:
    template = tmp_path / "ours.html.jinja"
    template.write_text(f"<p>\n{body}", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        to_html(Report("r"), template)
    assert str(caught.value).startswith(f"{template}:2: the template fails: ")


def test_an_absent_template_cannot_be_read(tmp_path) -> None:
    with pytest.raises(FileError, match="cannot read"):
        to_html(Report("r"), tmp_path / "absent.jinja")


def test_a_shuffled_meta_keeps_the_caller_s_order() -> None:
    names = [f"key{each}" for each in range(8)]
    random.Random(3).shuffle(names)  # noqa: S311 - an order, not a secret
    html = to_html(Report("r", meta=dict.fromkeys(names, "x")))
    assert re.findall(r"<dt>(\w+)</dt>", html) == names
