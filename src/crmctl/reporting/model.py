"""What a report consists of: plain values, filled by a caller. How they look is said elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Number = int | float | Decimal
Tone = Literal["neutral", "good", "warn", "bad"]
Alignment = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit; ``%`` means a share between 0 and 1, any other unit is shown as it stands."""

    value: Number | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """A judgement in a table: ``Badge("pass", "good")``; pass, warn, fail, skip, info and error are translated."""

    text: str
    tone: Tone = "neutral"


Cell = str | Number | bool | dt.date | None | Quantity | Badge


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline number. A number is formatted with its unit, text stands as it is."""

    label: str
    value: str | Number | None
    note: str = ""
    tone: Tone = "neutral"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """A row of headline numbers."""

    items: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table. Without alignments, a column of nothing but numbers stands right, any other left."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    alignments: Sequence[Alignment] | None = None
    note: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A labelled value of a chart; None is shown as missing."""

    label: str
    value: Number | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars in the given order."""

    title: str
    items: Sequence[Item]
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Vertical columns in the given order: a time series or a histogram."""

    title: str
    items: Sequence[Item]
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Stages in order, each with its share of the one before."""

    title: str
    items: Sequence[Item]
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class StackedRow:
    """One bar of shares: a value for each part. A negative value takes no room."""

    label: str
    values: Sequence[Number | None]


@dataclass(frozen=True, slots=True)
class StackedBar:
    """Shares of a whole, one bar for each row, each bar as long as the others."""

    title: str
    parts: Sequence[str]
    rows: Sequence[StackedRow]
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A grid of values, ``values[row][column]``; None is an empty cell."""

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[Number | None]]
    row_title: str = ""
    column_title: str = ""
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph of plain text."""

    paragraph: str
    tone: Tone = "neutral"


Chart = BarChart | ColumnChart | Funnel | StackedBar | HeatMap
Block = Figures | TableBlock | Text | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of the report."""

    title: str
    note: str = ""
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Args:
        title: The heading of the page.
        subtitle: One line under it.
        language: ``en`` or ``zh``: the language of the page's own words; all other text is the caller's.
        sections: The parts, in order.
        meta: What the report rests on (``as_of``, ``version``, ``recipe``, ``schema`` …), in order. Nothing that
            changes from run to run over the same input belongs here.
    """

    title: str
    subtitle: str = ""
    language: str = "en"
    sections: Sequence[Section] = ()
    meta: Mapping[str, str | Number] = field(default_factory=dict)
