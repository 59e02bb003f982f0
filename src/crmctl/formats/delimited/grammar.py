"""The grammar of a delimited record as regular expressions on UTF-8 bytes: one delimiter, quote and way of escaping."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

QUOTE = b'"'
_ESCAPE = b"\\"

Escape = Literal["double", "backslash"]


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters that give a file its structure.

    Args:
        delimiter: One to four characters.
        quote: One ASCII character; empty where nothing is quoted.
        escape: How a quote inside a quoted cell is spelled: doubled, or with a backslash before it.
        returns: A carriage return alone ends a record too.
    """

    delimiter: bytes
    quote: bytes = QUOTE
    escape: Escape = "double"
    returns: bool = False

    @property
    def common(self) -> bool:
        """Records are spelled as DuckDB's strict reader takes them."""
        single = len(self.delimiter) == 1 and self.delimiter not in {QUOTE, b"\r", b"\n"}
        return single and self.quote == QUOTE and self.escape == "double" and not self.returns


class Grammar:
    """Finds records and their cells; it allows a quote inside a bare cell, and nothing after a closing quote.

    Args:
        marks: How the file is spelled.
        width: The cells of a record, for `run_end`.
    """

    def __init__(self, marks: Marks, width: int = 1) -> None:
        self.marks, self.delimiter, self.quote = marks, marks.delimiter, marks.quote
        mark, quote = re.escape(marks.delimiter), re.escape(marks.quote)
        self._ends = rb"(?=[\r\n]|\Z)" if marks.returns else rb"(?=\r?\n|\Z)"
        line_end = rb"(?:\r\n?|\n)" if marks.returns else rb"\r?\n"
        bare, quoted = self._bare(mark, quote), self._quoted(quote)
        cell = rb"(?:" + quoted + rb"|" + bare + rb")" if quoted else bare
        self._record = re.compile(cell + rb"(?:" + mark + cell + rb")*+" + self._ends, re.DOTALL)
        self._cell = re.compile(rb"(" + cell + rb")(?:" + mark + rb"|\Z)", re.DOTALL)
        plain = self._plain(mark, quote)
        line = plain + rb"(?:" + mark + plain + rb"){%d}+" % (width - 1) + line_end
        self._run = re.compile(rb"(?:" + line + rb")*+")
        self.line_end = re.compile(rb"[\r\n]" if marks.returns else rb"\n")

    def _bare(self, mark: bytes, quote: bytes) -> bytes:
        """A bare cell begins neither with a quote nor with blanks and a quote."""
        stop = rb"[\r\n]" if self.marks.returns else rb"\n|\r(?=\n)"
        escaped = rb"\\.|" if self.marks.escape == "backslash" else b""
        if len(self.delimiter) == 1 and not escaped:
            body = rb"(?:[^" + mark + rb"\r\n]++" + (b"" if self.marks.returns else rb"|\r(?!\n)") + rb")*+"
        else:
            body = rb"(?:" + escaped + rb"(?!" + mark + rb"|" + stop + rb").)*+"
        blanks = b"" if self.delimiter.startswith(b" ") else rb"\ *"
        return (rb"(?!" + blanks + quote + rb")" if quote else b"") + body

    def _quoted(self, quote: bytes) -> bytes:
        if not quote:
            return b""
        if self.marks.escape == "backslash":
            return quote + rb"(?:[^" + quote + rb"\\]++|\\.|" + quote * 2 + rb")*+" + quote
        return quote + rb"(?:[^" + quote + rb"]++|" + quote * 2 + rb")*+" + quote

    def _plain(self, mark: bytes, quote: bytes) -> bytes:
        """A cell that can be passed on as it stands."""
        if self.marks.common:
            return rb'(?:"(?:[^"\r\n]++|"")*+"|[^"' + mark + rb"\r\n]*+)"
        special = rb'["\r\n\x1f' + quote + (rb"\\" if self.marks.escape == "backslash" else b"") + b"]"
        return rb"(?:(?!" + mark + rb"|" + special + rb").)*+"

    def end(self, buffer: bytes, start: int, limit: int) -> int | None:
        """Where the record that starts here ends, line end not counted; None where it is malformed."""
        found = self._record.match(buffer, start, limit)
        return found.end() if found else None

    def cut_off(self, text: bytes, start: int, stop: int) -> bool:
        """The line from start to stop opens a quote that the text, a part of a file, does not close any more."""
        quote = self.quote
        return bool(quote) and text.count(quote, start, stop) % 2 == 1 and text.find(quote, stop) < 0

    def run_end(self, buffer: bytes, start: int) -> int:
        """Where the longest run of plain records from here on ends: each one line of the right width, ended."""
        found = self._run.match(buffer, start)
        return found.end() if found else start

    def next_line(self, buffer: bytes, start: int, limit: int) -> tuple[int, int]:
        """Where the line that starts here ends, and where the next one starts."""
        found = self.line_end.search(buffer, start, limit)
        if found is None:
            return limit, limit
        end = found.start()
        if buffer[end] == 10:  # LF, perhaps after a CR that belongs to it
            return (end - 1 if end > start and buffer[end - 1] == 13 else end), end + 1
        return end, end + (2 if buffer.startswith(b"\r\n", end) else 1)

    def lines(self, text: bytes) -> int:
        """The line ends in a piece of text."""
        found = text.count(b"\n")
        return found + text.count(b"\r") - text.count(b"\r\n") if self.marks.returns else found

    def raw_cells(self, record: bytes) -> list[bytes]:
        """The cells of a well-formed record, quotes and all."""
        if not (self.quote and self.quote in record) and self.marks.escape == "double":
            return record.split(self.delimiter)
        cells, position = [], 0
        while found := self._cell.match(record, position):
            cells.append(found[1])
            if found.end() == found.end(1):
                break
            position = found.end()
        return cells

    def likely_cells(self, line: bytes) -> list[bytes]:
        """The cells of a malformed line: one that opens a quote reaches to the next that closes one, if any does."""
        pieces = line.split(self.delimiter)
        if not self.quote:
            return pieces
        cells, index = [], 0
        while index < len(pieces):
            last = index
            if pieces[index].lstrip(b" ").startswith(self.quote):
                closing = (at for at in range(index, len(pieces)) if self._closes(pieces[at], at > index))
                last = next(closing, index)
            cells.append(self.delimiter.join(pieces[index : last + 1]))
            index = last + 1
        return cells

    def _closes(self, piece: bytes, continued: bool) -> bool:
        text = piece.rstrip(b" ")
        return text.endswith(self.quote) and (continued or len(text.lstrip(b" ")) > 1)

    def width(self, record: bytes) -> int:
        """The number of cells of a well-formed record."""
        return len(self.raw_cells(record))

    def quoted(self, cell: bytes) -> bool:
        """Whether a cell stands in quotes."""
        return bool(self.quote) and len(cell) > 1 and cell.startswith(self.quote) and cell.endswith(self.quote)

    def unquote(self, cell: bytes) -> bytes:
        """A cell's content."""
        if self.quoted(cell):
            cell = cell[1:-1].replace(self.quote * 2, self.quote)
        if self.marks.escape == "backslash" and _ESCAPE in cell:
            known = rb"\\(" + re.escape(self.delimiter) + rb"|" + re.escape(self.quote) + rb"|\\|\n)"
            cell = re.sub(known, rb"\1", cell)
        return cell


def requote(content: bytes, delimiter: bytes, *, quoted: bool = False) -> bytes:
    """A cell's content as RFC 4180 spells it; an empty one that was quoted stays so."""
    special = QUOTE in content or b"\r" in content or b"\n" in content or delimiter in content
    if special or (quoted and not content):
        return QUOTE + content.replace(QUOTE, QUOTE * 2) + QUOTE
    return content
