"""What is known of a workbook beside its values: its sheets, the extent and the oddities of each. Nothing is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_EXACT_DIGITS, _MOST_DIGITS = 15, 22
_EXACT_INTEGER = 1 << 53


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of values.

    Args:
        name: As its tab shows it.
        visible: It has a tab.
        place: Where its content is: a member of the package, or an offset in the stream.
    """

    name: str
    visible: bool
    place: str | int


@dataclass(frozen=True, slots=True, order=True)
class Merge:
    """A merged range, 0-based, ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Extent:
    """How far the values of a sheet reach, counted in its own bytes.

    Args:
        height: The last row with a value, 1-based.
        width: The last column with a value or a style, 1-based.
        sure: Rows that hold a value for certain.
        possible: Rows that hold a value, be it an empty text.
        odd: Some cell is hidden, an error or a formula.
        cells: The number of cells with a value; 0 where that is not known at once.
    """

    height: int = 0
    width: int = 0
    sure: int = 0
    possible: int = 0
    odd: bool = True
    cells: int = 0


@dataclass(slots=True)
class Details:
    """What a sheet's values alone do not tell; rows and columns are 0-based.

    Args:
        merges: Merged ranges.
        hidden_rows: Rows with cells that are not shown.
        hidden_columns: Columns that are not shown.
        uncached: Formulas of which the file has no result.
        errors: Cells that hold an error, and which.
        texts: Cells whose text is another than the number in them: ``00123``, ``36:00:00``.
        shortened: Numbers of which Excel keeps only the first 15 digits, as they are now.
        choices: Names of the sheets from which cells of this one are chosen.
    """

    merges: list[Merge] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: set[int] = field(default_factory=set)
    uncached: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    shortened: dict[tuple[int, int], str] = field(default_factory=dict)
    choices: set[str] = field(default_factory=set)

    def note_long(self, cell: tuple[int, int], text: str) -> None:
        """Remember an integer of more than 15 digits: as it is written, and whether its end is lost.

        Args:
            cell: Where it stands.
            text: The number as the file spells it. Excel fills up with zeros; what other programs write in digits is
                whole, and as a power of ten it is whole as far as a double goes.
        """
        try:
            number = int(text) if text.isdecimal() else int(float(text))
        except (ValueError, OverflowError):
            return
        if not 10**_EXACT_DIGITS <= number < 10**_MOST_DIGITS:
            return
        self.texts[cell] = str(number)
        if not str(number)[_EXACT_DIGITS:].strip("0") or (number > _EXACT_INTEGER and not text.isdecimal()):
            self.shortened[cell] = str(number)


def cell_of(reference: str) -> tuple[int, int] | None:
    """Row and column of ``B3``, 0-based; None where it is no cell of a sheet.

    >>> cell_of("AA10"), cell_of("3B")
    ((9, 26), None)
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    return (row - 1, column - 1) if 0 < row <= MOST_ROWS and column <= MOST_COLUMNS else None


def range_of(reference: str) -> Merge | None:
    """The range ``A1:B2``; None where it is none, or one cell."""
    first, _, last = reference.partition(":")
    start, end = cell_of(first), cell_of(last) if last else None
    if start is None or end is None or start == end:
        return None
    (top, bottom), (left, right) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    return Merge(top, left, bottom, right)


def clock(seconds: int) -> str:
    """Seconds as ``HH:MM:SS``; the hours may exceed a day.

    >>> clock(130_000)
    '36:06:40'
    """
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def spelling(code: str) -> Callable[[float, bool], str | None] | None:
    """How a cell with this number format is shown, where that matters and the reader of values does not know it.

    Args:
        code: The number format, or a built-in's number for those that only East Asian versions of Excel have.

    Returns:
        A function of the number, and of whether days count from 1904; it gives None where the number stays.
    """
    if code in _EAST_ASIAN_DATES:
        return _moment
    positive = code.partition(";")[0].strip()
    bare = re.sub(r'"[^"]*"|\\.', "", positive)
    if re.fullmatch("0{2,}", positive):
        width = len(positive)
        return lambda value, _: f"{int(value):0{width}d}" if value >= 0 and value == int(value) else None
    if re.search(r"\[(h+|m+|s+)\]", bare, re.IGNORECASE):
        return lambda value, _: clock(round(value * 86_400))
    return None


_EAST_ASIAN_DATES = frozenset(map(str, (*range(27, 37), *range(50, 59))))


def _moment(value: float, from_1904: bool) -> str | None:
    """A count of days as a date, a time, or both, by what it holds."""
    import datetime as dt

    if not 0 <= value < 2_958_466:
        return None
    seconds = round(value * 86_400)
    if seconds < 86_400 and not from_1904:
        return clock(seconds)
    start = dt.datetime(1904, 1, 1) if from_1904 else dt.datetime(1899, 12, 30 if value >= 60 else 31)
    moment = start + dt.timedelta(seconds=seconds)
    return moment.date().isoformat() if seconds % 86_400 == 0 else moment.isoformat(sep=" ")
