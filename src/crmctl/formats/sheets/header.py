"""Finding the header among the first rows of a table by what the cells hold, whatever format they came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from crmctl.formats.naming import tidy
from crmctl.formats.sheets.kinds import kind, shape
from crmctl.formats.sheets.remarks import comment, filled, instructive, sample

_WITHIN = 20
_BODY = 200
_TELLING = frozenset({"email", "url", "date", "time", "phone", "number", "code", "integer"})
_YEAR = re.compile(r"(?:19|20)\d\d")
_NOTHING = re.compile(r"n/?a|null|none|nil|unknown|tbd|\\N|[-—.?*]+|无|未知|暂无|没有|空", re.IGNORECASE)
_RULE = re.compile(r":?(?:-{3,}|={3,}|_{3,}|─{2,}):?")
_LEVELS = 3

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table.

    Args:
        first: The index of its first row.
        rows: How many rows it has.
        names: The cells, those of several rows joined.
        under: Rows right below it that tell how to fill the table in, or show an example.
    """

    first: int
    rows: int
    names: tuple[str, ...]
    under: int


def find_header(rows: Rows, width: int, asked: bool | None) -> int | None:
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
    index = _likeliest(rows, 1 if asked else width)
    if asked is None and index and len(rows[index - 1]) != width and _could_name(rows[index - 1], width):
        return index - 1
    if asked is None and looks_like_body(rows[index], rows[index + 1 :], width):
        # What stands above it may be a header with few names, or one cell too few, rather than an instruction.
        above = [number for number in range(index) if _could_name(rows[number], width)]
        return above[-1] if above else None
    return index


def read_header(rows: Rows, width: int, asked: bool | None) -> Header | None:
    """The whole header: further rows that belong to it joined, and what stands between it and the records."""
    last = find_header(rows, width, asked)
    if last is None:
        return None
    first, names = last, [*rows[last]]
    levels = 1 if asked else _LEVELS
    while first and last - first < levels - 1 and _groups(rows[first - 1], names):
        first -= 1
        names = _joined(_spread(rows[first]), names)
    while last - first < levels - 1 and last + 2 < len(rows) and _continues(rows, last + 1, width):
        last += 1
        names = _joined(_spread(names) if "" in names else names, [*rows[last]])
    under = 0
    while under < _LEVELS and last + 1 + under < len(rows) and _explains(rows, last + 1 + under, width, last):
        under += 1
    return Header(first, last - first + 1, tuple(names), under)


def looks_like_body(row: Sequence[str], below: Rows, width: int) -> bool:
    """The row has a value of a kind, or a very value, that its column has below it too."""
    cells = [cell.strip() for cell in row[:width]]
    body = [other for other in below[:_BODY] if len(other) == width]
    if not body:
        return any(kind(cell) in {"email", "url", "date", "phone"} or _long_number(cell) for cell in cells)
    numbers = [cell for cell in cells if kind(cell) == "integer"]
    counting = len(numbers) < len(filled(cells)) and _counts_on(numbers)
    for column, cell in enumerate(cells):
        found = kind(cell)
        values = [other[column].strip() for other in body if other[column].strip()]
        if found == "empty" or not values or (found == "integer" and counting):
            continue
        if found in _TELLING and _alike(cell, found, values):
            return True
        apart = [other[column].strip() for other in body if not _resembles(other, cells)]
        if found == "text" and Counter(apart)[cell] > 1:
            return True
    return False


def _resembles(other: Sequence[str], cells: Sequence[str]) -> bool:
    """Another header of the same names, or nearly: of a table below, or of a file that was appended."""
    same = sum(bool(cell) and cell == value.strip() for cell, value in zip(cells, other, strict=False))
    return same > 1 and same * 10 >= 7 * len(filled(cells))


def _alike(cell: str, found: str, values: Sequence[str]) -> bool:
    if found == "code":
        same = sum(shape(value) == shape(cell) for value in values)
    elif found in {"integer", "number"}:
        same = sum(kind(value) in {"integer", "number"} for value in values)
        if _YEAR.fullmatch(cell) and not all(_YEAR.fullmatch(value) for value in values):
            return False
    else:
        same = sum(kind(value) == found for value in values)
    return same * 2 > len(values)


def _counts_on(numbers: Sequence[str]) -> bool:
    """Numbers that follow one another may head columns: months, years, questions."""
    values = [int(number) for number in numbers if len(number) < 10]
    return len(values) > 1 and all(b - a == 1 for a, b in pairwise(values))


def _long_number(cell: str) -> bool:
    return kind(cell) in {"integer", "number"} and len(cell) >= 5


def _likeliest(rows: Rows, width: int) -> int:
    """The first row that is not mostly empty when compared with the fullest near it, remarks passed over."""
    near = [(index, len(filled(row))) for index, row in enumerate(rows[:_WITHIN]) if filled(row)]
    whole = [(index, count) for index, count in near if len(rows[index]) == width]
    near = whole if width > 1 and whole else near
    fullest = max((count for _, count in near), default=0)
    likely = [index for index, count in near if count * 2 >= fullest and (count > 1 or fullest == 1)]
    for index in likely:
        if not (_tells_how(rows, index, width) or comment(rows[index], width)):
            return index
    return likely[0] if likely else 0


