"""The grammar of a delimited record (RFC 4180), as regular expressions on UTF-8 bytes."""

from __future__ import annotations

import re

QUOTE = b'"'


class Grammar:
    """Finds records and their cells; it allows a quote inside a bare cell, and nothing after a closing quote.

    Args:
        delimiter: One ASCII character.
        width: The cells of a record, for `run_end`.
    """

    def __init__(self, delimiter: str, width: int = 1) -> None:
        self.delimiter = delimiter.encode("ascii")
        mark = re.escape(self.delimiter)
        rest = rb"(?:[^" + mark + rb"\r\n]|\r(?!\n))*+"
        quoted, bare = rb'"(?:[^"]++|"")*+"', rb'(?!")' + rest
        cell = rb"(?:" + quoted + rb"|" + bare + rb")"
        self._record = re.compile(cell + rb"(?:" + mark + cell + rb")*+(?=\r?\n|\Z)")
        plain = rb'(?:"(?:[^"\r\n]++|"")*+"|[^"' + mark + rb"\r\n]*+)"
        line = plain + rb"(?:" + mark + plain + rb"){%d}+\r?\n" % (width - 1)
        self._run = re.compile(rb"(?:" + line + rb")*+")
        self._cell = re.compile(rb"(" + quoted + rb"|" + bare + rb")(?:" + mark + rb"|\Z)")

    def end(self, buffer: bytes, start: int, limit: int) -> int | None:
        """Where the record that starts here ends, line end not counted; None where it is malformed."""
        found = self._record.match(buffer, start, limit)
        return found.end() if found else None

    def run_end(self, buffer: bytes, start: int) -> int:
        """Where the longest run of plain records from here on ends: each one line of the right width, ended."""
        found = self._run.match(buffer, start)
        return found.end() if found else start

    def raw_cells(self, record: bytes) -> list[bytes]:
        """The cells of a well-formed record, quotes and all."""
        cells, position = [], 0
        while found := self._cell.match(record, position):
            cells.append(found[1])
            if found.end() == found.end(1):
                break
            position = found.end()
        return cells

    def width(self, record: bytes) -> int:
        """The number of cells of a well-formed record."""
        return len(self.raw_cells(record)) if QUOTE in record else record.count(self.delimiter) + 1


def unquote(cell: bytes) -> bytes:
    """A cell's content."""
    return cell[1:-1].replace(b'""', QUOTE) if cell.startswith(QUOTE) else cell


def requote(cell: bytes) -> bytes:
    """A bare cell that holds a quote or a carriage return, quoted; any other as it is."""
    if cell.startswith(QUOTE) or not (QUOTE in cell or b"\r" in cell):
        return cell
    return QUOTE + cell.replace(QUOTE, b'""') + QUOTE
