"""Shares of a whole as stacked bars of equal length, with a legend that carries the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.reporting import svg
from crmctl.reporting.charts.summary import empty
from crmctl.reporting.limits import shares
from crmctl.reporting.model import StackedBar, StackedRow
from crmctl.reporting.numbers import finite, number, percent
from crmctl.reporting.svg import FONT, SMALL, Svg
from crmctl.reporting.text import one_line
from crmctl.reporting.words import Words

_BAR, _ROW_GAP, _LEGEND_ROW, _SWATCH, _CELL = 28.0, 14.0, 24.0, 12.0, 84.0


def stacked_bar(chart: StackedBar, width: float, words: Words) -> Svg:
    """The chart; at most eight parts have a colour of their own (see `limits.fold`)."""
    if not chart.parts or not chart.rows:
        return empty(chart.title, width, words)
    drawn: list[Svg] = []
    y = 0.0
    for row in chart.rows:
        if row.label:
            drawn.append(svg.label(0, y + FONT, svg.fit(row.label, width)))
            y += FONT + 8
        drawn.append(_bar(chart, row, y, width, words))
        y += _BAR + _ROW_GAP
    y += 4
    legend, height = _legend(chart, y, width, words)
    return svg.canvas(width, y + height, chart.title, _said(chart, words), *drawn, *legend)


def _bar(chart: StackedBar, row: StackedRow, y: float, width: float, words: Words) -> Svg:
    pieces: list[Svg] = [svg.rectangle(0, y, width, _BAR, "track", radius=4)]
    x = 0.0
    for index, (part, value, share) in enumerate(zip(chart.parts, row.values, _shares(row), strict=True)):
        length = share * width
        if length > 0:
            # One pixel between neighbours tells them apart without their colours.
            body = svg.rectangle(x, y, max(length - 1, 0.6), _BAR, f"part{index + 1}", radius=2)
            text = _written(one_line(part), share, length - 8)
            middle = y + _BAR / 2 + SMALL * 0.36
            inside = svg.label(x + length / 2, middle, text, f"ink{index + 1}", "middle") if text else None
            title = f"{one_line(part)}{words('colon')}{number(value, chart.unit, words)} · {percent(share)}"
            pieces.append(svg.group(body, inside, title=title))
        x += length
    return svg.group(*pieces)


def _written(part: str, share: float, room: float) -> str:
    """What fits into a piece: its name and share, its share, or nothing (the legend has both)."""
    texts = (f"{part} {percent(share)}", percent(share))
    return next((text for text in texts if svg.text_width(text, SMALL) <= room), "")


def _legend(chart: StackedBar, top: float, width: float, words: Words) -> tuple[list[Svg], float]:
    headers, cells = _legend_cells(chart, words)
    name_room = max(svg.text_width(one_line(part)) for part in chart.parts) + _SWATCH + 20
    # Too many bars for a column each: their pieces carry the shares.
    shown = len(headers) if width * 0.3 + len(headers) * _CELL <= width else 0
    name_room = min(name_room, width - shown * _CELL)
    drawn = []
    has_header = any(headers[:shown])
    if has_header:
        for column, header in enumerate(headers[:shown]):
            x = name_room + (column + 1) * _CELL
            drawn.append(svg.label(x, top + FONT, svg.fit(header, _CELL - 8, SMALL), "note", "end"))
        top += _LEGEND_ROW
    for index, part in enumerate(chart.parts):
        y = top + index * _LEGEND_ROW
        texts = [
            svg.label(name_room + (column + 1) * _CELL, y + FONT, svg.fit(text, _CELL - 6), "value", "end")
            for column, text in enumerate(cells[index][:shown])
        ]
        name = svg.fit(part, name_room - _SWATCH - 12)
        drawn.append(
            svg.group(
                svg.rectangle(0, y + 2, _SWATCH, _SWATCH, f"part{index + 1}"),
                svg.label(_SWATCH + 8, y + FONT, name),
                *texts,
                title=one_line(part),
            )
        )
    return drawn, _LEGEND_ROW * (len(chart.parts) + has_header)


def _legend_cells(chart: StackedBar, words: Words) -> tuple[list[str], list[list[str]]]:
    """The legend's columns: value and share of a single bar, else the share in each bar."""
    if len(chart.rows) == 1:
        row = chart.rows[0]
        pairs = zip(row.values, _shares(row), strict=True)
        return ["", ""], [[number(value, chart.unit, words), percent(share)] for value, share in pairs]
    by_row = [[percent(share) for share in _shares(row)] for row in chart.rows]
    return [one_line(row.label) for row in chart.rows], [list(part) for part in zip(*by_row, strict=True)]


def _said(chart: StackedBar, words: Words) -> str:
    sentences = []
    for row in chart.rows:
        parts: Sequence[str] = [
            f"{one_line(part)}{words('colon')}{number(value, chart.unit, words)}"
            f"{words('open_note')}{percent(share)}{words('close_note')}"
            for part, value, share in zip(chart.parts, row.values, _shares(row), strict=True)
        ]
        name = f"{one_line(row.label)}{words('colon')}" if row.label else ""
        sentences.append(name + words("list_separator").join(parts))
    return "\n".join(sentences)


def _shares(row: StackedRow) -> list[float]:
    return shares([finite(value) for value in row.values])
