"""Finding the header among the first rows of a table by what the cells hold, whatever format they came from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crmctl.formats.naming import tidy

_WITHIN = 20
_KINDS = (
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("date", re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*")),
    ("number", re.compile(r"[-+]?\d*[.,]\d+|[-+]?\d{5,}|\+?\d[\d\s()-]{6,}")),
)


def find_header(rows: Sequence[Sequence[str]], width: int, asked: bool | None) -> int | None:
    """The index of the header row; the rows above it are titles and instructions.

    Args:
        rows: The first rows; a blank one has no filled cell.
        width: The number of cells that most rows have.
        asked: What the user says: True there is one, False there is none, None find out.

    Returns:
        None where the table has no header: its first row is of a kind with the rows below.
    """
    if asked is False:
        return None
    index = _likeliest(rows)
    if asked is None and _looks_like_body(rows, index, width):
        # What stands above it may be a header with few names rather than an instruction.
        above = [number for number, row in enumerate(rows[:index]) if len(row) >= width and _filled(row) > 1]
        return above[0] if above else None
    return index


def _likeliest(rows: Sequence[Sequence[str]]) -> int:
    """The first row that is not mostly empty when compared with the fullest near it."""
    near = [(index, _filled(row)) for index, row in enumerate(rows[:_WITHIN]) if _filled(row)]
    fullest = max((filled for _, filled in near), default=0)
    return next((index for index, filled in near if filled * 2 >= fullest and (filled > 1 or fullest == 1)), 0)


def _looks_like_body(rows: Sequence[Sequence[str]], index: int, width: int) -> bool:
    """The row has an e-mail, date or number where the rows below have one too."""
    body = [row for row in rows[index + 1 :] if len(row) == width]
    for column, cell in enumerate(rows[index][:width] if body else ()):
        kind = _kind(cell)
        below = [row[column] for row in body if row[column].strip()]
        if kind and below and sum(_kind(value) == kind for value in below) * 2 > len(below):
            return True
    return False


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _kind(cell: str) -> str:
    text = tidy(cell)
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(text)), "")
