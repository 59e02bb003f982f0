"""Vertical columns: a time series or a histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass

from crmctl.reporting import svg
from crmctl.reporting.charts.scale import Scale
from crmctl.reporting.charts.summary import empty, summary
from crmctl.reporting.model import ColumnChart, Item
from crmctl.reporting.numbers import compact, finite, number
from crmctl.reporting.svg import SMALL, Svg
from crmctl.reporting.text import one_line
from crmctl.reporting.words import Words

_TOP, _PLOT, _BOTTOM = 20.0, 170.0, 26.0
_WIDEST = 64.0


def column_chart(chart: ColumnChart, width: float, words: Words) -> Svg:
    """The chart, with a value on each column where they fit, else on the largest."""
    if not chart.items:
        return empty(chart.title, width, words)
    values = [finite(item.value) for item in chart.items]
    whole = all(value is None or value == int(value) for value in values)
    ticks = Scale.of(values).ticks(whole_numbers=whole)
    marks = [compact(tick, chart.unit, words) for tick in ticks]
    left = max(svg.text_width(mark, SMALL) for mark in marks) + 8
    plot = _Plot(chart, Scale(ticks[0], ticks[-1]), left, width, words)
    grid = [plot.grid_line(tick, mark) for tick, mark in zip(ticks, marks, strict=True)]
    columns = [plot.column(index, text) for index, text in enumerate(plot.values_that_fit())]
    said = summary(chart.items, chart.unit, words)
    return svg.canvas(width, _TOP + _PLOT + _BOTTOM, chart.title, said, *grid, *columns, *plot.names())


@dataclass(frozen=True, slots=True)
class _Plot:
    """The place of the columns, and everything drawn there."""

    chart: ColumnChart
    scale: Scale
    left: float
    width: float
    words: Words

    @property
    def slot(self) -> float:
        return (self.width - self.left) / len(self.chart.items)

    def grid_line(self, tick: float, mark: str) -> Svg:
        y = self._height_of(tick)
        return svg.group(
            svg.line(self.left, y, self.width, y, "axis" if tick == 0 else "grid"),
            svg.label(self.left - 8, y + SMALL * 0.36, mark, "note", "end"),
        )

    def column(self, index: int, text: str) -> Svg:
        item = self.chart.items[index]
        value = finite(item.value) or 0.0
        x, broad = self.left + index * self.slot, min(self.slot * 0.78, _WIDEST)
        zero, end = self._height_of(0.0), self._height_of(value)
        reach = max(abs(end - zero), 1.5) if value else 0.0
        top, name = (zero, "below") if value < 0 else (zero - reach, "bar")
        text_y = end + SMALL + 1 if value < 0 else end - 5
        return svg.group(
            # The whole slot answers the pointer, not only a column that may be one pixel high.
            svg.rectangle(x, _TOP, self.slot, _PLOT, "hit", radius=0),
            svg.rectangle(x + (self.slot - broad) / 2, top, broad, reach, name, radius=min(3, broad / 4)),
            svg.label(x + self.slot / 2, text_y, text, "value small", "middle") if text else None,
            title=self._title(item),
        )

    def values_that_fit(self) -> list[str]:
        """Each column's value: in full, else in short, else only the largest."""
        given = [item.value for item in self.chart.items]
        full = [number(value, self.chart.unit, self.words) for value in given]
        for texts in (full, [compact(value, self.chart.unit, self.words) for value in given]):
            if max(svg.text_width(text, SMALL) for text in texts) <= self.slot - 2:
                return texts
        known = [finite(value) for value in given]
        largest = max((value for value in known if value is not None), default=None)
        first = known.index(largest)
        return [text if index == first and largest is not None else "" for index, text in enumerate(full)]

    def names(self) -> list[Svg]:
        """The labels under the columns: each k-th of them, so that none runs into the next."""
        labels = [one_line(item.label) for item in self.chart.items]
        widest = min(max(svg.text_width(name, SMALL) for name in labels), 90.0)
        every = max(math.ceil((widest + 6) / self.slot), 1)
        # A dozen labels and fewer are all shown, cut where they have to be, as long as something readable is left.
        if self.slot >= 34 and len(labels) <= 12:
            every = 1
        return [self._name(index, labels[index], self.slot * every - 4) for index in range(0, len(labels), every)]

    def _name(self, index: int, name: str, room: float) -> Svg:
        shown = svg.fit(name, room, SMALL)
        half = svg.text_width(shown, SMALL) / 2
        x = min(max(self.left + (index + 0.5) * self.slot, half), self.width - half)
        return svg.group(svg.label(x, _TOP + _PLOT + 17, shown, "note", "middle"), title=name)

    def _title(self, item: Item) -> str:
        value = number(item.value, self.chart.unit, self.words)
        note = f" · {one_line(item.note)}" if item.note else ""
        return f"{one_line(item.label)}{self.words('colon')}{value}{note}"

    def _height_of(self, value: float) -> float:
        return _TOP + (1 - self.scale.at(value)) * _PLOT
