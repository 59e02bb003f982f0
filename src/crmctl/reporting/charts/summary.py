"""What a chart says in words, for those who do not see it, and the chart of nothing."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.reporting import svg
from crmctl.reporting.model import Item
from crmctl.reporting.numbers import number
from crmctl.reporting.svg import Svg
from crmctl.reporting.text import one_line
from crmctl.reporting.words import Words


def summary(items: Sequence[Item], unit: str, words: Words) -> str:
    """Every item with its value, in one sentence."""
    return words("list_separator").join(
        f"{one_line(item.label)}{words('colon')}{number(item.value, unit, words)}"
        + (f"{words('open_note')}{one_line(item.note)}{words('close_note')}" if item.note else "")
        for item in items
    )


def empty(title: str, width: float, words: Words) -> Svg:
    """The place of a chart without data."""
    said = words("no_data")
    return svg.canvas(
        width, 64, title, said,
        svg.rectangle(0, 0, width, 64, "track", radius=8),
        svg.label(width / 2, 37, said, "note", "middle"),
    )  # fmt: skip
