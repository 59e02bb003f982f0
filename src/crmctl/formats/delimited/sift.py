"""The exact path for a delimited file with defects: good records into a clean file, the others to the rejects."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from crmctl.errors import FileError
from crmctl.formats.delimited.grammar import QUOTE, Grammar, requote
from crmctl.formats.delimited.layout import Layout
from crmctl.formats.delimited.repair import Cells, Mended, Mender
from crmctl.formats.loading import Rejects
from crmctl.formats.sheets.remarks import comment
from crmctl.messages import translate

_BLOCK = 8 << 20
# A record with quotes that is longer than this counts as never closed.
_LONGEST = 8 << 20
# No line is longer than this; a file with such a line is no table.
LINE_LIMIT = 32 << 20
_SEPARATOR = b"\x1f"
_NOTHING = b" \t\r\0\x1a"


class NotTrailing(Exception):
    """A record has a cell after the delimiter that was thought to end every record."""


@dataclass(slots=True)
class Sifted:
    """What came of a sifting.

    Args:
        lines: The first physical line of each good record.
        rejected: Records that went to the rejects.
        blank: Blank lines.
        repeated: Headers that came again, and comment lines.
        longest: The longest record, in bytes.
        delimiter: Of the clean file.
        passed: The physical lines gone through.
        splits: Lone carriage returns that ended records in files where they are rare.
        mended: What was mended.
    """

    lines: array[int] = field(default_factory=lambda: array("q"))
    rejected: int = 0
    blank: int = 0
    repeated: int = 0
    longest: int = 0
    delimiter: str = ","
    passed: int = 0
    splits: int = 0
    mended: Mended = field(default_factory=Mended)

    @property
    def read(self) -> int:
        """Records found, good, bad, blank and repeated."""
        return len(self.lines) + self.rejected + self.blank + self.repeated


class Sifter:
    """Walks the records of a table one by one, so that one broken line costs itself and no other.

    Args:
        layout: Where the records begin and how wide they are.
        encoding: What the file was written in, for the reason of a reject.
        damaged: Some bytes are no UTF-8.
    """

    def __init__(self, layout: Layout, rejects: Rejects, *, encoding: str, damaged: bool) -> None:
        self._layout, self._rejects = layout, rejects
        self._encoding, self._damaged = encoding, damaged
        self._width, marks = layout.width, layout.marks
        self._grammar = Grammar(marks, layout.width + layout.trailing)
        self._mender = Mender(self._grammar, layout.columns)
        self._nothing = bytes(byte for byte in _NOTHING if byte not in marks.delimiter)
        self._as_is = marks.common
        self._mark = marks.delimiter if self._as_is else _SEPARATOR
        # A cell with none of these is spelled alike in the clean file.
        self._special = re.compile(rb"[\"\\\r\n" + re.escape(marks.quote + self._mark) + rb"]")

    def run(self, path: Path, target: Path) -> Sifted:
        """Sift a UTF-8 file into a clean one: every good record on its own, ended by LF, without header.

        Raises:
            FileError: A line is too long for any table.
            NotTrailing: The layout says that a delimiter ends every record, but one has a cell there.
        """
        self._sifted, self._line = Sifted(delimiter=self._mark.decode()), self._layout.first_line
        position, buffer, left = 0, b"", self._layout.stop - self._layout.offset
        with path.open("rb") as file, target.open("wb") as self._clean:
            file.seek(self._layout.offset)
            while left or position < len(buffer):
                while left and (len(buffer) - position < _LONGEST or self._unended(buffer, position)):
                    chunk = file.read(min(_BLOCK, left))
                    buffer, position = buffer[position:] + chunk, 0
                    left = left - len(chunk) if chunk else 0
                    self._bounded(path, buffer)
                if position < len(buffer):
                    plain = self._plain_run(buffer, position)
                    position = plain if plain > position else self._one(buffer, position)
        self._rejects.flush()
        self._sifted.passed = self._line - self._layout.first_line - self._sifted.splits
        return self._sifted

    def _unended(self, buffer: bytes, position: int) -> bool:
        return self._grammar.line_end.search(buffer, position) is None

    def _bounded(self, path: Path, buffer: bytes) -> None:
        if len(buffer) > LINE_LIMIT and self._unended(buffer, 0):
            raise FileError(
                "{path}: line {line} is longer than {limit} MB", cure="check that this is a text file with line ends",
                path=path, line=self._line, limit=LINE_LIMIT >> 20,
            )  # fmt: skip

    def _plain_run(self, buffer: bytes, start: int) -> int:
        """Take all the records from here on that are one good line each; tells where they end."""
        end = self._grammar.run_end(buffer, start)
        if end == start:
            return start
        text = self._before_header(buffer[start:end])
        if self._damaged and (broken := _first_broken(text)) is not None:
            text = text[: text.rfind(b"\n", 0, broken) + 1]
        if not text:
            return start
        size = len(text)
        text = text.replace(b"\r\n", b"\n")
        if self._layout.marks.returns:
            text = text.replace(b"\r", b"\n")
        if self._layout.trailing:
            text = self._without_trailing(text)
        if not self._as_is:
            text = text.replace(self._grammar.delimiter, self._mark)
        lines = text.split(b"\n")[:-1]
        self._clean.write(text)
        self._sifted.lines.extend(range(self._line, self._line + len(lines)))
        self._sifted.longest = max(self._sifted.longest, *map(len, lines))
        self._line += len(lines)
        return start + size

    def _before_header(self, text: bytes) -> bytes:
        """The text up to where the header comes again."""
        again = self._layout.header_text
        if not again:
            return text
        if text.startswith((again + b"\n", again + b"\r")):
            return b""
        found = min((at for at in (text.find(b"\n" + again + end) for end in (b"\n", b"\r")) if at >= 0), default=-1)
        return text if found < 0 else text[: found + 1]

    def _without_trailing(self, text: bytes) -> bytes:
        mark = self._grammar.delimiter
        stripped = text.replace(mark + b"\n", b"\n")
        if len(text) - len(stripped) != text.count(b"\n") * len(mark):
            raise NotTrailing
        return stripped

    def _one(self, buffer: bytes, start: int) -> int:
        """Take the record that starts here; tells where the next one does."""
        end, after = self._grammar.next_line(buffer, start, len(buffer))
        text = buffer[start:end]
        if self._grammar.quote and self._grammar.quote in text:
            stop, after = self._quoted(buffer, start, end, after)
            self._line += self._grammar.lines(buffer[start:stop]) + 1
            return after
        pieces = self._pieces(text)
        self._sifted.splits += len(pieces) - 1
        for piece in pieces:
            if self._width > 1 and not piece.strip(self._nothing):
                self._sifted.blank += 1
            else:
                self._judge(piece, self._grammar.raw_cells(piece))
            self._line += 1
        return after

    def _pieces(self, text: bytes) -> list[bytes]:
        """A line without quotes; more than one where lone carriage returns end records in it."""
        if b"\r" not in text or self._layout.marks.returns:
            return [text]
        pieces = text.split(b"\r")
        expected = self._width + self._layout.trailing
        fits = all(len(self._grammar.raw_cells(piece)) == expected or not piece for piece in pieces)
        return pieces if fits else [text]

    def _quoted(self, buffer: bytes, start: int, line_end: int, after: int) -> tuple[int, int]:
        """Take the record with quotes that starts here; tells where it ends and where the next one starts."""
        limit = min(len(buffer), start + _LONGEST)
        stop = self._grammar.end(buffer, start, limit)
        line = buffer[start:line_end]
        if stop is None or (stop == limit < len(buffer)):
            self._malformed(line)
            return line_end, after
        record = buffer[start:stop]
        cells = self._grammar.raw_cells(record)
        if stop > line_end:
            if self._swallowed(record, len(cells)):
                self._malformed(line)
                return line_end, after
            after = self._grammar.next_line(buffer, stop, len(buffer))[1]
        self._judge(record, cells)
        return stop, after

    def _malformed(self, line: bytes) -> None:
        """A line whose quotes do not match: taken if there is one way to understand it."""
        text = line.removesuffix(self._grammar.delimiter) if self._layout.trailing else line
        cells = self._mender.segmented(text) if not self._broken(line) else None
        if cells is not None:
            self._sifted.mended.counts["quote"] += 1
            self._take(cells)
            return
        odd = line.count(self._grammar.quote) % 2
        reason = translate("a quote that is never closed") if odd else translate("text after a closing quote")
        self._reject(line, reason)

    def _swallowed(self, record: bytes, width: int) -> bool:
        """An open quote ran over good records: lines inside it stand by themselves.

        Where the record's width is right nonetheless, all of its inner lines have to.
        """
        inner = [text.removesuffix(b"\r") for text in record.split(b"\n")[1:]]
        if not inner:
            return False
        if width == self._width + self._layout.trailing:
            inner = inner[:-1]
            bare = not any(self._grammar.quote in text for text in inner)
            return self._width > 2 and bool(inner) and bare and all(map(self._stands_alone, inner))
        return self._stands_alone(inner[0])

    def _stands_alone(self, text: bytes) -> bool:
        expected = self._width + self._layout.trailing
        return self._grammar.end(text, 0, len(text)) == len(text) and self._grammar.width(text) == expected

    def _broken(self, text: bytes) -> bool:
        return self._damaged and _first_broken(text) is not None

    def _judge(self, record: bytes, cells: Cells) -> None:
        """A record into the clean file if its cells are those of the columns or can be brought there."""
        if self._broken(record):
            self._reject(record, translate("bytes that are not {encoding}", encoding=self._encoding))
            return
        found = len(cells)
        if self._layout.trailing and found == self._width + 1:
            if cells[-1].strip():
                raise NotTrailing
            cells = cells[:-1]
        if self._again(record, cells):
            self._sifted.repeated += 1
            return
        if len(cells) != self._width:
            mended = self._mended(record, cells)
            if mended is None:
                self._reject(record, translate("{found} cells, {expected} expected", found=found, expected=self._width))
                return
            cells, kind = mended
            self._sifted.mended.counts[kind] += 1
            self._take(cells)
        elif self._as_is and len(cells) == found and not any(map(self._odd, cells)):
            self._put(record)
        else:
            self._take(cells)

    def _again(self, record: bytes, cells: Cells) -> bool:
        """The header once more, or a comment."""
        if self._layout.header_text and record == self._layout.header_text:
            return True
        if len(cells) == self._width or self._width < 2:
            return False
        return comment([cells[0].decode("utf-8", "replace")], self._width)

    def _mended(self, record: bytes, cells: Cells) -> tuple[Cells, str] | None:
        if len(cells) == 1 and (other := self._mender.other_delimiter(record)) is not None:
            return other, "delimiter"
        if self._layout.trailing and len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
            raise NotTrailing
        mended = self._mender.mend(cells)
        if mended is None and (other := self._mender.other_delimiter(record)) is not None:
            return other, "delimiter"
        return mended

    def _odd(self, cell: bytes) -> bool:
        return not cell.startswith(QUOTE) and (QUOTE in cell or b"\r" in cell)

    def _take(self, cells: Cells) -> None:
        """Cells as spelled in the file into the clean file."""
        self._put(self._mark.join([self._plain_cell(cell) for cell in cells]))

    def _plain_cell(self, cell: bytes) -> bytes:
        if not self._special.search(cell):
            return cell
        grammar = self._grammar
        return requote(grammar.unquote(cell), self._mark, quoted=grammar.quoted(cell))

    def _put(self, record: bytes) -> None:
        self._clean.write(record + b"\n")
        self._sifted.lines.append(self._line)
        self._sifted.longest = max(self._sifted.longest, len(record))

    def _reject(self, record: bytes, reason: str) -> None:
        self._rejects.add(self._line, reason, record)
        self._sifted.rejected += 1


def _first_broken(text: bytes) -> int | None:
    """The first byte that is not UTF-8."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None
