"""Workbooks as one XML file (SpreadsheetML 2003), as back-ends send under the name of .xls: sheets found and read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

from crmctl.errors import FileError, Place, UsageError
from crmctl.formats.encodings.identify import identify
from crmctl.formats.encodings.names import as_utf8
from crmctl.formats.loading import prove
from crmctl.formats.model import Reading, ReadOptions, Request
from crmctl.formats.sheets.grid import Cells, load_grid
from crmctl.messages import translate

_CHUNK, _LONGEST_CELL, _MOST_COLUMNS = 1 << 18, 1 << 20, 16_384
_SPACE = "urn:schemas-microsoft-com:office:spreadsheet "
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?")


def worksheets(path: Path, options: ReadOptions, workdir: Path) -> list[str]:
    """The names of the sheets that are not empty, in their order; only the one asked for.

    Raises:
        FileError: It is no workbook, or is damaged.
        UsageError: It has no sheet of that name.
    """
    with as_utf8(path, identify(path, options.encoding), workdir) as (text, start):
        names = list(dict.fromkeys(name for name, _ in _Workbook(text, start, path).rows()))
    if not names:
        raise FileError("there is no table in {path}", cure="export it as CSV or .xlsx", path=path)
    if options.sheet is None:
        return names
    found = [name for name in names if name.casefold() == options.sheet.casefold()]
    if not found:
        raise UsageError("no sheet called {sheet!r}", cure="it has {names}", sheet=options.sheet,
                         names=", ".join(names))  # fmt: skip
    return found


def read_xml(request: Request) -> Reading:
    """Read one sheet: the one named, else the first that is not empty.

    Raises:
        FileError: It is no workbook, or is damaged.
        UsageError: It has no sheet of that name.
    """
    sheet = worksheets(request.path, request.options, request.workdir)[0]
    evidence = identify(request.path, request.options.encoding)
    with as_utf8(request.path, evidence, request.workdir) as (path, start):

        def rows() -> Iterator[Cells]:
            return (cells for name, cells in _Workbook(path, start, request.path).rows() if name == sheet)

        found = load_grid(request, rows, lambda: True)
    prove(request, read=found.read, loaded=found.loaded, rejected=found.rejected, skipped=found.skipped)
    return Reading(
        path=request.path, format="xml", dialect=None, sheet=sheet, headers=found.headers, columns=found.columns,
        read=found.read, loaded=found.loaded, rejected=found.rejected, skipped=found.skipped, sha256=evidence.sha256,
        size=evidence.size, decision=", ".join([evidence.said, translate("sheet {sheet}", sheet=sheet), *found.said]),
    )  # fmt: skip


class _Workbook:
    """One pass over a workbook.

    Args:
        path: A UTF-8 file.
        start: The byte at which its text begins.
        named: What to call it.
    """

    def __init__(self, path: Path, start: int, named: Path) -> None:
        self._path, self._start, self._named = path, start, named
        self._sheet, self._line = "", 0
        self._row: list[str] | None = None
        self._data: list[str] | None = None
        self._size, self._type, self._across, self._down = 0, "", 0, 0
        self._hanging: dict[int, tuple[int, str]] = {}
        self._done: list[tuple[str, Cells]] = []

    def rows(self) -> Iterator[tuple[str, Cells]]:
        """Each row with the name of its sheet; its number counts the rows that are left out.

        Raises:
            FileError: It is not well formed, or declares entities of its own.
        """
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.CharacterDataHandler, parser.EntityDeclHandler = self._text, self._entity
        try:
            with self._path.open("rb") as file:
                file.seek(self._start)
                while chunk := file.read(_CHUNK):
                    parser.Parse(chunk, False)
                    yield from self._done
                    self._done.clear()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise FileError(
                "not valid XML: {problem}", cure="get it again, or export it as CSV",
                place=Place(str(self._named), error.lineno), problem=expat.ErrorString(error.code),
            ) from None  # fmt: skip
        yield from self._done

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        match name.removeprefix(_SPACE):
            case "Worksheet":
                self._sheet, self._line = attributes.get(_SPACE + "Name", ""), 0
                self._hanging.clear()
            case "Row":
                self._line = self._number(attributes, "Index", self._line + 1)
                self._row = []
            case "Cell" if self._row is not None:
                self._hang(self._number(attributes, "Index", 0) - 1)
                self._across = self._number(attributes, "MergeAcross", 0)
                self._down = self._number(attributes, "MergeDown", 0)
                self._data, self._size = [], 0
            case "Data":
                self._type = attributes.get(_SPACE + "Type", "")

    def _end(self, name: str) -> None:
        match name.removeprefix(_SPACE):
            case "Cell" if self._row is not None and self._data is not None:
                text = "".join(self._data).strip()
                found = _MOMENT.fullmatch(text) if self._type == "DateTime" else None
                if found:
                    text = found[1] if found[2] == "00:00:00" else f"{found[1]} {found[2]}"
                if self._down:
                    self._hanging[len(self._row)] = (self._down, text)
                self._row += [text, *[""] * min(self._across, _MOST_COLUMNS)]
                self._check()
                self._data, self._type = None, ""
            case "Row" if self._row is not None:
                self._hang(-1)
                if any(self._row):
                    self._done.append((self._sheet, (self._line, self._row)))
                self._row = None

    def _hang(self, index: int) -> None:
        """Go to a cell's place; cells that reach down from rows above take theirs."""
        row = self._row
        if row is None:
            return
        if index > _MOST_COLUMNS:
            row += [""] * _MOST_COLUMNS
            self._check()
        while len(row) in self._hanging or len(row) < index:
            left, text = self._hanging.pop(len(row), (0, ""))
            if left > 1:
                self._hanging[len(row)] = (left - 1, text)
            row.append(text)

    def _check(self) -> None:
        if self._row is not None and len(self._row) >= _MOST_COLUMNS:
            raise FileError(
                "{path} has more than {limit} columns, so it is not a table",
                cure="check that it is what it should be", path=self._named, limit=_MOST_COLUMNS,
            )  # fmt: skip

    def _text(self, text: str) -> None:
        if self._data is not None and self._size < _LONGEST_CELL:
            self._data.append(text)
            self._size += len(text)

    def _entity(self, *_: object) -> None:
        raise FileError(
            "{path} declares entities of its own, which a workbook does not need",
            cure="open it in Excel and save it as .xlsx", path=self._named,
        )  # fmt: skip

    @staticmethod
    def _number(attributes: Mapping[str, str], name: str, default: int) -> int:
        text = attributes.get(_SPACE + name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else default
