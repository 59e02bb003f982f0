"""What a delimited file is, found out once over a sample: its marks, its tables, the layout of the one to read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from crmctl.errors import FileError, UsageError
from crmctl.formats.delimited.grammar import Grammar
from crmctl.formats.delimited.layout import HEAD, Layout, Piece, announced, delimiter_of, find_layout
from crmctl.formats.delimited.sniff import Sniffed, sniff
from crmctl.formats.delimited.tables import Table, find_tables, main_table
from crmctl.formats.encodings.names import chunks
from crmctl.formats.model import ReadOptions

_SMALL = 4 << 20
_SLICE, _SLICES = 8 << 10, 8
# A head grows until it holds some lines, however wide they are.
_LINES, _WIDEST = 20, 8 << 20

_GAP = re.compile(rb"\n(?:\r?\n|,,|;;|\t\t)")
_NEWLINE, _GAP_FIRST, _GAP_LENGTH = 10, list(b"\r\n,;\t"), 3


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found out.

    Args:
        layout: Of the table to read.
        tables: All tables of the file.
        chosen: The number of the one to read, from 1.
        outside: Physical lines of the others, where the file is read as a whole.
    """

    layout: Layout
    tables: tuple[Table, ...]
    chosen: int
    outside: int


def survey(path: Path, start: int, options: ReadOptions, prefer: str, *, thorough: bool = False) -> Survey:
    """Find out how a UTF-8 file is spelled and laid out.

    Args:
        path: The file.
        start: The byte after its byte order mark.
        options: What the user says of it.
        prefer: The delimiter to take where all are alike.
        thorough: Look for several tables in a large file without empty lines too.

    Raises:
        FileError: There is nothing in it.
        UsageError: It has no table of that number.
    """
    sniffed = marks_of(path, start, options, prefer)
    grammar = Grammar(sniffed.marks)
    size = path.stat().st_size
    tables = [Table(start, 1, size)]
    if sniffed.width > 1 and (thorough or may_hold_several(path, size)):
        tables = find_tables(path, start, grammar)
    number = options.table or main_table(tables) + 1
    if number > len(tables):
        raise UsageError(
            "{path} has no table {number}", cure="it has {count}", path=path, number=number, count=len(tables)
        )
    table = tables[number - 1]
    if len(tables) > 1:
        sniffed = replace(sniffed, width=table.width)
    layout = find_layout(*_ends(path, table), sniffed, header=options.header)
    outside = 0
    if options.table is None and len(tables) > 1:
        outside = count_lines(path, start, table.offset) + count_lines(path, table.stop, size)
    return Survey(layout, tuple(tables), number, outside)


def marks_of(path: Path, start: int, options: ReadOptions, prefer: str) -> Sniffed:
    """The characters that give a file its structure.

    Raises:
        FileError: There is nothing in it.
    """
    head = _read(path, start, path.stat().st_size)
    if not head.strip(b" \t\r\n\0\x1a\x0c"):
        raise FileError("there is nothing in {path}", cure="check that the export was complete", path=path)
    asked = delimiter_of(options.delimiter) if options.delimiter else announced(head, 0)
    return sniff(_sample(path, start, head), asked, prefer)


def _read(path: Path, start: int, stop: int) -> bytes:
    """The first part of a piece of a file, up to the end of a line unless it is all or one line.

    Raises:
        FileError: Its first line is too long for any table.
    """
    with path.open("rb") as file:
        file.seek(start)
        head = file.read(min(HEAD, stop - start))
        while len(head) < min(stop - start, _WIDEST) and head.count(b"\n") + head.count(b"\r") < _LINES:
            head += file.read(min(HEAD, stop - start - len(head)))
    if len(head) >= _WIDEST and not head.count(b"\n") + head.count(b"\r"):
        raise FileError(
            "{path} has a line longer than {limit} MB", cure="check that this is a text file with line ends",
            path=path, limit=_WIDEST >> 20,
        )  # fmt: skip
    if len(head) == stop - start:
        return head
    newline = max(head.rfind(b"\n"), head.rfind(b"\r", 0, -1) if b"\n" not in head else -1)
    return head[: newline + 1] if newline >= 0 else head


def _sample(path: Path, start: int, head: bytes) -> bytes:
    """The head, or of a large file the beginning of it and slices from all over the rest."""
    size = path.stat().st_size
    begin = head.rfind(b"\n", 0, _SLICE * 4) + 1
    if len(head) < HEAD // 2 or not begin:
        return head
    pieces = [head[:begin]]
    with path.open("rb") as file:
        for number in range(1, _SLICES + 1):
            file.seek(start + begin + (size - start - begin) * number // (_SLICES + 1))
            text = file.read(_SLICE)
            first, last = text.find(b"\n") + 1, text.rfind(b"\n") + 1
            pieces.append(text[first:last])
    return b"".join(pieces)


def _ends(path: Path, table: Table) -> tuple[Piece, Piece]:
    """The first and the last part of a table; the same piece twice where that is all of it."""
    text = _read(path, table.offset, table.stop)
    head = Piece(text, table.offset, table.line)
    if head.stop >= table.stop:
        return head, head
    with path.open("rb") as file:
        begin = max(head.stop, table.stop - HEAD // 4)
        file.seek(begin)
        last = file.read(table.stop - begin)
    # A line longer than the piece leaves nothing of it: half a line is no row.
    cut = (last.find(b"\n") + 1 or len(last)) if begin > head.stop else 0
    return head, Piece(last[cut:], begin + cut)


def may_hold_several(path: Path, size: int) -> bool:
    """A small file is looked through; a large one only if it has empty lines."""
    return size <= _SMALL or _has_gap(path, size, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _has_gap(path: Path, size: int, changed: int) -> bool:
    """Asked twice of the same file: to tell its tables, and to read one of them."""
    import numpy as np

    del size, changed
    left = b""
    for chunk in chunks(path):
        piece = left + chunk
        letters = np.frombuffer(piece, np.uint8)
        behind = np.bincount(letters[np.flatnonzero(letters[:-1] == _NEWLINE) + 1], minlength=256)
        if behind[_GAP_FIRST].any() and _GAP.search(piece):
            return True
        left = piece[-_GAP_LENGTH:]
    return False


def count_lines(path: Path, start: int, stop: int, *, returns: bool = False) -> int:
    """The physical lines of a piece of a file, its last one counted if it is not ended.

    Args:
        path: The file.
        start: The byte at which the piece begins.
        stop: The byte at which it ends.
        returns: A carriage return alone ends a line too.
    """
    count, last = 0, b"\n"
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (chunk := file.read(min(1 << 20, stop - start))):
            count += chunk.count(b"\n")
            if returns:
                count += chunk.count(b"\r") - chunk.count(b"\r\n") - (last == b"\r" and chunk.startswith(b"\n"))
            start, last = start + len(chunk), chunk[-1:]
    return count + (last not in (b"\n\r" if returns else b"\n"))
