"""The drawings: what they say, and that no data can break them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.reporting import (
    BarChart,
    Chart,
    ColumnChart,
    Funnel,
    HeatMap,
    Item,
    Report,
    Section,
    StackedBar,
    StackedRow,
    to_html,
)

NAME = "{http://www.w3.org/2000/svg}"
ODD = [0, -5, 1e-320, 1e308, 10**400, math.inf, -math.inf, math.nan, None, Decimal("NaN"), Decimal("0.1"), 0.3]


def drawn(chart: Chart, language: str = "en") -> list[Xml.Element]:
    """The chart as the page holds it: narrow, then wide."""
    html = to_html(Report("r", language=language, sections=[Section("s", "", [chart])]))
    return [Xml.fromstring(each) for each in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]  # noqa: S314 - our own page


def texts(svg: Xml.Element) -> list[str]:
    return ["".join(each.itertext()) for each in svg.iter(f"{NAME}text")]


def lengths(svg: Xml.Element, kind: str, side: str = "width") -> list[float]:
    return [float(each.get(side, "nan")) for each in svg.iter(f"{NAME}rect") if each.get("class") == kind]


def assert_finite_and_inside(svg: Xml.Element) -> None:
    width, height = map(float, svg.get("viewBox", "").split()[2:])
    for shape in svg.iter(f"{NAME}rect"):
        x, y, across, down = (float(shape.get(name, "nan")) for name in ("x", "y", "width", "height"))
        # The least length of a bar may reach over the edge by that much.
        assert -1.6 <= x <= x + across <= width + 1.6
        assert -1.6 <= y <= y + down <= height + 1.6


def all_kinds(values: list[object]) -> list[Chart]:
    items = [Item(f"第{index}项 item", value) for index, value in enumerate(values)]  # type: ignore[arg-type]  # odd on purpose
    names = [item.label for item in items]
    return [
        BarChart("t", items), BarChart("t", items, "%"), ColumnChart("t", items), Funnel("t", items),
        StackedBar("t", names, [StackedRow("a", values), StackedRow("b", values[:1])]),  # type: ignore[arg-type]  # likewise
        HeatMap("t", names, names, [values] * len(values)),  # type: ignore[list-item]  # likewise
    ]  # fmt: skip


@pytest.mark.parametrize("values", [[], [5], [0], [0, 0], [-3], [-3, -1], [None], [None, None], ODD], ids=str)
def test_no_data_breaks_a_drawing(values: list[object]) -> None:
    for chart in all_kinds(values):
        for svg in drawn(chart):
            assert_finite_and_inside(svg)
            assert not {"nan", "inf"} & {value for each in svg.iter() for value in each.attrib.values()}


@given(st.lists(st.none() | st.floats() | st.integers() | st.decimals(), max_size=12))
@settings(max_examples=20, deadline=None)
def test_any_numbers_stay_inside_the_drawing(values: list[object]) -> None:
    for chart in all_kinds(values):
        assert all(assert_finite_and_inside(svg) is None for svg in drawn(chart))


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_label_gives_a_drawing_that_parses(label: str) -> None:
    items = [Item(label, 1, label)]
    for chart in (BarChart(label, items, label), ColumnChart(label, items), HeatMap(label, [label], [label], [[1]])):
        assert len(drawn(chart)) == 2


def test_an_empty_chart_says_that_there_are_no_data() -> None:
    assert texts(drawn(BarChart("t", []))[0]) == ["No data"]
    assert texts(drawn(HeatMap("t", [], [], []), "zh")[0]) == ["暂无数据"]


def test_bars_are_as_long_as_their_values() -> None:
    narrow, wide = drawn(BarChart("t", [Item("a", 400), Item("b", 100), Item("c", 0)]))
    for svg in (narrow, wide):
        longest, quarter, none = lengths(svg, "bar")
        assert quarter == pytest.approx(longest / 4, abs=0.02)
        assert none == 0


def test_negative_bars_reach_the_other_way_and_show_their_sign() -> None:
    narrow, wide = drawn(BarChart("t", [Item("up", 2), Item("down", -1)]))
    for svg in (narrow, wide):
        assert lengths(svg, "below")[0] == pytest.approx(lengths(svg, "bar")[0] / 2, abs=0.02)
        assert any("-1" in text for text in texts(svg))


def test_a_tiny_share_is_still_to_be_seen() -> None:
    svg = drawn(BarChart("t", [Item("all", 1_000_000), Item("few", 1)]))[0]
    assert lengths(svg, "bar")[1] == 1.5


def test_shares_of_a_half_and_more_are_drawn_against_the_whole() -> None:
    narrow, _ = drawn(BarChart("t", [Item("a", 0.75)], "%"))
    assert lengths(narrow, "bar") == [300]


def test_columns_stand_on_round_ticks() -> None:
    svg = drawn(ColumnChart("t", [Item("a", 3), Item("b", 1), Item("c", 2)]))[0]
    assert texts(svg)[:4] == ["0", "1", "2", "3"]
    highest, third, _ = lengths(svg, "bar", "height")
    assert third == pytest.approx(highest / 3, abs=0.02)


def test_a_value_stands_on_each_column_where_there_is_room_else_on_the_largest() -> None:
    few = drawn(ColumnChart("t", [Item("a", 1234), Item("b", 5678)]))[0]
    assert {"1,234", "5,678"} <= set(texts(few))
    many = drawn(ColumnChart("t", [Item(str(each), 123_400 + each) for each in range(60)]))[0]
    assert [text for text in texts(many) if text.startswith("123,4")] == ["123,459"]


def test_a_long_chinese_label_is_cut_and_whole_in_the_title() -> None:
    name = "上海浦东新区张江高科技园区某某信息技术服务有限公司" * 2
    for svg in drawn(BarChart("t", [Item(name, 5)])):
        (shown,) = [text for text in texts(svg) if text.startswith("上海")]
        assert shown.endswith("…")
        assert len(shown) < len(name)
        assert any((title.text or "").startswith(name) for title in svg.iter(f"{NAME}title"))


def test_a_stacked_bar_shows_each_share_in_its_legend() -> None:
    svg = drawn(StackedBar("t", ["big", "small"], [StackedRow("", [995, 5])]))[0]
    assert {"big", "small", "995", "5", "99.5%", "0.5%"} <= set(texts(svg))


def test_parts_beyond_the_palette_are_added_up() -> None:
    chart = StackedBar("t", [f"part {each}" for each in range(12)], [StackedRow("", [10] * 12)])
    assert {"Other", "50"} <= set(texts(drawn(chart)[0]))
    assert "其他" in texts(drawn(chart, "zh")[0])
    assert "part 7" not in texts(drawn(chart)[0])


def test_a_negative_part_takes_no_room_and_keeps_its_number() -> None:
    svg = drawn(StackedBar("t", ["paid", "refunded"], [StackedRow("", [100, -20])], "¥"))[0]
    assert {"¥100", "100.0%", "-¥20", "0.0%"} <= set(texts(svg))


def test_a_heat_map_shades_by_size_and_marks_what_is_missing() -> None:
    svg = drawn(HeatMap("t", ["R1", "R2"], ["F1", "F2"], [[0, 100], [50, None]]))[0]
    shades = [each.get("class") for each in svg.iter(f"{NAME}rect")][:4]
    assert shades == ["heat0", "heat6", "heat3", "heatnone"]
    assert {"R1", "F2", "100", "50", "–"} <= set(texts(svg))


def test_a_heat_map_of_many_columns_grows_wider_instead_of_unreadable() -> None:
    months = [str(each) for each in range(24)]
    svg = drawn(HeatMap("t", ["2024-01"], months, [[0.5] * 24], unit="%"))[0]
    assert float(svg.get("viewBox", "").split()[2]) > 1_000
    assert texts(svg).count("50.0%") == 24
    assert (svg.get("style") or "").startswith("min-width:")


def test_each_stage_of_a_funnel_tells_what_came_from_the_one_before() -> None:
    svg = drawn(Funnel("t", [Item("seen", 200), Item("bought", 50, "net")]))[1]
    assert any("25.0% of previous · net" in text for text in texts(svg))


def test_the_description_holds_every_value() -> None:
    svg = drawn(BarChart("t", [Item("shop-a", 12345, "45.0%"), Item("erp", None)]))[0]
    assert svg[1].text == "shop-a: 12,345 (45.0%); erp: –"
