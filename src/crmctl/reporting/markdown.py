"""The report as GitHub-flavoured Markdown: charts become tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crmctl.reporting.charts import funnel_items
from crmctl.reporting.limits import Limits, cut, shares
from crmctl.reporting.model import (
    Alignment,
    BarChart,
    Block,
    Cell,
    ColumnChart,
    Figure,
    Figures,
    Funnel,
    HeatMap,
    Item,
    Quantity,
    Report,
    StackedBar,
    TableBlock,
    Text,
)
from crmctl.reporting.numbers import finite, number, show
from crmctl.reporting.text import one_line, truncate
from crmctl.reporting.view import alignments
from crmctl.reporting.words import Words, words

# Whatever could start a link, an image, emphasis, code, mathematics, a table cell, an HTML tag or an entity.
_SPECIAL = re.compile(r"([\\`*\[\]<|~&#$]|(?<!\w)_|_(?!\w))")
_LINK = re.compile(r"(?i)(https?|ftp)://|www\.")
_BULLET = re.compile(r"^(\d+)([.)])(?=\s|$)|^([-+](?=[-+\s]|$)|>)")
_RULES: dict[Alignment, str] = {"left": ":--", "right": "--:", "center": ":-:"}
_MARKS = {"neutral": "", "good": " ✓", "warn": " ⚠", "bad": " ✕"}


def to_markdown(report: Report) -> str:
    """The report as Markdown, its values escaped; tables of more than 200 rows are cut and say so."""
    said = words(report.language)
    lines = [f"# {_escape(report.title)}"]
    if report.subtitle:
        lines += ["", _escape(report.subtitle)]
    if report.meta:
        pairs = ((said.known("meta", key), show(value, said)) for key, value in report.meta.items())
        lines += ["", " · ".join(f"{_escape(key)}{said('colon')}**{_escape(value)}**" for key, value in pairs)]
    for section in report.sections:
        lines += ["", f"## {_escape(section.title)}"]
        if section.note:
            lines += ["", _escape(section.note)]
        for block in section.blocks:
            lines += ["", *_block(block, said)]
    if not report.sections:
        lines += ["", said("no_sections")]
    return "\n".join(lines) + "\n"


def _block(block: Block, said: Words) -> list[str]:
    match block:
        case Text(paragraph):
            return [_escape(paragraph)]
        case Figures(items):
            return [_figure(item, said) for item in items]
        case _:
            return _table(block if isinstance(block, TableBlock) else _as_table(block, said), said)


def _figure(item: Figure, said: Words) -> str:
    value = item.value
    text = value if isinstance(value, str) else number(value, item.unit, said)
    note = f"{said('open_note')}{_escape(item.note)}{said('close_note')}" if item.note else ""
    return f"- {_escape(item.label)}{said('colon')}**{_escape(text)}**{_MARKS[item.tone]}{note}"


def _as_table(chart: BarChart | ColumnChart | Funnel | StackedBar | HeatMap, said: Words) -> TableBlock:
    match chart:
        case HeatMap():
            corner = " \\ ".join(part for part in (chart.row_title, chart.column_title) if part)
            cells: list[list[Cell]] = [
                [name, *(Quantity(value, chart.unit) for value in values)]
                for name, values in zip(chart.rows, chart.values, strict=False)
            ]
            return TableBlock([corner, *chart.columns], cells, note=chart.note, title=chart.title)
        case StackedBar():
            return _stacked(chart, said)
        case Funnel():
            return _items(BarChart(chart.title, funnel_items(chart, said), chart.unit, chart.note), said)
        case _:
            return _items(chart, said)


def _items(chart: BarChart | ColumnChart, said: Words) -> TableBlock:
    noted = any(item.note for item in chart.items)
    columns = [said("label"), said("value"), *([said("note")] if noted else [])]
    rows: list[list[Cell]] = [_item(item, chart.unit, noted) for item in chart.items]
    return TableBlock(columns, rows, ["left", "right"], chart.note, chart.title)


def _item(item: Item, unit: str, noted: bool) -> list[Cell]:
    return [item.label, Quantity(item.value, unit), *([item.note] if noted else [])]


def _stacked(chart: StackedBar, said: Words) -> TableBlock:
    columns, rows = [said("label")], [[part] for part in chart.parts]
    cells: list[list[Cell]] = [list(row) for row in rows]
    for row in chart.rows:
        name = row.label or said("value")
        columns += [name, f"{row.label} {said('share')}".strip()]
        parts = shares([finite(value) for value in row.values])
        for index in range(len(cells)):
            has = index < len(row.values)
            cells[index] += [
                Quantity(row.values[index] if has else None, chart.unit), Quantity(parts[index] if has else None, "%")
            ]  # fmt: skip
    return TableBlock(columns, cells, None, chart.note, chart.title)


def _table(table: TableBlock, said: Words) -> list[str]:
    title = [f"### {_escape(table.title)}", ""] if table.title else []
    note = [_escape(table.note), ""] if table.note else []
    limits = Limits()
    rows, more = cut(table.rows, limits.rows, "more_rows", said)
    if not rows or not table.columns:
        return [*title, *note, said("no_data")]
    lines = [_line(table.columns), _line_of_rules(alignments(table))]
    lines += [_line([_cell(cell, limits, said) for cell in _padded(row, len(table.columns))], raw=True) for row in rows]
    return [*title, *note, *lines, *(["", more] if more else [])]


def _padded(row: Sequence[Cell], count: int) -> list[Cell]:
    return [*row[:count], *[None] * (count - len(row))]


def _cell(cell: Cell, limits: Limits, said: Words) -> str:
    tone = getattr(cell, "tone", "neutral")
    return _escape(truncate(show(cell, said), limits.letters)) + _MARKS[tone]


def _line(cells: Sequence[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(cell if raw else _escape(cell) for cell in cells) + " |"


def _line_of_rules(aligned: Sequence[Alignment]) -> str:
    return "| " + " | ".join(_RULES[each] for each in aligned) + " |"


def _escape(text: str) -> str:
    """The text on one line, meaning nothing but itself."""
    escaped = _SPECIAL.sub(r"\\\1", one_line(text))
    escaped = _LINK.sub(lambda found: found.group().replace(":", "\\:").replace(".", "\\."), escaped)
    return _BULLET.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3]}", escaped)
