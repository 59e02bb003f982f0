"""Tables for people: lined up on a terminal whatever the width of the characters, Markdown on request."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click

from crmctl.messages import translate

_GAP = 2
_NARROWEST = 8
_NUMBERS = (int, float, Decimal, type(None))


def cell_text(value: Any) -> str:
    """A value as a table shows it: blanks for missing ones, one line each."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return " ".join(str(value).split())


def show_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], wanted: str | None, *, err: bool = False) -> None:
    """Print rows as a table: Markdown where that is wanted, else lined up for the terminal."""
    text = markdown(headers, rows) if wanted == "md" else aligned(headers, rows, shutil.get_terminal_size().columns)
    click.echo(text, err=err)


def width(text: str) -> int:
    """The terminal cells that a text takes: two for a wide East Asian character, none for a combining mark."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def fitted(text: str, cells: int, *, right: bool = False) -> str:
    """The text in exactly that many cells, cut with an ellipsis where it is too long."""
    if width(text) > cells:
        kept = ""
        for char in text:
            if width(kept + char) > cells - 1:
                break
            kept += char
        text = kept + "…"
    padding = " " * (cells - width(text))
    return padding + text if right else text + padding


def aligned(headers: Sequence[str], rows: Sequence[Sequence[Any]], columns: int) -> str:
    """Rows under their headers within a terminal's width; columns that find no room are named below."""
    texts = [[cell_text(value) for value in row] for row in rows]
    wanted = [max([width(h), *(width(row[i]) for row in texts)]) for i, h in enumerate(headers)]
    shown = len(headers)
    while shown > 1 and sum(min(w, _NARROWEST) + _GAP for w in wanted[:shown]) - _GAP > columns:
        shown -= 1
    widths = _shrunk(wanted[:shown], columns)
    right = [
        bool(rows) and all(isinstance(row[i], (int, float, Decimal, type(None))) for row in rows) for i in range(shown)
    ]
    gap = " " * _GAP
    lines = [gap.join(fitted(h, w, right=r) for h, w, r in zip(headers, widths, right, strict=False)).rstrip()]
    lines.append(gap.join("─" * w for w in widths))
    lines += [
        gap.join(fitted(t, w, right=r) for t, w, r in zip(row, widths, right, strict=False)).rstrip() for row in texts
    ]
    if shown < len(headers):
        lines.append(translate("not shown: {names}; --format csv shows all", names=", ".join(headers[shown:])))
    return "\n".join(lines)


def _shrunk(wanted: Sequence[int], columns: int) -> list[int]:
    """Take the room that is lacking from the widest columns."""
    widths = list(wanted)
    while sum(widths) + _GAP * (len(widths) - 1) > columns and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def markdown(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a Markdown table."""
    lines = [_line(headers), "|" + " --- |" * len(headers)]
    return "\n".join(lines + [_line([cell_text(value) for value in row]) for row in rows])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
