"""The exact path for a delimited file with defects: good records into a clean file, the others to the rejects."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from pathlib import Path

from crmctl.formats.grammar import QUOTE, Grammar, requote
from crmctl.formats.layout import Layout
from crmctl.formats.loading import Rejects
from crmctl.messages import translate

_BLOCK = 8 << 20
# A record with quotes that is longer than this counts as never closed.
_LONGEST = 8 << 20


@dataclass(slots=True)
class Sifted:
    """What came of a sifting.

    Args:
        lines: The first physical line of each good record.
        rejected: Records that went to the rejects.
        blank: Blank lines.
        longest: The longest record, in bytes.
    """

    lines: array[int] = field(default_factory=lambda: array("q"))
    rejected: int = 0
    blank: int = 0
    longest: int = 0

    @property
    def read(self) -> int:
        """Records found, good, bad and blank."""
        return len(self.lines) + self.rejected + self.blank


class Sifter:
    """Walks the records of a file one by one, so that one broken line costs itself and no other.

    Args:
        layout: Where the records begin and how wide they are.
        encoding: What the file was written in, for the reason of a reject.
        damaged: Some bytes are no UTF-8.
    """

    def __init__(self, layout: Layout, rejects: Rejects, *, encoding: str, damaged: bool) -> None:
        self._layout, self._rejects = layout, rejects
        self._encoding, self._damaged = encoding, damaged
        self._grammar = Grammar(layout.delimiter, layout.width)
        self._width = layout.width

    def run(self, path: Path, target: Path) -> Sifted:
        """Sift a UTF-8 file into a clean one: every good record on its own, ended by LF, without header."""
        self._sifted, self._line = Sifted(), self._layout.first_line
        position, buffer, more = 0, b"", True
        with path.open("rb") as file, target.open("wb") as self._clean:
            file.seek(self._layout.offset)
            while more or position < len(buffer):
                while more and (len(buffer) - position < _LONGEST or buffer.find(b"\n", position) < 0):
                    chunk = file.read(_BLOCK)
                    buffer, position, more = buffer[position:] + chunk, 0, bool(chunk)
                if position < len(buffer):
                    plain = self._plain_run(buffer, position)
                    position = plain if plain > position else self._one(buffer, position)
        self._rejects.flush()
        return self._sifted

    def _plain_run(self, buffer: bytes, start: int) -> int:
        """Take all the records from here on that are one good line each; tells where they end."""
        end = self._grammar.run_end(buffer, start)
        text = buffer[start:end]
        if self._damaged and (broken := _first_broken(text)) is not None:
            text = text[: text.rfind(b"\n", 0, broken) + 1]
        if text:
            lines = text.replace(b"\r\n", b"\n").split(b"\n")[:-1]
            self._clean.write(b"\n".join(lines) + b"\n")
            self._sifted.lines.extend(range(self._line, self._line + len(lines)))
            self._sifted.longest = max(self._sifted.longest, *map(len, lines))
            self._line += len(lines)
        return start + len(text)

    def _one(self, buffer: bytes, start: int) -> int:
        """Take the record that starts here; tells where the next one does."""
        newline = buffer.find(b"\n", start)
        end = len(buffer) if newline < 0 else newline
        text = buffer[start:end].removesuffix(b"\r")
        if QUOTE in text:
            (record, reason), end = self._quoted(buffer, start, end)
            self._put(record, reason)
            self._line += buffer.count(b"\n", start, end) + 1
            return end + 1
        for piece in self._pieces(text):
            if self._width > 1 and not piece.strip(b" "):
                self._sifted.blank += 1
            else:
                self._put(*self._judged(piece, piece.split(self._grammar.delimiter)))
            self._line += 1
        return end + 1

    def _put(self, record: bytes, reason: str) -> None:
        """A good record into the clean file, a bad one to the rejects."""
        if reason:
            self._rejects.add(self._line, reason, record)
            self._sifted.rejected += 1
            return
        self._clean.write(record + b"\n")
        self._sifted.lines.append(self._line)
        self._sifted.longest = max(self._sifted.longest, len(record))

    def _pieces(self, text: bytes) -> list[bytes]:
        """A line without quotes; more than one where lone carriage returns end records in it."""
        if b"\r" not in text:
            return [text]
        pieces = text.split(b"\r")
        fits = all(piece.count(self._grammar.delimiter) + 1 == self._width or not piece for piece in pieces)
        return pieces if fits else [text]

    def _quoted(self, buffer: bytes, start: int, line_end: int) -> tuple[tuple[bytes, str], int]:
        """The record that starts here, judged, and the position of its line end."""
        limit = min(len(buffer), start + _LONGEST)
        stop = self._grammar.end(buffer, start, limit)
        first_line = buffer[start:line_end].removesuffix(b"\r")
        if stop is None or (stop == limit < len(buffer)):
            odd = first_line.count(QUOTE) % 2
            reason = translate("a quote that is never closed") if odd else translate("text after a closing quote")
            return (first_line, reason), line_end
        record = buffer[start:stop]
        cells = self._grammar.raw_cells(record)
        if stop > line_end and self._swallowed(record, len(cells)):
            return (first_line, translate("a quote that is never closed")), line_end
        return self._judged(record, cells), stop + buffer.startswith(b"\r\n", stop)

    def _swallowed(self, record: bytes, width: int) -> bool:
        """An open quote ran over good records: lines inside it stand by themselves.

        Where the record's width is right nonetheless, all of its inner lines have to.
        """
        inner = [text.removesuffix(b"\r") for text in record.split(b"\n")[1:]]
        if width == self._width:
            inner = inner[:-1]
            return self._width > 2 and bool(inner) and all(map(self._stands_alone, inner))
        return self._stands_alone(inner[0])

    def _stands_alone(self, text: bytes) -> bool:
        return self._grammar.end(text, 0, len(text)) == len(text) and self._grammar.width(text) == self._width

    def _judged(self, record: bytes, cells: list[bytes]) -> tuple[bytes, str]:
        """A record as it can be loaded and no reason, or as it stands and the reason why it cannot."""
        if self._damaged and _first_broken(record) is not None:
            return record, translate("bytes that are not {encoding}", encoding=self._encoding)
        if len(cells) != self._width:
            return record, translate("{found} cells, {expected} expected", found=len(cells), expected=self._width)
        if any(not cell.startswith(QUOTE) and (QUOTE in cell or b"\r" in cell) for cell in cells):
            record = self._grammar.delimiter.join(map(requote, cells))
        return record, ""


def _first_broken(text: bytes) -> int | None:
    """The first byte that is not UTF-8."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None
