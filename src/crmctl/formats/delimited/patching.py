"""Writing a delimited file again where few cells changed: what did not change is copied byte for byte.

Every record of the original is held against what was loaded of it; where they do not agree, nothing is written here.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from crmctl.formats.delimited.grammar import Grammar, Marks
from crmctl.formats.encodings.names import codec_of
from crmctl.formats.model import Dialect

_CHECKED, _EVERY = 1_000, 64
# Lines of one record.
_LONGEST = 10_000
_WIDE = ("utf-16", "utf-32")


class Unlike(Exception):
    """The original is not what its reading makes one expect."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which columns go where.

    Args:
        headers: The header cells of the original; empty where it has none.
        sources: For each column to write, its place in the original; None for a new one.
        wanted: The header cells to write.
        whole: Every row of the original stays.
    """

    headers: Sequence[str]
    sources: Sequence[int | None]
    wanted: Sequence[str]
    whole: bool

    @property
    def alike(self) -> bool:
        """The columns are the original's own."""
        return list(self.sources) == list(range(len(self.headers))) and list(self.wanted) == list(self.headers)


@dataclass(slots=True)
class _Record:
    """A record of the original, the end of its last line, and whether its quotes are in order."""

    raw: bytes
    end: bytes
    sound: bool = True


class Patcher:
    """Walks through the original file beside the rows that were read from it.

    Args:
        path: The original.
        dialect: How it is spelled.
        returns: Carriage returns alone end lines too.
        plan: What to write of it.
        lossy: Some lines were rejected: what stands between the rows is not copied.
    """

    def __init__(self, path: Path, dialect: Dialect, plan: Plan, *, returns: bool, lossy: bool) -> None:
        self._path, self._dialect, self._plan, self._lossy = path, dialect, plan, lossy
        self._codec, self._mark = codec_of(dialect.encoding)
        self._wide = self._codec.startswith(_WIDE)
        marks = Marks(dialect.delimiter.encode(), dialect.quote.encode(), dialect.escape, returns)
        self._grammar = Grammar(marks, len(plan.headers))
        self._returns = returns
        # No encoding has a byte below 0x40 as the second one of a character, but many have the bar and the backslash.
        safe = dialect.escape == "double" and all(char < "@" for char in dialect.delimiter + dialect.quote)
        self._direct = self._codec in {"utf-8", "ascii"} or (safe and not self._wide)
        self._plain = self._codec in {"utf-8", "ascii"}
        self._doubtful = 0

    def run(self, batches: Any, target: BinaryIO) -> int:
        """Write the file; returns the number of records.

        Args:
            batches: Arrow batches of ``line, before, after, gone`` in the order of the original: the row's line, its
                text in the file's dialect as it was loaded, the text to write (null where nothing changed), and
                whether the row is to be left out.
            target: Where to.

        Raises:
            Unlike: The original does not hold those rows. What was written so far is worthless.
        """
        self._target, self._written, self._open = target, 0, False
        if self._mark:
            target.write(self._mark)
        with self._path.open("rb") as file:
            file.seek(len(self._mark))
            carrier = self._codec if self._wide else "latin-1"
            newline = "" if self._returns else "\n"
            with io.TextIOWrapper(file, carrier, errors=None, newline=newline) as text:
                self._number = 0
                self._lines: Iterator[str] = iter(text)
                self._rows(batches)
                self._rest()
        return self._written

    def _rows(self, batches: Any) -> None:
        rows = _peeked(row for batch in batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))
        first = True
        for (line, before, after, gone), following in rows:
            if line is None or line <= self._number:
                raise Unlike
            between = self._until(line)
            if first:
                self._head(between)
                first = False
            else:
                self._between(between)
            record = self._record(following)
            text = self._checked(record, before)
            if not gone:
                self._put(self._patched(record, text, before, after), record.end)
                self._written += 1
        if first:
            self._empty([self._coded(line) for line in self._lines])

    def _until(self, line: int) -> list[bytes]:
        """The lines from here to the one before this."""
        found = []
        while self._number < line - 1:
            found.append(self._next())
        return found

    def _next(self) -> bytes:
        line = next(self._lines, "")
        if not line:
            raise Unlike
        self._number += 1
        return self._coded(line)

    def _coded(self, line: str) -> bytes:
        return line.encode("utf-8", "surrogatepass") if self._wide else line.encode("latin-1")

    def _record(self, following: int | None) -> _Record:
        """The record that starts on the next line, which reaches to the one before the following at most."""
        raw, end = _split(self._next())
        if not self._grammar.quote or self._grammar.quote not in raw or self._complete(raw):
            return _Record(raw, end)
        taken: list[str] = []
        parts, quotes = [raw + end], raw.count(self._grammar.quote)
        while following is None or self._number + len(taken) < following - 1:
            line = next(self._lines, "")
            if not line or len(taken) > _LONGEST:
                break
            taken.append(line)
            parts.append(self._coded(line))
            quotes += parts[-1].count(self._grammar.quote)
            if quotes % 2 and self._dialect.escape == "double":
                continue
            whole, last = _split(b"".join(parts))
            if self._complete(whole):
                self._number += len(taken)
                return _Record(whole, last)
        # A quote that means nothing: the line is a record by itself.
        self._lines = itertools.chain(taken, self._lines)
        return _Record(raw, end, sound=False)

    def _complete(self, text: bytes) -> bool:
        if not self._direct and not self._wide:
            text = self._text(text).encode("utf-8", "surrogateescape")
        return self._grammar.end(text, 0, len(text)) == len(text)

    def _text(self, raw: bytes) -> str:
        if self._wide:
            return raw.decode("utf-8", "surrogatepass")
        return raw.decode(self._codec, "surrogateescape")

    def _cells(self, raw: bytes) -> list[bytes]:
        """The cells of a record as they are spelled: bytes of the original where that can be, else UTF-8."""
        if self._direct or self._wide:
            return self._grammar.raw_cells(raw)
        return self._grammar.raw_cells(self._text(raw).encode("utf-8", "surrogateescape"))

    def _cell_text(self, cell: bytes) -> str:
        """A cell as it is spelled, as text."""
        return self._text(cell) if self._direct else cell.decode("utf-8", "surrogateescape")

    def _checked(self, record: _Record, before: str) -> str:
        """The record as text.

        Raises:
            Unlike: It does not say what was loaded.
        """
        text = self._text(record.raw)
        if text == before:
            return text
        self._doubtful += 1
        if not record.sound:
            self._alike([text] * len(self._plan.headers), before)
        elif self._doubtful < _CHECKED or self._doubtful % _EVERY == 0:
            self._alike([self._unquoted(self._cell_text(cell)) for cell in self._cells(record.raw)], before)
        return text

    def _alike(self, spelled: Sequence[str], before: str) -> None:
        """Hold the cells as the original spells them against those that were loaded."""
        loaded = [self._unquoted(cell) for cell in self._canonical(before)]
        good = sum(bool(theirs) and theirs in mine for mine, theirs in zip(spelled, loaded, strict=False))
        if good * 2 < sum(map(bool, loaded)):
            raise Unlike

    def _canonical(self, line: str) -> list[str]:
        return [cell.decode("utf-8") for cell in self._grammar.raw_cells(line.encode("utf-8", "replace"))]

    def _unquoted(self, cell: str) -> str:
        return self._grammar.unquote(cell.encode("utf-8", "replace")).decode("utf-8", "replace")

    def _patched(self, record: _Record, text: str, before: str, after: str | None) -> bytes:
        """The record's bytes with the cells replaced that say something else now."""
        if after is None:
            return record.raw
        if not record.sound or (text == before and self._plan.alike):
            return self._bytes(after)
        cells, old, new = self._cells(record.raw), self._canonical(before), self._canonical(after)
        width = len(self._plan.headers)
        if len(new) < len(self._plan.sources) or len(old) < width:
            raise Unlike
        written = []
        for source, value in zip(self._plan.sources, new, strict=False):
            if source is not None and source < len(cells) and old[source] == value:
                written.append(cells[source])
            else:
                quoted = source is not None and source < len(cells) and self._grammar.quoted(cells[source])
                written.append(self._spelled(value, quoted=quoted))
        return self._joined(written + cells[width:])

    def _spelled(self, cell: str, *, quoted: bool) -> bytes:
        mark = self._dialect.quote
        if quoted and cell and not cell.startswith(mark):
            cell = mark + cell + mark
        return self._bytes(cell) if self._direct else cell.encode("utf-8")

    def _joined(self, cells: Sequence[bytes]) -> bytes:
        joined = self._grammar.delimiter.join(cells)
        if self._direct or self._wide:
            return joined
        return self._bytes(joined.decode("utf-8", "surrogateescape"))

    def _bytes(self, text: str) -> bytes:
        """Text as the file holds it; UTF-8 where the file's own units are wide, until it is written."""
        if self._wide:
            return text.encode("utf-8", "surrogatepass")
        errors = "replace" if self._dialect.unencodable == "replace" else "surrogateescape"
        return text.encode(self._codec, errors)

    def _put(self, record: bytes, end: bytes) -> None:
        """Write a record; one that was the last of all gets a line end if another follows."""
        if self._open:
            self._write(self._dialect.line_end.encode())
        self._write(record + end)
        self._open = not end

    def _write(self, data: bytes) -> None:
        if self._wide:
            data = data.decode("utf-8", "surrogatepass").encode(self._codec, "surrogatepass")
        self._target.write(data)

    def _head(self, lines: Sequence[bytes]) -> None:
        """What stands above the first row: the header, and lines that are none of the table's."""
        if self._plan.alike or not self._dialect.header:
            self._copy(lines)
            return
        for number, line in enumerate(lines):
            raw, end = _split(line)
            cells = self._cells(raw)
            if self._is_header(cells):
                self._copy(lines[:number])
                self._put(self._headed(cells), end)
                self._copy(lines[number + 1 :])
                return
        raise Unlike

    def _empty(self, lines: Sequence[bytes]) -> None:
        """A file without rows: there is nothing to hold it against but its header."""
        if not any(self._is_header(self._cells(_split(line)[0])) for line in lines):
            raise Unlike
        self._head(lines)

    def _is_header(self, cells: Sequence[bytes]) -> bool:
        texts = [self._unquoted(self._cell_text(cell)) for cell in cells]
        return texts[: len(self._plan.headers)] == list(self._plan.headers)

    def _headed(self, cells: Sequence[bytes]) -> bytes:
        from crmctl.formats.delimited.writing import header_line

        plain = self._canonical(header_line(self._plan.wanted, self._dialect))
        written = [
            cells[source] if source is not None and self._plan.headers[source] == wanted
            else self._spelled(spelled, quoted=False)
            for source, wanted, spelled in zip(self._plan.sources, self._plan.wanted, plain, strict=False)
        ]  # fmt: skip
        return self._joined(written + list(cells[len(self._plan.headers) :]))

    def _between(self, lines: Sequence[bytes]) -> None:
        """Blank lines and notes between rows; what was rejected is left out, and so is all that lost its place."""
        if self._plan.whole:
            self._copy([line for line in lines if not self._lossy or not line.strip()])

    def _rest(self) -> None:
        """What stands below the last row."""
        if self._plan.whole:
            self._between([self._coded(line) for line in self._lines])

    def _copy(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            raw, end = _split(line)
            self._put(raw, end)


def _split(line: bytes) -> tuple[bytes, bytes]:
    """A line and its end."""
    for end in (b"\r\n", b"\n", b"\r"):
        if line.endswith(end):
            return line[: -len(end)], end
    return line, b""


def _peeked(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], int | None]]:
    """Each row, and the line of the one after it."""
    current = next(rows, None)
    while current is not None:
        following = next(rows, None)
        yield current, following[0] if following else None
        current = following