def _tells_how(rows: Rows, index: int, width: int) -> bool:
    """A row of instructions stands right above another row of names."""
    below = rows[index + 1 :]
    named = bool(below) and len(filled(below[0])) > 1 and not instructive(below[0])
    return named and instructive(rows[index]) and not looks_like_body(below[0], below[1:], width)


def _could_name(row: Sequence[str], width: int) -> bool:
    slack = max(1, width // 5)
    near = len(row) >= width - slack
    named = len(filled(row)) * 2 > width - slack and not any(len(cell) > 60 for cell in row)
    words = sum(kind(cell) in {"text", "code"} for cell in row)
    return near and named and words * 2 >= len(filled(row)) > 1 and not comment(row, width) and not instructive(row)


def _groups(above: Sequence[str], names: Sequence[str]) -> bool:
    """A row above the header with a name for each of several groups of columns."""
    at = [index for index, cell in enumerate(above) if cell.strip()]
    spread = len(at) > 1 and (at[-1] + 1) * 2 >= len(names) and any(b - a > 1 for a, b in pairwise(at))
    wide = len(above) in {len(names), len(names) + 1}
    named = all(kind(above[index]) in {"text", "code"} and len(above[index]) <= 30 for index in at)
    labels = any(above[index].rstrip().endswith((":", "：")) for index in at)
    return spread and wide and named and not labels and not instructive(above)


def _continues(rows: Rows, index: int, width: int) -> bool:
    """A row below the header names columns too: it has words where the records have numbers, dates or the like."""
    row, below = rows[index], [other for other in rows[index + 1 :][:_BODY] if len(other) == width]
    if len(row) != width or not below or instructive(row) or sample(row) or len(filled(row)) * 3 < width:
        return False
    if [tidy(cell) for cell in row] == [tidy(cell) for cell in rows[index - 1]]:
        return wordy(row, [other for other in below if [*other] != [*row]])
    against, telling = contrast(row, below)
    # One word where numbers are expected is a value that was not known; several are names.
    grouped = "" in [cell.strip() for cell in rows[index - 1]]
    if not telling and "" not in [cell.strip() for cell in row] and _groups(rows[index - 1], row):
        return len(below) > 1 and wordy(row, below)
    return telling >= (1 if grouped else 2) and against == telling and len(below) > 1 and wordy(row, below)


def contrast(row: Sequence[str], below: Rows) -> tuple[int, int]:
    """In how many columns of a telling kind the row has a word, and the number of such columns that it fills."""
    against = telling = 0
    for column, cell in enumerate(row):
        name = _kind_of(below, column)
        if cell.strip() and name in _TELLING - {"code"}:
            telling += 1
            against += kind(cell) == "text" or (kind(cell) == "code" and len(cell) < 20)
    return against, telling


def wordy(row: Sequence[str], below: Rows) -> bool:
    """None of the row's cells is a value: neither of a telling kind, nor a word for nothing, nor one that recurs."""
    values = any(kind(cell) in _TELLING - {"code"} and not _YEAR.fullmatch(cell.strip()) for cell in row)
    nothing = any(_NOTHING.fullmatch(cell.strip()) for cell in row)
    columns = list(zip(*below, strict=False))
    again = any(cell.strip() and column.count(cell) > 1 for cell, column in zip(row, columns, strict=False))
    return not (values or nothing or again)


def _kind_of(below: Rows, column: int) -> str:
    kinds = Counter(kind(row[column]) for row in below if column < len(row))
    del kinds["empty"]
    name, most = kinds.most_common(1)[0] if kinds else ("empty", 0)
    return name if most * 3 >= kinds.total() * 2 else "text"


def _explains(rows: Rows, index: int, width: int, header: int) -> bool:
    """A row below the header that is no record."""
    row = rows[index]
    if not filled(row) or [*row] == [*rows[header]]:
        return False
    if sample(row) or comment(row, width) or _ruled(row):
        return True
    below = [other for other in rows[index + 1 :][:_BODY] if len(other) == width]
    if not instructive(row) or (len(filled(row)) == 1 and len(row) == width == 1):
        return False
    against, telling = contrast(row, below)
    return against == telling


def _ruled(row: Sequence[str]) -> bool:
    """A line drawn under the header."""
    cells = filled(row)
    return len(cells) > 1 and all(_RULE.fullmatch(cell.strip()) for cell in cells)


def _spread(row: Sequence[str]) -> list[str]:
    """The name of a group over all its columns."""
    spread, name = [], ""
    for cell in row:
        name = cell if cell.strip() else name
        spread.append(name)
    return spread


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    joined = []
    for index, below in enumerate(lower):
        above = upper[index] if index < len(upper) else ""
        parts = dict.fromkeys(part for part in (tidy(above), tidy(below)) if part)
        joined.append(" ".join(parts))
    return joined
