"""An independent count of the records of a delimited file, by quote parity in numpy. It reads no cell."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

_BLOCK = 1 << 20
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13
_Array: TypeAlias = npt.NDArray[Any]


@dataclass(slots=True)
class Scan:
    """What the count showed.

    Args:
        records: Records that are not blank.
        blank: Blank lines.
        lines: Physical lines, the last one counted if it is not ended.
        ragged: Records whose number of delimiters differs from the expected.
        crlf: Records ended by CR LF.
        ended: Records ended by LF, with or without CR.
        lone_returns: Carriage returns that stand before no LF.
        well_formed: Every quote opens a cell, closes one, or is doubled inside one. Only then are the counts exact.
        swallowing: Inside a quoted cell stands a line with as many delimiters as a record has: an open quote may have
            run over it.
        longest: The longest record, in bytes.
        final_newline: The last record is ended.
    """

    records: int = 0
    blank: int = 0
    lines: int = 0
    ragged: int = 0
    crlf: int = 0
    ended: int = 0
    lone_returns: int = 0
    well_formed: bool = True
    swallowing: bool = False
    longest: int = 0
    final_newline: bool = True

    @property
    def regular(self) -> bool:
        """The file can be read at full speed: nothing in it is open to interpretation."""
        doubtful = self.ragged or self.lone_returns or self.swallowing or self.crlf not in {0, self.ended}
        return self.well_formed and not doubtful

    @property
    def every_line_a_record(self) -> bool:
        """No record spans lines and none is blank."""
        return self.records == self.lines and not self.blank


@dataclass(slots=True)
class _Ends:
    """The record ends of one block, in file order: for each record its length, its delimiters and its first line."""

    lengths: _Array
    delimiters: _Array
    first_lines: _Array


@dataclass(slots=True)
class _State:
    """What one block leaves to the next; the delimiters are those of the unfinished record."""

    record_start: int
    record_line: int
    line: int
    quotes: int = 0
    delimiters: int = 0


class Scanner:
    """One pass over the records of a file.

    Args:
        path: A UTF-8 file.
        offset: The byte at which the records begin.
        first_line: The physical line at which they begin.
        delimiter: One ASCII character.
        width: The expected number of cells; 1 makes a blank line a record.
    """

    def __init__(self, path: Path, offset: int, first_line: int, delimiter: str, width: int) -> None:
        self._path, self._offset, self._line = path, offset, first_line
        self._delimiter, self._width = ord(delimiter), width
        self.scan = Scan()

    def run(self) -> Scan:
        """Count everything."""
        for _ in self.first_lines():
            pass
        return self.scan

    def first_lines(self) -> Iterator[_Array]:
        """The first physical line of every record that is not blank, block by block."""
        scan = self.scan = Scan()
        for ends in self._ends():
            blank = ends.lengths == 0 if self._width > 1 else np.zeros(len(ends.lengths), bool)
            kept = ~blank
            scan.blank += int(blank.sum())
            scan.records += int(kept.sum())
            scan.ragged += int((ends.delimiters[kept] != self._width - 1).sum())
            scan.longest = max(scan.longest, int(ends.lengths.max(initial=0)))
            yield ends.first_lines[kept]

    def _ends(self) -> Iterator[_Ends]:
        view = np.memmap(self._path, np.uint8, mode="r")
        size = len(view)
        self.scan.final_newline = bool(view[-1] == _NEWLINE)
        state = _State(self._offset, self._line, self._line)
        for low in range(self._offset, size, _BLOCK):
            ends = self._block(view, low, min(low + _BLOCK, size), state)
            _forget(view, low, min(low + _BLOCK, size))
            if ends is not None:
                yield ends
        self.scan.lines = state.line - self._line
        if state.quotes % 2:
            self.scan.well_formed = False
        self.scan.lines += size > self._offset and not self.scan.final_newline
        if state.record_start < size:
            rest = size - state.record_start
            yield _Ends(np.array([rest]), np.array([state.delimiters]), np.array([state.record_line]))

    def _block(self, view: _Array, low: int, high: int, state: _State) -> _Ends | None:
        """The records that end in one block; the state is carried on to the next."""
        scan, block = self.scan, view[low:high]
        quotes, newlines = np.flatnonzero(block == _QUOTE), np.flatnonzero(block == _NEWLINE)
        scan.well_formed = scan.well_formed and self._well_formed(view, quotes + low, state.quotes)
        after_return = view[np.maximum(newlines + low - 1, 0)] == _RETURN
        scan.lone_returns += int(np.count_nonzero(block == _RETURN)) - int(after_return.sum())
        outside = _outside(newlines, quotes, state.quotes)
        ends, returns = newlines[outside] + low, after_return[outside]
        next_lines = np.flatnonzero(outside) + state.line + 1
        marked = block == self._delimiter
        if not len(quotes) and not state.quotes % 2 and (left := self._even(marked, ends - low, state)) is not None:
            return self._found(ends, returns, next_lines, np.full(len(ends), self._width - 1), left, state)
        marks = np.flatnonzero(marked)
        seen, left = _delimiters_before(marks, ends - low, quotes, state.quotes % 2)
        scan.swallowing = scan.swallowing or self._swallowing(newlines, outside, quotes, marks)
        state.quotes += len(quotes)
        if not len(ends):
            state.line += len(newlines)
            state.delimiters += left
            return None
        delimiters = np.diff(seen, prepend=-state.delimiters)
        return self._found(ends, returns, next_lines, delimiters, left, state, lines=len(newlines))

    def _even(self, marked: _Array, ends: _Array, state: _State) -> int | None:
        """The delimiters behind the last record of a block without quotes whose records all have the right number.

        None where their sum says that they have not.
        """
        if not len(ends):
            return None
        left = int(np.count_nonzero(marked[ends[-1] :]))
        total = int(np.count_nonzero(marked)) - left + state.delimiters
        return left if total == len(ends) * (self._width - 1) else None

    def _found(
        self, ends: _Array, returns: _Array, next_lines: _Array, delimiters: _Array, left: int, state: _State,
        *, lines: int | None = None,
    ) -> _Ends:  # fmt: skip
        """The records of a block; the state is that behind the last one."""
        self.scan.crlf += int(returns.sum())
        self.scan.ended += len(ends)
        found = _Ends(
            lengths=ends - np.concatenate(([state.record_start], ends[:-1] + 1)) - returns,
            delimiters=delimiters,
            first_lines=np.concatenate(([state.record_line], next_lines[:-1])),
        )
        state.record_start, state.record_line = int(ends[-1]) + 1, int(next_lines[-1])
        state.line += len(ends) if lines is None else lines
        state.delimiters = left
        return found

    def _swallowing(self, newlines: _Array, outside: _Array, quotes: _Array, marks: _Array) -> bool:
        if self._width < 3 or outside.all():
            return False
        whole = ~outside[:-1] & ~outside[1:] & (np.diff(np.searchsorted(quotes, newlines)) == 0)
        return bool((np.diff(np.searchsorted(marks, newlines))[whole] == self._width - 1).any())

    def _well_formed(self, view: _Array, quotes: _Array, before: int) -> bool:
        """Each opening quote follows a delimiter, a line end or a quote; each closing one is followed by such."""
        opening = (np.arange(len(quotes)) + before) % 2 == 0
        opens, closes = quotes[opening], quotes[~opening]
        opens, closes = opens[opens > self._offset], closes[closes < len(view) - 1]
        left, right = view[opens - 1], view[closes + 1]
        good_left = (left == self._delimiter) | (left == _NEWLINE) | (left == _QUOTE)
        good_right = (right == self._delimiter) | (right == _NEWLINE) | (right == _RETURN) | (right == _QUOTE)
        return bool(good_left.all() and good_right.all())


def _forget(view: _Array, low: int, high: int) -> None:
    """Let go of a piece of a mapped file: what has been looked at need not stay in memory."""
    mapped = getattr(view, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        start = low - low % mmap.PAGESIZE
        mapped.madvise(mmap.MADV_DONTNEED, start, high - start)


def _outside(positions: _Array, quotes: _Array, quotes_before: int) -> _Array:
    """Which positions stand outside quoted cells."""
    if not len(quotes):
        return np.full(len(positions), quotes_before % 2 == 0)
    outside: _Array = (np.searchsorted(quotes, positions) + quotes_before) % 2 == 0
    return outside


def _delimiters_before(marks: _Array, ends: _Array, quotes: _Array, inside: int) -> tuple[_Array, int]:
    """The delimiters outside quoted cells before each record end of a block, and those after the last one.

    Args:
        marks: Where delimiters stand.
        ends: Where records end.
        quotes: Where quotes stand.
        inside: 1 where the block begins inside a quoted cell.
    """
    before = np.searchsorted(marks, ends)
    if not len(quotes):
        quoted = len(marks) if inside else 0
        return before, len(marks) - quoted - (int(before[-1]) if len(ends) else 0)
    edges = np.searchsorted(marks, quotes)
    edges = np.concatenate(([0] * inside, edges, [len(marks)] * ((len(quotes) + inside) % 2)))
    hidden = np.concatenate(([0], np.cumsum(edges[1::2] - edges[0::2])))
    closings = quotes[(1 - inside) :: 2]
    seen: _Array = before - hidden[np.searchsorted(closings, ends)]
    return seen, len(marks) - int(hidden[-1]) - (int(seen[-1]) if len(ends) else 0)
