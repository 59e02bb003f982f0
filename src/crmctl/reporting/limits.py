"""How much of its data a page shows, and what it says about the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from crmctl.reporting.model import ColumnChart, Item, StackedBar, StackedRow
from crmctl.reporting.numbers import finite, number
from crmctl.reporting.words import Words

Element = TypeVar("Element")
PALETTE = 8
# A page shows fewer rows before it drops a section.
_FLOOR = {"rows": 5, "columns": 8, "items": 8, "points": 24, "grid": 8, "letters": 60, "prose": 500}


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each thing on a page; ``letters`` of a cell or label and ``prose`` of a paragraph, in columns."""

    sections: int = 60
    blocks: int = 60
    rows: int = 200
    columns: int = 30
    items: int = 40
    points: int = 120
    grid: int = 25
    letters: int = 240
    prose: int = 6_000

    def smaller(self) -> Limits:
        """Half the detail, down to a floor; below it half of everything, and never less than one of it."""
        detail = {name: min(self._of(name), max(self._of(name) // 2, least)) for name, least in _FLOOR.items()}
        less = replace(self, **detail)
        return (
            less if less != self else Limits(**{each.name: max(self._of(each.name) // 2, 1) for each in fields(self)})
        )

    def _of(self, name: str) -> int:
        return int(getattr(self, name))


def cut(things: Sequence[Element], limit: int, word: str, words: Words) -> tuple[Sequence[Element], str]:
    """The first things, and what to say of the rest (empty where there is none)."""
    left = len(things) - limit
    return (things[:limit], words(word, count=number(left, "", words))) if left > 0 else (things, "")


def cut_points(chart: ColumnChart, limit: int, words: Words) -> tuple[Sequence[Item], str]:
    """The last points of a series: in time, the newest tell most."""
    count = len(chart.items)
    if count <= limit:
        return chart.items, ""
    return chart.items[-limit:], words("last_points", shown=limit, count=number(count, "", words))


def fold(chart: StackedBar, limit: int, words: Words) -> StackedBar:
    """The chart with at most ``limit`` bars, and the parts beyond the palette added up as one."""
    parts, kept = list(chart.parts), len(chart.parts)
    if len(parts) > PALETTE:
        kept = PALETTE - 1
        parts = [*parts[:kept], words("other")]
    rows = []
    for row in chart.rows[:limit]:
        values = _padded(row, len(chart.parts))
        rest = [_total(values[kept:])] if len(parts) > kept else []
        rows.append(StackedRow(row.label, [*values[:kept], *rest]))
    return StackedBar(chart.title, parts, rows, chart.unit, chart.note)


def shares(values: Sequence[float | None]) -> list[float]:
    """Each value's share of the whole; what is missing or negative has none."""
    known = [max(value or 0.0, 0.0) for value in values]
    total = math.fsum(known)
    return [value / total if total > 0 else 0.0 for value in known]


def _padded(row: StackedRow, count: int) -> list[float | None]:
    values = [finite(value) for value in row.values[:count]]
    return values + [None] * (count - len(values))


def _total(values: Sequence[float | None]) -> float:
    return math.fsum(max(value or 0.0, 0.0) for value in values)
