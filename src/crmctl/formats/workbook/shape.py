"""From the cells of a sheet to a table: header, merged cells, and the rows that are no records."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crmctl.formats.naming import tidy
from crmctl.formats.sheets.footer import footer_start
from crmctl.formats.sheets.header import read_header
from crmctl.formats.sheets.kinds import kind, profiles
from crmctl.formats.sheets.remarks import footnote, instructive, sample, total
from crmctl.formats.workbook import wording
from crmctl.formats.workbook.facts import Details, Merge
from crmctl.formats.workbook.values import blank_rows

if TYPE_CHECKING:
    import polars as pl

_NEAR, _SAMPLES, _TAIL = 80, 3, 60
_EXACT = frozenset({"email", "url", "date", "time", "phone"})
_ROW = "row"


@dataclass
class Shape:
    """A sheet as a table.

    Args:
        headers: One for each column; none where the sheet has no header.
        positions: The sheet's columns that are used, 0-based.
        body: ``row`` (1-based in the sheet) and the used columns ``c0``, ``c3`` …
        header: First and last row of the header, 1-based.
        left: By what they are: how many rows are no records.
        filled: Cells that got the value of the merged range they lie in.
    """

    headers: list[str] | None
    positions: list[int]
    body: pl.DataFrame
    header: tuple[int, int] | None
    left: dict[str, int] = field(default_factory=dict)
    filled: int = 0


def shape(frame: pl.DataFrame, details: Details, asked: bool | None) -> Shape:
    """Find the table in a sheet.

    Args:
        frame: The sheet's values as text from its first row on; column ``c3`` is the sheet's fourth.
        details: Its merged ranges.
        asked: Whether it has a header, if the user says so.
    """
    import polars as pl

    kept = [int(name[1:]) for name in frame.columns]
    merges = _among(details.merges, kept, frame.height)
    frame = frame.select(pl.col(f"c{number}").alias(f"c{at}") for at, number in enumerate(kept))
    near = [[cell or "" for cell in row] for row in frame.head(_NEAR).rows()]
    header = _header(near, merges, asked)
    first = 0 if header is None else header.last + 1
    left: dict[str, int] = {}
    frame, filled = _fill_down(frame, [m for m in merges if m.top >= first])
    below = _without_tail(frame.slice(first), near[first:], left)
    body = _not_blank(below.with_row_index(_ROW, offset=first + 1))
    left["blank"] = below.height - body.height
    if header is not None:
        left["above"] = sum(1 for row in near[: header.first] if _filled(row))
        left["blank"] += header.first - left["above"]
        body = _without_guidance(body, header.under, left)
        body = _without_repeats(body, header.names, left)
    body = _without_headings(body, merges, left)
    names = _without_covered(header, merges, body) if header is not None else [""] * len(kept)
    used = [at for at in range(len(kept)) if names[at].strip() or body[f"c{at}"].is_not_null().any()]
    return Shape(
        headers=None if header is None else [names[at] for at in used],
        positions=[kept[at] for at in used],
        body=body.select(_ROW, *(pl.col(f"c{at}").alias(f"c{kept[at]}") for at in used)),
        header=None if header is None else (header.first + 1, header.last + 1),
        left={name: count for name, count in left.items() if count},
        filled=filled,
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """First and last row, 0-based; a name for each column; how many rows below it are none of the records."""

    first: int
    last: int
    names: list[str]
    under: int


def _among(merges: Sequence[Merge], columns: Sequence[int], height: int) -> list[Merge]:
    """The merged ranges within these columns, counted by them."""
    found = []
    for merge in sorted(merges):
        left, right = bisect_left(columns, merge.left), bisect_right(columns, merge.right) - 1
        if merge.top < height and left <= right:
            found.append(Merge(merge.top, left, min(merge.bottom, height - 1), right))
    return found


def _header(near: list[list[str]], merges: Sequence[Merge], asked: bool | None) -> _Header | None:
    """The header, merged cells in it counting for all that they cover."""
    width = len(near[0])
    groups = [m for m in merges if m.bottom < len(near) and not _is_title(m, near, width)]
    spread = [list(row) for row in near]
    for merge in groups:
        for row in range(merge.top, merge.bottom + 1):
            for column in range(merge.left, merge.right + 1):
                spread[row][column] = spread[row][column] or near[merge.top][merge.left]
    found = read_header(spread, width, asked)
    if found is None:
        return None
    first, last = found.first, found.first + found.rows - 1
    above = [m for m in groups if m.top <= first - 1 <= m.bottom and m.right > m.left]
    if first and above and not any(_is_exact(cell) for cell in spread[first - 1]):
        first = min(m.top for m in above)
    for merge in groups:
        if merge.top <= last <= merge.bottom:
            first, last = min(first, merge.top), max(last, merge.bottom)
    if first == last and _has_names_below(near, last, groups):
        last += 1
    if (first, last) == (found.first, found.first + found.rows - 1):
        return _Header(first, last, [*found.names], found.under)
    return _Header(first, last, _joined(spread[first : last + 1]), 0)


def _without_covered(header: _Header, merges: Sequence[Merge], body: pl.DataFrame) -> list[str]:
    """The names, but none for an empty column that lies under the merged name of another."""
    covered = {
        column for merge in merges if merge.top <= header.last <= merge.bottom
        for column in range(merge.left + 1, merge.right + 1)
    }  # fmt: skip
    empty = {column for column in covered if body[f"c{column}"].null_count() == body.height}
    return ["" if column in empty else name for column, name in enumerate(header.names)]


def _joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """What the rows of a header say from top to bottom, each thing once."""
    return [" ".join(dict.fromkeys(tidy(cell) for cell in cells if cell.strip())) for cells in zip(*rows, strict=True)]


def _has_names_below(near: list[list[str]], row: int, groups: Sequence[Merge]) -> bool:
    """The row below gives a name to every column of a group, and nothing else."""
    across = [m for m in groups if m.top == m.bottom == row and m.right > m.left]
    if not across or row + 1 >= len(near):
        return False
    below = near[row + 1]
    inside = {column for m in across for column in range(m.left, min(m.right + 1, len(below)))}
    named = all(below[column].strip() and not _is_exact(below[column]) for column in inside)
    return named and not any(cell.strip() for number, cell in enumerate(below) if number not in inside)


def _is_title(merge: Merge, near: list[list[str]], width: int) -> bool:
    """A range across the sheet with nothing beside it."""
    if merge.right == merge.left:
        return False
    alone = _filled(near[merge.top]) == 1
    return alone and (merge.left == 0 or _is_wide(merge, width))


def _is_wide(merge: Merge, width: int) -> bool:
    return (merge.right - merge.left + 1) * 5 >= width * 3


def _fill_down(frame: pl.DataFrame, merges: Sequence[Merge]) -> tuple[pl.DataFrame, int]:
    """The value of a merged range in every row that it covers, in its first column."""
    import numpy as np
    import polars as pl

    by_column: dict[int, list[Merge]] = {}
    for merge in merges:
        if merge.bottom > merge.top:
            by_column.setdefault(merge.left, []).append(merge)
    total = 0
    for column, ranges in by_column.items():
        cells = frame[f"c{column}"]
        source = np.arange(frame.height)
        end = -1
        for merge in ranges:
            if merge.top > end:
                end = min(merge.bottom, frame.height - 1)
                source[merge.top : end + 1] = merge.top
        moved = cells.gather(source.tolist())
        # A row that is blank but for the merged range is no record.
        filled = pl.select(pl.when(cells.is_null()).then(moved).otherwise(cells)).to_series()
        alone = pl.select(pl.when(blank_rows(frame)).then(cells).otherwise(filled)).to_series()
        total += cells.null_count() - alone.null_count()
        frame = frame.with_columns(alone.alias(f"c{column}"))
    return frame, total


def _not_blank(body: pl.DataFrame) -> pl.DataFrame:
    return body.filter(~blank_rows(body.drop(_ROW)))


def _without_guidance(body: pl.DataFrame, under: int, left: dict[str, int]) -> pl.DataFrame:
    """Without the instructions and samples that stand right below the header."""
    dropped = 0
    for row in body.drop(_ROW).head(_SAMPLES).rows():
        cells = [cell or "" for cell in row]
        if sample(cells) or any(wording.SAMPLE.fullmatch(cell.strip()) for cell in cells[:2]):
            left["samples"] = left.get("samples", 0) + 1
        elif dropped < under or (instructive(cells) and not any(_is_exact(cell) for cell in cells)):
            left["guidance"] = left.get("guidance", 0) + 1
        else:
            break
        dropped += 1
    return body.slice(dropped)


def _without_repeats(body: pl.DataFrame, names: Sequence[str], left: dict[str, int]) -> pl.DataFrame:
    """Without the header where it comes again, as at the top of every printed page."""
    import polars as pl

    texts = {number: name for number, name in enumerate(names) if name.strip()}
    if len(texts) < 2:
        return body
    (number, name), *_ = texts.items()
    if not (body[f"c{number}"] == name).any():
        return body
    again = pl.all_horizontal(pl.col(f"c{number}").eq_missing(pl.lit(name)) for number, name in texts.items())
    return _dropped(body, body.filter(~again), "repeats", left)


def _without_headings(body: pl.DataFrame, merges: Sequence[Merge], left: dict[str, int]) -> pl.DataFrame:
    """Without the rows that are one merged cell across the table: headings between the records."""
    import polars as pl

    width = body.width - 1
    wide = [m.top + 1 for m in merges if m.right - m.left >= 2 and _is_wide(m, width)]
    if not wide:
        return body
    count = pl.sum_horizontal(pl.exclude(_ROW).fill_null("").str.strip_chars() != "")
    heading = pl.col(_ROW).is_in(wide) & (count == 1)
    return _dropped(body, body.filter(~heading), "headings", left)


def _without_tail(below: pl.DataFrame, head: Sequence[Sequence[str]], left: dict[str, int]) -> pl.DataFrame:
    """Without the totals and notes below the last record."""
    tail = [[cell or "" for cell in row] for row in below.tail(_TAIL).rows()]
    start = footer_start(tail, profiles(tail if below.height <= _TAIL else [*head[:_TAIL], *tail], below.width))
    for row in tail[start:]:
        if total(row):
            left["totals"] = left.get("totals", 0) + 1
        elif footnote(row, below.width) or _filled(row):
            left["footnotes"] = left.get("footnotes", 0) + 1
        else:
            left["blank_below"] = left.get("blank_below", 0) + 1
    return below.head(below.height - len(tail) + start)


def _dropped(before: pl.DataFrame, after: pl.DataFrame, name: str, left: dict[str, int]) -> pl.DataFrame:
    left[name] = left.get(name, 0) + before.height - after.height
    return after


def _is_exact(cell: str) -> bool:
    return kind(cell) in _EXACT or (kind(cell) == "integer" and len(cell.strip()) > 5)


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())
