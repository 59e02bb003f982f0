"""The content of an .ods workbook looked through beside the reader of its values: sheets, extent, oddities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from xml.parsers import expat

from crmctl.errors import FileError
from crmctl.formats.workbook.facts import Details, Extent, Merge, Sheet
from crmctl.formats.workbook.package import Package

_CONTENT, _MANIFEST = "content.xml", "META-INF/manifest.xml"
_MOST, _MOST_REPEATS = 1 << 20, 64


@dataclass
class _Table:
    sheet: Sheet
    extent: Extent = field(default_factory=Extent)
    details: Details = field(default_factory=Details)


class OpenDocument:
    """The tables of an OpenDocument spreadsheet.

    Raises:
        FileError: It is damaged, or behind a password.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        if _MANIFEST in package and b"encryption-data" in b"".join(package.chunks(_MANIFEST)):
            raise FileError(
                "{path} is protected by a password, and an .ods file cannot be opened with one",
                cure="save it without a password, or as .xlsx", path=package.path,
            )  # fmt: skip

    @cached_property
    def tables(self) -> list[_Table]:
        """Every table and what is known of it, found in one pass."""
        walk = _Walk()
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = walk.start, walk.end
        parser.CharacterDataHandler = walk.text
        parser.buffer_text = True
        try:
            for chunk in self.package.chunks(_CONTENT):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError):
            raise self.package.broken() from None
        return walk.tables


class _Walk:
    """Follows the elements of the content; names come without their namespace."""

    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self._style, self._hidden_styles = "", set[str]()
        self._row = self._column = self._repeat = self._columns = 0
        self._collapsed = False
        self._cell: Mapping[str, str] | None = None
        self._text: list[str] = []
        self._depth = 0
        self._filled: list[tuple[int, int, bool]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        tag = name.rsplit(" ", 1)[-1]
        own = {key.rsplit(" ", 1)[-1]: value for key, value in attributes.items()}
        match tag:
            case "style":
                self._style = own.get("name", "")
            case "table-properties" if own.get("display") == "false":
                self._hidden_styles.add(self._style)
            case "table" if "name" in own:
                visible = own.get("style-name", "") not in self._hidden_styles
                self.tables.append(_Table(Sheet(own["name"], visible, len(self.tables))))
                self._row = self._columns = 0
            case "table-column" if self.tables:
                count = _count(own, "number-columns-repeated")
                if own.get("visibility") in {"collapse", "filter"}:
                    self.tables[-1].details.hidden_columns.update(
                        range(self._columns, min(self._columns + count, 16_384))
                    )
                self._columns += count
            case "table-row" if self.tables:
                self._column, self._filled = 0, []
                self._repeat = _count(own, "number-rows-repeated")
                self._collapsed = own.get("visibility") in {"collapse", "filter"}
            case "table-cell" | "covered-table-cell" if self.tables:
                self._cell, self._text, self._depth = {**own, **_kinds(attributes)}, [], 0
            case "annotation":
                self._depth += 1

    def end(self, name: str) -> None:
        """An element closes."""
        match name.rsplit(" ", 1)[-1]:
            case "annotation":
                self._depth -= 1
            case "table-cell" | "covered-table-cell" if self._cell is not None:
                self._close_cell(self._cell)
                self._cell = None
            case "table-row" if self.tables:
                self._close_row(self.tables[-1])

    def text(self, content: str) -> None:
        """Characters of a cell, its comment's apart."""
        if self._cell is not None and not self._depth:
            self._text.append(content)

    def _close_cell(self, cell: Mapping[str, str]) -> None:
        repeat = _count(cell, "number-columns-repeated")
        kind, details = cell.get("kind", ""), self.tables[-1].details
        place = (self._row, self._column)
        if kind:
            text = "".join(self._text)
            error = cell.get("shown") == "error"
            self._filled.append((self._column + repeat, repeat, bool(text.strip()) and not error))
            if error:
                details.errors[place] = text
            elif kind == "float":
                self._note_number(place, cell.get("value", ""), text, repeat)
            elif kind == "date" and "T" in cell.get("date-value", ""):
                details.texts[place] = cell["date-value"].replace("T", " ")
        down, across = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
        if down > 1 or across > 1:
            details.merges.append(Merge(self._row, self._column, self._row + down - 1, self._column + across - 1))
        self._column += repeat

    def _note_number(self, place: tuple[int, int], value: str, shown: str, repeat: int) -> None:
        """Remember a number of many digits, and one shown with zeros before it, as a code is."""
        details = self.tables[-1].details
        details.note_long(place, value)
        if shown.startswith("0") and shown.isdecimal() and value == (shown.lstrip("0") or "0"):
            details.texts.update({(place[0], place[1] + at): shown for at in range(min(repeat, _MOST_REPEATS))})

    def _close_row(self, table: _Table) -> None:
        if self._filled:
            table.extent.possible += self._repeat
            table.extent.sure += self._repeat if any(sure for _, _, sure in self._filled) else 0
            table.extent.height = self._row + self._repeat
            table.extent.width = max(table.extent.width, self._filled[-1][0])
            table.extent.cells += self._repeat * sum(count for _, count, _ in self._filled)
            table.details.hidden_rows += self._repeat if self._collapsed else 0
        self._row += self._repeat


def _count(attributes: Mapping[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, min(int(text), _MOST)) if text.isdecimal() else 1


def _kinds(attributes: Mapping[str, str]) -> dict[str, str]:
    """A value's type twice: as OpenDocument knows it, and as LibreOffice shows it."""
    found = {}
    for name, value in attributes.items():
        if name.endswith(" value-type"):
            found["shown" if "calcext" in name or "calc" in name else "kind"] = value
    return found
