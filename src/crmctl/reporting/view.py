"""The report as a template sees it: everything already text, charts already drawn, within the page's limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from crmctl.reporting.charts import draw
from crmctl.reporting.limits import Limits, cut, cut_points, fold
from crmctl.reporting.model import (
    Alignment,
    Badge,
    Block,
    Cell,
    Chart,
    ColumnChart,
    Figure,
    Figures,
    HeatMap,
    Quantity,
    Report,
    Section,
    StackedBar,
    TableBlock,
    Text,
    Tone,
)
from crmctl.reporting.numbers import finite, is_number, number, show
from crmctl.reporting.svg import Svg
from crmctl.reporting.text import display_width, one_line, truncate
from crmctl.reporting.words import Words

_WIDE, _COMPACT = 840.0, 400.0
_META = 40
_HALF_NAMES, _HALF_POINTS = 44, 24  # columns of text in a grid's head, and points, that half a page holds


@dataclass(frozen=True, slots=True)
class CellView:
    """A table cell: its text, the whole text where it was cut, a badge's tone, a share's bar in percent."""

    text: str
    whole: str = ""
    tone: Tone | None = None
    bar: float | None = None


@dataclass(frozen=True, slots=True)
class TableView:
    """A table."""

    kind: str
    title: str
    note: str
    columns: Sequence[CellView]
    alignments: Sequence[Alignment]
    rows: Sequence[Sequence[CellView]]
    more: Sequence[str]


@dataclass(frozen=True, slots=True)
class FigureView:
    """A headline number."""

    label: str
    value: str
    note: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart drawn for a narrow place and, where it stands alone, for a wide one."""

    title: str
    note: str
    more: str
    compact: Svg
    wide: Svg | None


@dataclass(frozen=True, slots=True)
class GroupView:
    """Figures or charts that stand together, or one paragraph (``items`` its one text)."""

    kind: str
    items: Sequence[FigureView] | Sequence[ChartView] | Sequence[str]
    tone: Tone = "neutral"
    more: str = ""


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section and its anchor; its blocks are drawn when they are asked for, so that a page too large stops early."""

    anchor: str
    title: str
    note: str
    more: str
    shown: Sequence[Block]
    limits: Limits
    words: Words

    @property
    def blocks(self) -> Iterator[TableView | GroupView]:
        """The blocks as the template needs them."""
        return _blocks(self.shown, self.limits, self.words)


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page."""

    title: str
    subtitle: str
    meta: Sequence[tuple[str, str]]
    sections: Sequence[SectionView]
    more: str


def page(report: Report, limits: Limits, words: Words) -> PageView:
    """The report as a page within limits."""
    sections, more = cut(report.sections, limits.sections, "more_sections", words)
    meta = [
        (words.known("meta", truncate(key, limits.letters)), truncate(show(value, words), limits.letters))
        for key, value in list(report.meta.items())[:_META]
    ]
    return PageView(
        title=truncate(one_line(report.title), limits.letters),
        subtitle=truncate(report.subtitle, limits.prose),
        meta=meta,
        sections=[_section(section, index, limits, words) for index, section in enumerate(sections, 1)],
        more=more,
    )


def alignments(table: TableBlock) -> list[Alignment]:
    """The table's own alignments, else right for columns of nothing but numbers and left for others."""
    given = list(table.alignments or [])[: len(table.columns)]
    return given + [_natural(table, index) for index in range(len(given), len(table.columns))]


def _natural(table: TableBlock, column: int) -> Alignment:
    cells = [row[column] for row in table.rows[: Limits().rows] if column < len(row) and row[column] is not None]
    return "right" if cells and all(is_number(cell) for cell in cells) else "left"


def _section(section: Section, index: int, limits: Limits, words: Words) -> SectionView:
    blocks, more = cut(section.blocks, limits.blocks, "more_blocks", words)
    return SectionView(
        anchor=f"section-{index}",
        title=truncate(one_line(section.title), limits.letters),
        note=truncate(section.note, limits.prose),
        more=more,
        shown=blocks,
        limits=limits,
        words=words,
    )


def _blocks(blocks: Sequence[Block], limits: Limits, words: Words) -> Iterator[TableView | GroupView]:
    for small, run in groupby(blocks, key=_is_small_chart):
        together = list(run)
        while together:
            pair = small and len(together) > 1
            taken, together = together[: 2 if pair else 1], together[2 if pair else 1 :]
            yield _block(taken, limits, words)


