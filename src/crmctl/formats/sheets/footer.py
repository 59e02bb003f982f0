"""The end of a table: rows of sums, footnotes and empty rows below the last record."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.formats.sheets.kinds import Profile
from crmctl.formats.sheets.remarks import filled, footnote, total

_WITHIN = 50


def footer_start(rows: Sequence[Sequence[str]], columns: Sequence[Profile]) -> int:
    """The index of the first row below the last record; the number of rows where there is none.

    Args:
        rows: The last rows of a table; a blank line has one empty cell.
        columns: What its columns hold.
    """
    width = len(columns)
    found = len(rows)
    if width < 2:
        return found
    remarks = 0
    for index in range(len(rows) - 1, -1, -1):
        row = rows[index]
        if not filled(row):
            found = index if found == index + 1 else found
            continue
        remarks += 1
        if remarks > _WITHIN or not (total(row) or footnote(row, width) or _set_apart(rows, index, columns)):
            break
        found = index
        while found and not filled(rows[found - 1]):
            found -= 1
    return found


def _set_apart(rows: Sequence[Sequence[str]], index: int, columns: Sequence[Profile]) -> bool:
    """One cell alone, below an empty line or where the first column holds something else, is no record."""
    row = rows[index]
    if len(filled(row)) > 1 or not row[0].strip() or len(columns) < 3:
        return False
    below_blank = index > 0 and not filled(rows[index - 1])
    if len(row) == 1:
        return below_blank or (columns[0].typed and columns[0].misfit(row[0]) >= 4)
    return below_blank and columns[0].typed and columns[0].misfit(row[0]) >= 4
