"""Rows of cells, as web pages and XML workbooks give them, into the table of a reading: the header is found in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from crmctl.errors import FileError
from crmctl.formats.loading import Rejects, refuse_too_wide
from crmctl.formats.model import Request
from crmctl.formats.naming import column_names
from crmctl.formats.sheets.footer import footer_start
from crmctl.formats.sheets.header import read_header
from crmctl.formats.sheets.kinds import profiles
from crmctl.formats.sheets.rows import Row, load_rows
from crmctl.messages import translate

_NEAR, _LAST = 200, 50
Cells = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a grid; ``read = loaded + rejected + skipped``."""

    headers: list[str]
    columns: list[str]
    read: int
    loaded: int
    rejected: int
    skipped: int
    said: list[str]


def load_grid(request: Request, rows: Callable[[], Iterator[Cells]], ended: Callable[[], bool]) -> Loaded:
    """Find the header among the first rows and load those below it.

    Args:
        request: The reading.
        rows: Gives the rows from the first one on, each with its number; it is called twice.
        ended: Whether the last row of all was whole; asked once all rows were given.

    Raises:
        FileError: There is no filled cell.
    """
    near, last, width, total = _measured(request, rows())
    whole = ended()
    header = read_header(near, width, request.options.header)
    headers = [""] * width if header is None else [*header.names, *[""] * width][:width]
    body = 0 if header is None else header.first + header.rows + header.under
    columns = column_names(headers)
    below = _footer(last[-(total - body) :] if whole and total > body else [], near[body:], width)
    rejects = Rejects(request)
    tally = _Tally()
    loaded = load_rows(
        request, columns, _filled(islice(rows(), body, total - len(below)), width, whole, rejects, tally)
    )
    rejects.flush()
    passed = [*near[: header.first], *near[body - header.under : body]] if header is not None else []
    titles = sum(any(cell.strip() for cell in cells) for cells in passed)
    notes = sum(any(cell.strip() for cell in cells) for cells in below)
    blanks = tally.blank + len(passed) - titles + len(below) - notes
    said = [translate("no header") if header is None else translate("header in row {line}", line=header.first + 1)]
    if titles:
        said.append(translate("rows of titles and instructions skipped: {count}", count=titles))
    if notes:
        said.append(translate("rows of sums and notes below the table skipped: {count}", count=notes))
    if blanks:
        said.append(translate("blank rows skipped: {count}", count=blanks))
    read = total - (header.rows if header is not None else 0)
    return Loaded(
        headers if header is not None else columns, columns, read, loaded, rejects.count, blanks + titles + notes, said
    )


@dataclass(slots=True)
class _Tally:
    """What was met on the way."""

    blank: int = 0


def _footer(last: list[list[str]], near: list[list[str]], width: int) -> list[list[str]]:
    """Those of the last rows that stand below the last record."""
    sample = last if len(last) < _LAST else [*near[:_LAST], *last]
    return last[footer_start(last, profiles(sample, width)) :] if last else []


def _measured(request: Request, rows: Iterator[Cells]) -> tuple[list[list[str]], list[list[str]], int, int]:
    """The first rows and the last, all as wide as the widest of the table; that width; and the number of rows."""
    near: list[Sequence[str]] = []
    last: deque[Sequence[str]] = deque(maxlen=_LAST)
    width = total = 0
    for _, cells in rows:
        total += 1
        width = max(width, next((place + 1 for place in range(len(cells) - 1, -1, -1) if cells[place].strip()), 0))
        if len(near) < _NEAR:
            near.append(cells)
        last.append(cells)
    if not width:
        raise FileError("there is nothing in {path}", cure="check that the export was complete", path=request.path)
    refuse_too_wide(request, width)
    first, end = ([[*cells, *[""] * (width - len(cells))][:width] for cells in rows] for rows in (near, last))
    return first, end, width, total


def _filled(rows: Iterator[Cells], width: int, whole: bool, rejects: Rejects, tally: _Tally) -> Iterator[Row]:
    """The rows that are not blank; the last one goes to the rejects if the file ends within it: it is not whole."""
    held: Cells | None = None
    for cells in rows:
        if held is not None:
            yield held[0], _padded(held[1], width)
        held = cells
        if not any(cell.strip() for cell in cells[1]):
            tally.blank += 1
            held = None
    if held is not None and whole:
        yield held[0], _padded(held[1], width)
    elif held is not None:
        rejects.add(held[0], translate("the row is cut off"), "\t".join(held[1]))


def _padded(cells: Sequence[str], width: int) -> list[str | None]:
    """The cells of a row, the empty ones missing."""
    return [cell or None for cell in cells[:width]] + [None] * (width - len(cells))
