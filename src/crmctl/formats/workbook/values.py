"""The text of cells: dates and times without what only the spreadsheet's way of counting adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_STAMP, _MIDNIGHT = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$", r"^(\d{4}-\d\d-\d\d) 00:00:00$"
_SHORTEST_STAMP, _LONGEST_STAMP = 19, 29
_FIRST_LONG, _LAST_LONG = 16, 22
# Excel's day zero, in either way of counting: a time of day without a date.
_TIME = r"^(?:1899-12-3[01]|1904-01-01) (\d\d:\d\d:\d\d)(?:\.\d+)?$"


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Dates without the midnight that a whole column of them would carry, times without Excel's day zero.

    The two characters that XML cannot hold and the library leaves spelled out come back too.
    """
    return frame.with_columns(_plain(column) for column in frame.get_columns())


def _plain(cells: pl.Series) -> pl.Series:
    if cells.str.contains("_xFFF", literal=True).any():
        cells = cells.str.replace_all("_xFFFE_", "\ufffe", literal=True).str.replace_all(
            "_xFFFF_", "\uffff", literal=True
        )
    # The length first: a pattern over every cell would take far longer.
    stamps = cells.filter(cells.str.len_bytes().is_between(_SHORTEST_STAMP, _LONGEST_STAMP))
    stamps = stamps.filter(stamps.str.contains(_STAMP))
    if not len(stamps):
        return cells
    cells = cells.str.replace(_TIME, "$1")
    dates = stamps.filter(~stamps.str.contains(_TIME))
    return cells.str.replace(_MIDNIGHT, "$1") if dates.str.contains(_MIDNIGHT).all() else cells


def with_texts(frame: pl.DataFrame, texts: Mapping[tuple[int, int], str]) -> pl.DataFrame:
    """The frame with some cells said otherwise.

    Args:
        frame: Columns ``c0``, ``c1`` …
        texts: By row and column, 0-based.
    """
    by_column: dict[int, tuple[list[int], list[str]]] = {}
    known = frozenset(frame.columns)
    for (row, column), text in texts.items():
        if row < frame.height and f"c{column}" in known:
            rows, said = by_column.setdefault(column, ([], []))
            rows.append(row)
            said.append(text)
    changed = [frame[f"c{column}"].scatter(rows, said) for column, (rows, said) in by_column.items()]
    return frame.with_columns(changed) if changed else frame


def has_long_numbers(frame: pl.DataFrame) -> bool:
    """Some cell is an integer of more digits than Excel keeps."""
    for cells in frame.get_columns():
        long = cells.filter(cells.str.len_bytes().is_between(_FIRST_LONG, _LAST_LONG))
        if len(long) and long.str.contains(r"^\d+$").any():
            return True
    return False


def blank_rows(frame: pl.DataFrame) -> pl.Series:
    """Whether every cell of a row is empty or blank; a column is looked at only where those before it are."""
    import polars as pl

    numbers = pl.int_range(frame.height, eager=True)
    for cells in frame.get_columns():
        if not len(numbers):
            break
        rest = cells.gather(numbers)
        numbers = numbers.filter(rest.is_null() | (rest.str.strip_chars() == ""))
    return pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True).scatter(numbers, True)
