"""A sheet's XML looked through row by row, beside the reader of its values: extent, merges, errors, odd numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from crmctl.errors import FileError
from crmctl.formats.workbook.facts import MOST_COLUMNS, Details, Extent, cell_of, range_of
from crmctl.formats.workbook.ooxml import Spreadsheet

_LONGEST_ROW = 64 << 20
_DIGITS = b'0123456789"'
_ODD = (b"hidden=", b'"e"')


@dataclass(slots=True)
class _Block:
    """Whole rows, or what stands after the last one."""

    content: bytes
    rows: bool


class SheetXML:
    """The XML of one sheet, in blocks of whole rows.

    Args:
        book: The workbook.
        part: The sheet's part.
    """

    def __init__(self, book: Spreadsheet, part: str) -> None:
        self._book, self._part = book, part
        self._prefix = b""
        self._around: Details | None = None

    def extent(self) -> Extent:
        """How far the values reach, and how many rows have one.

        Raises:
            FileError: It is damaged.
        """
        found, widest, around = Extent(odd=False), b"", Details()
        for number, block in enumerate(self._blocks()):
            if not number or not block.rows:
                self._ranges(block.content, around)
            if block.rows:
                widest = max(widest, self._count(block.content, found), key=_order)
                found.odd = found.odd or any(sign in block.content for sign in (b"<" + self._prefix + b"f", *_ODD))
        self._around = around
        last_cell = cell_of(widest.decode() + "1") if widest else None
        found.width = max(found.width, last_cell[1] + 1 if last_cell else 0)
        return found

    def _count(self, block: bytes, found: Extent) -> bytes:
        """Add the rows of a block; returns the last column that one of them names."""
        possible = self._pattern(rb"<P(?:v|is|t)\b")
        value, text = b"<" + self._prefix + b"v>", b"<" + self._prefix + b"is>"
        pieces = block.split(b"</" + self._prefix + b"row>")
        filled = [piece for piece in pieces if value in piece or text in piece]
        found.sure += len(filled)
        if len(filled) < len(pieces) - 1:
            filled = [piece for piece in pieces if possible(piece)]
        found.possible += len(filled)
        numbers = self._all(
            rb"<Prow\s[^<>]*?\br=\"(\d{1,8})", block if len(filled) == len(pieces) - 1 else b"".join(filled)
        )
        numbered = max(map(int, numbers), default=0)
        found.height = max(found.height + (0 if numbered else len(filled)), numbered)
        # Three characters hold the letters of any column; few of them differ.
        starts = {piece[at : at + 3] for piece in filled if (at := piece.rfind(b' r="') + 4)}
        ends = {start.rstrip(_DIGITS) for start in starts}
        if not all(letters.isalpha() for letters in ends):
            found.width = max(found.width, *(piece.count(b"<" + self._prefix + b"c") for piece in filled))
            ends = {*self._all(rb"<Pc\s[^<>]*?\br=\"([A-Z]+)", block)}
        return max(ends, key=_order, default=b"")

    def sure(self) -> int:
        """The rows with a value for certain; `extent` is faster, and takes a row of empty cells for one."""
        value = self._pattern(rb"<P(?:v|t)(?: [^<>]*)?>[^<]")
        close = b"</" + self._prefix + b"row>"
        return sum(sum(1 for p in block.content.split(close) if value(p)) for block in self._blocks() if block.rows)

    def filled(self) -> tuple[int, int]:
        """The number of cells with a value, and the last column that has one; exact, and slower than `extent`."""
        count, widest = 0, b""
        for block in self._blocks():
            if block.rows:
                columns = self._all(rb"<Pc\s[^<>]*?\br=\"([A-Z]+)[0-9]+\"[^<>/]*>(?=<P(?:v|is|f)\b)", block.content)
                count += len(columns)
                widest = max(widest, *set(columns), b"", key=_order)
        last = cell_of(widest.decode() + "1") if widest else None
        return count, last[1] + 1 if last else 0

    def head(self, rows: int) -> bytes:
        """The sheet cut off after some rows, whole as XML."""
        for block in self._blocks():
            if not block.rows:
                return block.content
            close = b"</" + self._prefix + b"row>"
            pieces = block.content.split(close, rows)
            end = b"</%bsheetData></%bworksheet>" % (self._prefix, self._prefix)
            return close.join(pieces[:rows]) + (close if len(pieces) > 1 else b"") + end
        return b""

    def details(self) -> Details:
        """What the values alone do not tell.

        Raises:
            FileError: It is damaged.
        """
        found = self.ranges()
        scanner = _Scanner(self, found, self._book)
        for block in self._blocks():
            if block.rows:
                scanner.scan(block.content)
        return found

    def ranges(self) -> Details:
        """What stands above and below the rows: merged ranges, hidden columns, lists to choose from."""
        if self._around is None:
            self._around = Details()
            for number, block in enumerate(self._blocks()):
                if not number or not block.rows:
                    self._ranges(block.content, self._around)
        return self._around

    def _ranges(self, content: bytes, found: Details) -> None:
        if b"mergeCell" in content:
            for reference in self._all(rb"<PmergeCell\s[^<>]*?\bref=[\"']([^\"']+)", content):
                merge = range_of(reference.decode("ascii", "replace"))
                if merge is not None:
                    found.merges.append(merge)
        for column in self._all(rb"<Pcol\s([^<>]*\bhidden=.(?:1|true)[^<>]*)>", content):
            bounds = re.search(rb"\bmin=.(\d{1,5})", column), re.search(rb"\bmax=.(\d{1,5})", column)
            if bounds[0] and bounds[1] and len(found.hidden_columns) < MOST_COLUMNS:
                found.hidden_columns.update(range(int(bounds[0][1]) - 1, min(int(bounds[1][1]), MOST_COLUMNS)))
        for reference in self._all(rb"<P(?:formula1|xm:f|f)>([^<]*!)", content):
            found.choices.add(unescape(reference.decode("utf-8", "replace")).rstrip("!").strip("'").replace("''", "'"))
        if b"dataValidation" not in content:
            found.choices.clear()

    def _blocks(self) -> Iterator[_Block]:
        held: list[bytes] = []
        size = 0
        close = b""
        for chunk in self._book.package.chunks(self._part):
            if not close:
                self._learn_prefix(chunk)
                close = b"</" + self._prefix + b"row>"
            # A closing tag may lie across two pieces.
            tail = held[-1][-16:] if held else b""
            cut = (tail + chunk).rfind(close) + len(close) - len(tail)
            if cut < len(close) - len(tail):
                held.append(chunk)
                size += len(chunk)
                if size > _LONGEST_ROW:
                    raise self._book.package.broken()
                continue
            yield _Block(self._sound(b"".join([*held, chunk[:cut]])), rows=True)
            held, size = [chunk[cut:]], len(chunk) - cut
        rest = b"".join(held)
        cut = rest.rfind(close) + len(close) if close in rest else 0
        if cut:
            yield _Block(self._sound(rest[:cut]), rows=True)
        yield _Block(rest[cut:], rows=False)

    def _sound(self, content: bytes) -> bytes:
        # One character is found much faster than two.
        if b"'" in content and b"='" in content:
            content = self._quoted(content)
        if b"!" not in content or b"<!" not in content:
            return content
        if b"<![CDATA[" in content:
            raise self._book.package.broken()
        first, *pieces = content.split(b"<!--")
        return first + b"".join(piece.partition(b"-->")[2] for piece in pieces)

    @staticmethod
    def _quoted(content: bytes) -> bytes:
        """Attributes in the quotes that nearly everybody writes."""
        return re.sub(rb"(\s[\w:]+)\s*=\s*'([^'<>\"]*)'", rb'\1="\2"', content)

    def _learn_prefix(self, chunk: bytes) -> None:
        found = re.search(rb"<(\w+:)?worksheet\b", chunk)
        if found is None:
            raise FileError(
                "{path} holds a sheet in an encoding that is not UTF-8",
                cure="open it in Excel and save it again as .xlsx", path=self._book.package.path,
            )  # fmt: skip
        self._prefix = found[1] or b""

    def _pattern(self, pattern: bytes) -> Any:
        return self.compile(pattern).search

    def _all(self, pattern: bytes, content: bytes) -> list[bytes]:
        return self.compile(pattern).findall(content)

    def compile(self, pattern: bytes) -> re.Pattern[bytes]:
        """A pattern in which a capital P after a tag's beginning stands for the namespace's prefix."""
        return re.compile(re.sub(rb"<(/?)P", rb"<\1" + re.escape(self._prefix), pattern))

    @property
    def prefix(self) -> bytes:
        """What stands before each name, such as ``x:``; empty as a rule."""
        return self._prefix


@dataclass
class _Scanner:
    """Looks for cells of a kind; a block without any is left after one fast search."""

    sheet: SheetXML
    found: Details
    book: Spreadsheet
    patterns: dict[str, re.Pattern[bytes]] = field(default_factory=dict)

    def scan(self, block: bytes) -> None:
        patterns = self.patterns or self._compile()
        if b"hidden=" in block:
            self.found.hidden_rows += len(patterns["hidden"].findall(block))
        if b't="e"' in block:
            for attributes, text in patterns["error"].findall(block):
                self._put(self.found.errors, attributes, unescape(text.decode("utf-8", "replace")))
        if b"<" + self.sheet.prefix + b"f" in block:
            self.found.uncached += len(patterns["uncached"].findall(block))
        if "styled" in patterns:
            self._styled(block, patterns["styled"])
        for match in patterns["long"].finditer(block):
            self._long(block, match)

    def _compile(self) -> Mapping[str, re.Pattern[bytes]]:
        compile_, formula = self.sheet.compile, rb"(?:<Pf\b[^<>]*(?:/>|>[^<]*</Pf>))?"
        self.patterns.update(
            hidden=compile_(rb"<Prow\s[^<>]*\bhidden=.(?:1|true)\b[^<>]*[^/]>"),
            error=compile_(rb"<Pc\s([^<>]*\bt=\"e\"[^<>]*)>" + formula + rb"<Pv>([^<]*)</Pv>"),
            uncached=compile_(
                rb"<Pc(?:\s(?![^<>]*\bt=\"str\")[^<>]*)?><Pf\b[^<>]*(?:/>|>[^<]*</Pf>)\s*(?:<Pv\s*/>|<Pv></Pv>)?\s*</Pc>"
            ),
            long=compile_(rb"<Pv>-?(?:[0-9]{16,}|[0-9.]+[eE]\+?[0-9])"),
        )
        if styles := self.book.spellings:
            any_style = b"|".join(styles)
            self.patterns["styled"] = compile_(
                rb"<Pc\s([^<>]*\bs=\"(" + any_style + rb")\"[^<>]*)>" + formula + rb"<Pv>([^<]*)</Pv>"
            )
        return self.patterns

    def _styled(self, block: bytes, pattern: re.Pattern[bytes]) -> None:
        for attributes, style, text in pattern.findall(block):
            if not _is_number(attributes):
                continue
            try:
                spelled = self.book.spellings[style](float(text), self.book.from_1904)
            except (ValueError, OverflowError):
                continue
            if spelled is not None:
                self._put(self.found.texts, attributes, spelled)

    def _long(self, block: bytes, match: re.Match[bytes]) -> None:
        start = block.rfind(b"<" + self.sheet.prefix + b"c ", 0, match.start())
        attributes = block[start : block.find(b">", start)]
        text = block[match.start() : block.find(b"<", match.end())].rsplit(b">", 1)[-1].decode("ascii", "replace")
        cell = _place(attributes)
        if cell is None or not _is_number(attributes) or cell in self.found.texts:
            return
        self.found.note_long(cell, text)

    def _put(self, target: dict[tuple[int, int], str], attributes: bytes, text: str) -> None:
        cell = _place(attributes)
        if cell is not None:
            target[cell] = text


def _order(letters: bytes) -> tuple[int, bytes]:
    return len(letters), letters


def _is_number(attributes: bytes) -> bool:
    kind = re.search(rb"\bt=[\"'](\w+)", attributes)
    return kind is None or kind[1] == b"n"


def _place(attributes: bytes) -> tuple[int, int] | None:
    found = re.search(rb"\br=[\"']([A-Za-z]+\d+)", attributes)
    return cell_of(found[1].decode()) if found else None
