"""A grid of values shaded by size: the RFM grid, a cohort's retention, findings by field and reason."""

from __future__ import annotations

from dataclasses import dataclass

from crmctl.reporting import svg
from crmctl.reporting.charts.scale import Scale
from crmctl.reporting.charts.summary import empty
from crmctl.reporting.model import HeatMap, Number
from crmctl.reporting.numbers import compact, finite, number
from crmctl.reporting.svg import SMALL, Svg
from crmctl.reporting.text import one_line
from crmctl.reporting.words import Words

LEVELS = 7
_HEIGHT, _LEAST, _MOST, _GAP, _KEY = 40.0, 46.0, 120.0, 2.0, 34.0


def heat_map(chart: HeatMap, width: float, words: Words) -> Svg:
    """The grid, a value in each cell; grids of many columns grow wider than asked, to stay readable."""
    if not chart.rows or not chart.columns:
        return empty(chart.title, width, words)
    values = [_row(chart, index) for index in range(len(chart.rows))]
    scale = Scale.of([finite(value) for row in values for value in row])
    widest = max(svg.text_width(one_line(name), SMALL) for name in (*chart.rows, chart.row_title))
    left = min(widest, width * 0.3) + 10
    cell = min(max((width - left) / len(chart.columns), _LEAST), _MOST)
    grid = _Grid(chart, values, scale, left, 44.0 if chart.column_title else 24.0, cell, words)
    total = max(left + cell * len(chart.columns), width)
    bottom = grid.top + len(values) * _HEIGHT
    return svg.canvas(
        total, bottom + _KEY, chart.title, grid.said(),
        *grid.titles(), *grid.column_names(), *grid.row_names(), *grid.cells(), grid.key(bottom + 12),
        least=total * 0.8 if total > width else 0,
    )  # fmt: skip


def _row(chart: HeatMap, index: int) -> list[Number | None]:
    row = list(chart.values[index]) if index < len(chart.values) else []
    return (row + [None] * len(chart.columns))[: len(chart.columns)]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the cells begin, how broad one is, and everything drawn there."""

    chart: HeatMap
    values: list[list[Number | None]]
    scale: Scale
    left: float
    top: float
    cell: float
    words: Words

    def titles(self) -> list[Svg]:
        room = self.cell * len(self.chart.columns)
        across, down = self.chart.column_title, self.chart.row_title
        texts = [
            svg.label(self.left + room / 2, SMALL, svg.fit(across, room, SMALL), "axis-name", "middle"),
            svg.label(self.left - 10, self.top - 8, svg.fit(down, self.left - 10, SMALL), "axis-name", "end"),
        ]
        return [text for text, title in zip(texts, (across, down), strict=True) if title]

    def column_names(self) -> list[Svg]:
        made = []
        for index, name in enumerate(self.chart.columns):
            x = self.left + (index + 0.5) * self.cell
            shown = svg.label(x, self.top - 8, svg.fit(name, self.cell - 4, SMALL), "note", "middle")
            made.append(svg.group(shown, title=one_line(name)))
        return made

    def row_names(self) -> list[Svg]:
        made = []
        for index, name in enumerate(self.chart.rows):
            y = self.top + (index + 0.5) * _HEIGHT + SMALL * 0.3
            shown = svg.label(self.left - 10, y, svg.fit(name, self.left - 10, SMALL), "note", "end")
            made.append(svg.group(shown, title=one_line(name)))
        return made

    def cells(self) -> list[Svg]:
        places = ((row, column) for row in range(len(self.values)) for column in range(len(self.chart.columns)))
        return [self._cell(row, column) for row, column in places]

    def _cell(self, row: int, column: int) -> Svg:
        value = self.values[row][column]
        x, y = self.left + column * self.cell, self.top + row * _HEIGHT
        exact = number(value, self.chart.unit, self.words)
        short = svg.fit(compact(value, self.chart.unit, self.words), self.cell - 2, SMALL)
        text = exact if svg.text_width(exact, SMALL) <= self.cell - 6 else short
        known = finite(value)
        shade = "none" if known is None else str(min(int(self.scale.at(known) * LEVELS), LEVELS - 1))
        names = f"{one_line(self.chart.rows[row])} × {one_line(self.chart.columns[column])}"
        middle = y + _HEIGHT / 2 + SMALL * 0.3
        return svg.group(
            svg.rectangle(x, y, self.cell - _GAP, _HEIGHT - _GAP, f"heat{shade}"),
            svg.label(x + (self.cell - _GAP) / 2, middle, text, f"heat-ink{shade}", "middle"),
            title=f"{names}{self.words('colon')}{exact}",
        )

    def key(self, y: float) -> Svg:
        low, high = (compact(end, self.chart.unit, self.words) for end in (self.scale.low, self.scale.high))
        start = self.left + svg.text_width(low, SMALL) + 6
        swatches = (svg.rectangle(start + level * 18, y, 16, 12, f"heat{level}", radius=2) for level in range(LEVELS))
        return svg.group(
            svg.label(self.left, y + 10, low, "note"),
            *swatches,
            svg.label(start + LEVELS * 18 + 4, y + 10, high, "note"),
            title=f"{self.words('low')} – {self.words('high')}",
        )

    def said(self) -> str:
        lines = []
        for name, row in zip(self.chart.rows, self.values, strict=True):
            cells = (
                f"{one_line(column)} {number(value, self.chart.unit, self.words)}"
                for column, value in zip(self.chart.columns, row, strict=True)
            )
            lines.append(f"{one_line(name)}{self.words('colon')}{self.words('list_separator').join(cells)}")
        return "\n".join(lines)
