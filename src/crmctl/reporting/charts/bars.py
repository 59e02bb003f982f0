"""Horizontal bars, and the funnel that is made of them."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.reporting import svg
from crmctl.reporting.charts.scale import Scale
from crmctl.reporting.charts.summary import empty, summary
from crmctl.reporting.model import BarChart, Funnel, Item
from crmctl.reporting.numbers import finite, number, percent
from crmctl.reporting.svg import FONT, SMALL, Svg
from crmctl.reporting.text import one_line
from crmctl.reporting.words import Words

_GAP, _ROW, _BAR = 10.0, 30.0, 18.0
_STACKED_ROW, _STACKED_BAR = 42.0, 12.0
_NARROW = 600.0


def bar_chart(chart: BarChart, width: float, words: Words) -> Svg:
    """The chart: labels beside the bars, above them where the width is below 600 px."""
    if not chart.items:
        return empty(chart.title, width, words)
    values = [finite(item.value) for item in chart.items]
    scale = Scale.of(values, whole=chart.unit == "%")
    texts = [_Texts(item, chart.unit, words) for item in chart.items]
    draw = _above if width < _NARROW else _beside
    rows, height = draw(texts, values, scale, width)
    return svg.canvas(width, height, chart.title, summary(chart.items, chart.unit, words), *rows)


def funnel(chart: Funnel, width: float, words: Words) -> Svg:
    """Bars whose notes tell how many of the stage before came this far."""
    return bar_chart(BarChart(chart.title, funnel_items(chart, words), chart.unit), width, words)


def funnel_items(chart: Funnel, words: Words) -> list[Item]:
    """The stages, each with its share of the one before in the note."""
    items: list[Item] = []
    before: float | None = None
    for item in chart.items:
        value = finite(item.value)
        kept = words("of_previous", share=percent(value / before)) if before and value is not None else ""
        items.append(Item(item.label, item.value, " · ".join(part for part in (kept, item.note) if part)))
        before = value
    return items


class _Texts:
    """What is written at one bar."""

    def __init__(self, item: Item, unit: str, words: Words) -> None:
        self.label, self.note = one_line(item.label), one_line(item.note)
        self.value = number(item.value, unit, words)
        self.whole = f"{self.label}{words('colon')}{self.value}" + (f" · {self.note}" if self.note else "")

    def value_width(self) -> float:
        return svg.text_width(self.value)

    def note_width(self) -> float:
        return svg.text_width(self.note, SMALL) + 8 if self.note else 0.0

    def written(self, x: float, y: float, anchor: str, room: float) -> Svg:
        """The value and, as far as there is room, the note."""
        note = svg.fit(self.note, room - self.value_width() - 8, SMALL) if self.note else ""
        return svg.element(
            "text",
            svg.element("tspan", self.value, class_="value"),
            svg.element("tspan", note, class_="note", dx=8) if note else None,
            x=x, y=y, text_anchor=anchor,
        )  # fmt: skip


def _beside(
    texts: Sequence[_Texts], values: Sequence[float | None], scale: Scale, width: float
) -> tuple[list[Svg], float]:
    left = min(max(svg.text_width(each.label) for each in texts), width * 0.3) + _GAP
    right = min(max(each.value_width() + each.note_width() for each in texts), width * 0.35) + _GAP
    plot = width - left - right
    zero = left + scale.zero * plot
    rows = [svg.line(zero, 0, zero, _ROW * len(texts), "axis")]
    for index, (each, value) in enumerate(zip(texts, values, strict=True)):
        top = index * _ROW
        start, length = scale.span(value, left, plot)
        middle = top + _ROW / 2 + FONT * 0.36
        rows.append(
            svg.group(
                svg.label(left - _GAP, middle, svg.fit(each.label, left - _GAP), anchor="end"),
                svg.rectangle(start, top + (_ROW - _BAR) / 2, length, _BAR, _tone(value)),
                each.written(max(start + length, zero) + 8, middle, "start", right - 8),
                title=each.whole,
            )
        )
    return rows, _ROW * len(texts)


def _above(
    texts: Sequence[_Texts], values: Sequence[float | None], scale: Scale, width: float
) -> tuple[list[Svg], float]:
    rows = []
    zero = scale.zero * width
    for index, (each, value) in enumerate(zip(texts, values, strict=True)):
        top = index * _STACKED_ROW
        start, length = scale.span(value, 0, width)
        room = min(each.value_width() + each.note_width(), width * 0.6)
        rows.append(
            svg.group(
                svg.label(0, top + FONT, svg.fit(each.label, width - room - _GAP)),
                each.written(width, top + FONT, "end", room),
                svg.rectangle(0, top + 20, width, _STACKED_BAR, "track"),
                svg.rectangle(start, top + 20, length, _STACKED_BAR, _tone(value)),
                svg.line(zero, top + 18, zero, top + 22 + _STACKED_BAR, "axis") if zero > 0 else None,
                title=each.whole,
            )
        )
    return rows, _STACKED_ROW * len(texts) - 8


def _tone(value: float | None) -> str:
    return "below" if value is not None and value < 0 else "bar"