def _block(taken: Sequence[Block], limits: Limits, words: Words) -> TableView | GroupView:
    match taken[0]:
        case TableBlock() as table:
            return _table(table, limits, words)
        case Figures(items):
            shown, more = cut(items, limits.items, "more_items", words)
            return GroupView("figures", [_figure(each, limits, words) for each in shown], more=more)
        case Text(paragraph, tone):
            return GroupView("text", [truncate(paragraph, limits.prose)], tone)
        case _:
            charts = [block for block in taken if not isinstance(block, TableBlock | Figures | Text)]
            return GroupView("charts", [_chart(chart, len(charts) == 1, limits, words) for chart in charts])


def _is_small_chart(block: Block) -> bool:
    match block:
        case HeatMap():
            names = max((display_width(truncate(one_line(name), _HALF_NAMES)) for name in block.columns), default=0)
            return len(block.columns) * max(names, 6) <= _HALF_NAMES
        case ColumnChart():
            return len(block.items) <= _HALF_POINTS
        case _:
            return not isinstance(block, TableBlock | Figures | Text)


def _figure(figure: Figure, limits: Limits, words: Words) -> FigureView:
    text = figure.value if isinstance(figure.value, str) else number(figure.value, figure.unit, words)
    return FigureView(
        truncate(one_line(figure.label), limits.letters),
        truncate(one_line(text), limits.letters),
        truncate(one_line(figure.note), limits.letters),
        figure.tone,
    )


def _chart(chart: Chart, alone: bool, limits: Limits, words: Words) -> ChartView:
    more = ""
    match chart:
        case HeatMap():
            rows, more_rows = cut(chart.rows, limits.grid, "more_rows", words)
            columns, more_columns = cut(chart.columns, limits.grid, "more_columns", words)
            more = words("list_separator").join(part for part in (more_rows, more_columns) if part)
            chart = replace(chart, rows=_short(rows, limits), columns=_short(columns, limits))
        case StackedBar():
            _, more = cut(chart.rows, limits.items, "more_items", words)
            folded = fold(chart, limits.items, words)
            rows_ = [replace(row, label=truncate(row.label, limits.letters)) for row in folded.rows]
            chart = replace(folded, parts=_short(folded.parts, limits), rows=rows_)
        case _:
            if isinstance(chart, ColumnChart):
                items, more = cut_points(chart, limits.points, words)
            else:
                items, more = cut(chart.items, limits.items, "more_items", words)
            short = [
                replace(item, label=truncate(item.label, limits.letters), note=truncate(item.note, limits.letters))
                for item in items
            ]
            chart = replace(chart, items=short)
    chart = replace(chart, title=truncate(one_line(chart.title), limits.letters))
    wide = draw(chart, _WIDE, words) if alone else None
    return ChartView(chart.title, truncate(chart.note, limits.prose), more, draw(chart, _COMPACT, words), wide)


def _short(texts: Sequence[str], limits: Limits) -> list[str]:
    return [truncate(text, limits.letters) for text in texts]


def _table(table: TableBlock, limits: Limits, words: Words) -> TableView:
    rows, more_rows = cut(table.rows, limits.rows, "more_rows", words)
    headers, more_columns = cut(table.columns, limits.columns, "more_columns", words)
    return TableView(
        kind="table",
        title=truncate(one_line(table.title), limits.letters),
        note=truncate(table.note, limits.prose),
        columns=[_cell(header, limits, words) for header in headers],
        alignments=alignments(table)[: limits.columns],
        rows=[[_cell(cell, limits, words) for cell in _padded(row, len(headers))] for row in rows],
        more=[part for part in (more_rows, more_columns) if part],
    )


def _padded(row: Sequence[Cell], count: int) -> list[Cell]:
    return [*row[:count], *[None] * (count - len(row))]


def _cell(cell: Cell, limits: Limits, words: Words) -> CellView:
    whole = show(cell, words)
    text = truncate(whole, limits.letters)
    bar = None
    if isinstance(cell, Quantity) and cell.unit == "%":
        share = finite(cell.value)
        bar = None if share is None else round(min(max(share, 0.0), 1.0) * 100, 2)
    # The whole of a very long text would fill the page; four times the cell's limit is what a tooltip can show.
    hover = truncate(whole, limits.letters * 4) if text != whole else ""
    return CellView(text, hover, cell.tone if isinstance(cell, Badge) else None, bar)
