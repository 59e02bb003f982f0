"""Tables of web pages, as many back-ends send under the name of .xls: found, and read as text."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crmctl.errors import FileError, UsageError
from crmctl.formats.encodings.identify import identify
from crmctl.formats.encodings.names import as_utf8
from crmctl.formats.loading import prove
from crmctl.formats.model import Reading, ReadOptions, Request
from crmctl.formats.sheets.grid import Cells, load_grid
from crmctl.messages import translate

_CHUNK, _LONGEST_CELL, _WIDEST = 1 << 20, 4 << 20, 1_000
_TAG = re.compile(r"<(?:[!?]|(/?)([a-zA-Z][a-zA-Z0-9:]{0,30}))((?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>", re.IGNORECASE)
_LONGEST_TAG = 2_048
# What is passed over whole, and where it ends; the tag that ends a script is read as a tag again.
_PASSED = {name: re.compile(end, re.IGNORECASE) for name, end in
           (("!--", "-->"), ("script", "(?=</script)"), ("style", "(?=</style)"))}  # fmt: skip
_SPAN = re.compile(r"(col|row)span\s*=\s*[\"']?\s*(\d{1,5})", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")


@dataclass(slots=True)
class _Open:
    """A table that is being read: its number, its row so far, and the cells that earlier rows reach down with."""

    number: int
    row: list[str] | None = None
    cell: list[str] | None = None
    spans: tuple[int, int] = (1, 1)
    hanging: dict[int, tuple[int, str]] = field(default_factory=dict)
    size: int = 0


def html_tables(path: Path, options: ReadOptions, workdir: Path) -> list[tuple[int, str]]:
    """The number, from 1, and a name for each table that has at least two rows and two columns; else the fullest.

    Raises:
        FileError: There is no table in the page.
    """
    shapes: dict[int, list[int]] = {}
    with as_utf8(path, identify(path, options.encoding), workdir) as (text, start):
        for number, row in _Page(text, start).rows():
            shape = shapes.setdefault(number, [0, 0])
            shape[0] += 1
            shape[1] = max(shape[1], sum(1 for cell in row if cell.strip()))
    if not any(width for _, width in shapes.values()):
        raise FileError("there is no table in {path}", cure="export it as CSV or .xlsx", path=path)
    found = [number for number, (rows, width) in shapes.items() if rows > 1 and width > 1]
    found = found or [max(shapes, key=lambda number: (shapes[number][0] * shapes[number][1], -number))]
    alone = len(found) == 1
    return [(number, "" if alone else translate("table {table}", table=number)) for number in found]


def read_html(request: Request) -> Reading:
    """Read one table of a page: the one named, else the one with the most rows.

    Raises:
        FileError: There is no table in the page.
        UsageError: It has no such table.
    """
    evidence = identify(request.path, request.options.encoding)
    with as_utf8(request.path, evidence, request.workdir) as (path, start):
        counts: dict[int, int] = {}
        for number, _ in _Page(path, start).rows():
            counts[number] = counts.get(number, 0) + 1
        if not counts:
            raise FileError("there is no table in {path}", cure="export it as CSV or .xlsx", path=request.path)
        chosen = request.options.table or max(counts, key=lambda number: (counts[number], -number))
        if chosen not in counts:
            raise UsageError("there is no table {table}", cure="there are {count}", table=chosen, count=len(counts))
        page = _Page(path, start)

        def rows() -> Iterator[Cells]:
            nonlocal page
            page = _Page(path, start)
            own = (row for number, row in page.rows() if number == chosen)
            return enumerate(own, 1)

        found = load_grid(request, rows, lambda: page.cut_off != chosen)
    prove(request, read=found.read, loaded=found.loaded, rejected=found.rejected, skipped=found.skipped)
    said = [evidence.said, translate("table {table} of a web page", table=chosen), *found.said]
    return Reading(
        path=request.path, format="html", dialect=None, sheet=None, headers=found.headers, columns=found.columns,
        read=found.read, loaded=found.loaded, rejected=found.rejected, skipped=found.skipped, sha256=evidence.sha256,
        size=evidence.size, decision=", ".join(said),
    )  # fmt: skip


class _Page:
    """One pass over a page, piece by piece.

    Args:
        path: A UTF-8 file.
        start: The byte at which its text begins.
    """

    def __init__(self, path: Path, start: int) -> None:
        self._path, self._start = path, start
        self._open: list[_Open] = []
        self._tables = 0
        self.cut_off = 0
        """The table in whose cell the page ended; 0 where it ended well."""

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row of each table, with the table's number."""
        for text, closing, name, attributes in self._tokens():
            if text:
                self._text(text)
            if name:
                yield from self._tag(closing, name, attributes)
        while self._open:
            inner = self._open[-1]
            if inner.cell is not None:
                self.cut_off = inner.number
            yield from self._end_row(inner)
            self._open.pop()

    def _tokens(self) -> Iterator[tuple[str, bool, str, str]]:
        """Text, or a tag: whether it closes, its name, its attributes."""
        held, passing = "", None
        for piece, last in self._pieces():
            held += piece
            position = 0
            while True:
                if passing is not None:
                    ended = passing.search(held, position)
                    if ended is None:
                        position = max(position, len(held) - 10)
                        break
                    position, passing = ended.end(), None
                opening = held.find("<", position)
                if opening < 0:
                    opening = len(held)
                if opening > position:
                    yield held[position:opening], False, "", ""
                    position = opening
                if opening == len(held):
                    break
                if held.startswith("<!--", opening):
                    position, passing = opening + 4, _PASSED["!--"]
                elif found := _TAG.match(held, opening, opening + _LONGEST_TAG):
                    name = (found[2] or "").lower()
                    yield "", found[1] == "/", name, found[3]
                    position = found.end()
                    if found[1] == "" and not found[3].endswith("/"):
                        passing = _PASSED.get(name)
                elif not last and len(held) - opening < _LONGEST_TAG:
                    break
                else:
                    yield "<", False, "", ""
                    position += 1
            held = held[position:]

    def _pieces(self) -> Iterator[tuple[str, bool]]:
        """The text in pieces, and whether each is the last."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with self._path.open("rb") as file:
            file.seek(self._start)
            while chunk := file.read(_CHUNK):
                yield decoder.decode(chunk).replace("\0", ""), False
        yield decoder.decode(b"", True), True

    def _text(self, text: str) -> None:
        if self._open and (cell := self._open[-1].cell) is not None and self._open[-1].size < _LONGEST_CELL:
            cell.append(text)
            self._open[-1].size += len(text)

    def _tag(self, closing: bool, name: str, attributes: str) -> Iterator[tuple[int, list[str]]]:
        if name == "table" and not closing:
            self._tables += 1
            self._open.append(_Open(self._tables))
            return
        if not self._open:
            return
        table = self._open[-1]
        match name:
            case "table":
                yield from self._end_row(table)
                self._open.pop()
            case "tr":
                yield from self._end_row(table)
                if not closing:
                    table.row = []
            case "td" | "th":
                self._end_cell(table)
                if not closing:
                    table.row = [] if table.row is None else table.row
                    table.cell, table.size, table.spans = [], 0, _spans(attributes)
            case "br" | "p" | "div" if table.cell:
                table.cell.append("\0")

    def _end_row(self, table: _Open) -> Iterator[tuple[int, list[str]]]:
        self._end_cell(table)
        if table.row is None:
            return
        row, table.row = table.row, None
        self._hang(table, row)
        yield table.number, row

    def _end_cell(self, table: _Open) -> None:
        if table.cell is None or table.row is None:
            return
        text = _plain("".join(table.cell))
        table.cell = None
        self._hang(table, table.row)
        columns, rows = table.spans
        for number in range(columns):
            if rows > 1:
                table.hanging[len(table.row)] = (rows, text if not number else "")
                self._hang(table, table.row)
            else:
                table.row.append(text if not number else "")

    def _hang(self, table: _Open, row: list[str]) -> None:
        """Cells that reach down from rows above take their places."""
        while len(row) in table.hanging:
            left, text = table.hanging.pop(len(row))
            if left > 1:
                table.hanging[len(row)] = (left - 1, text)
            row.append(text)


def _spans(attributes: str) -> tuple[int, int]:
    found = {kind.lower(): int(number) for kind, number in _SPAN.findall(attributes)}
    return min(max(found.get("col", 1), 1), _WIDEST), min(max(found.get("row", 1), 1), 65_536)


def _plain(text: str) -> str:
    """A cell's text as a browser shows it: blanks folded, line breaks kept."""
    shown = html.unescape(_BLANKS.sub(" ", text)).replace("\xa0", " ")
    return "\n".join(line.strip() for line in shown.split("\0")).strip()
