"""The records of an .xls workbook (BIFF) looked through beside the reader of its values: sheets, extent, oddities."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from crmctl.errors import FileError
from crmctl.formats.workbook.facts import Details, Extent, Merge, Sheet, spelling

_BOUND_SHEET, _DATE_MODE, _FORMAT, _XF, _END = 0x85, 0x22, 0x41E, 0xE0, 0x0A
_ROW, _COLUMNS, _MERGED = 0x208, 0x7D, 0xE5
_NUMBER, _RK, _MANY_RK, _BOOL_OR_ERROR = 0x203, 0x27E, 0xBD, 0x205
_TEXTS, _FORMULAS = frozenset({0xFD, 0x204, 0xD6}), frozenset({0x06, 0x206, 0x406})
_CELLS = _TEXTS | _FORMULAS | {_NUMBER, _RK, _MANY_RK, _BOOL_OR_ERROR}
_MOST_COLUMNS = 256
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


class Biff:
    """The workbook stream of an old Excel file.

    Args:
        path: The file that messages name.
        source: Where its bytes are.

    Raises:
        FileError: It is damaged, or no workbook.
    """

    def __init__(self, path: Path, source: Path) -> None:
        self.path = path
        self._stream = self._open(source)
        self.sheets: list[Sheet] = []
        self._from_1904 = False
        self._spellings: dict[int, Callable[[float, bool], str | None]] = {}
        try:
            self._read_globals()
        except struct.error:
            raise self.broken() from None

    def extent(self, sheet: Sheet) -> Extent:
        """How far the values of a sheet reach.

        Raises:
            FileError: It is damaged.
        """
        found = Extent()
        sure: set[int] = set()
        possible: set[int] = set()
        for kind, data in self._cells(sheet):
            row, column = struct.unpack_from("<HH", data)
            if kind == _MANY_RK:
                several = (len(data) - 6) // 6
                column, found.cells = column + several - 1, found.cells + several - 1
            possible.add(row)
            found.cells += 1
            if kind not in _FORMULAS and not (kind == _BOOL_OR_ERROR and data[7]):
                sure.add(row)
            found.width = max(found.width, column + 1)
            if column >= _MOST_COLUMNS:
                raise self.broken()
        found.sure, found.possible, found.height = len(sure), len(possible), max(possible, default=-1) + 1
        return found

    def details(self, sheet: Sheet) -> Details:
        """What the values alone do not tell."""
        found = Details()
        for kind, data in self._records(int(sheet.place)):
            if kind == _ROW and struct.unpack_from("<H", data, 12)[0] & 0x20:
                found.hidden_rows += struct.unpack_from("<HH", data, 2) > (0, 0)
            elif kind == _COLUMNS and struct.unpack_from("<H", data, 8)[0] & 1:
                first, last = struct.unpack_from("<HH", data)
                found.hidden_columns.update(range(first, min(last, 255) + 1))
            elif kind == _MERGED:
                for top, bottom, left, right in struct.iter_unpack("<HHHH", data[2 : 2 + (len(data) - 2) // 8 * 8]):
                    found.merges.append(Merge(top, left, bottom, right))
            elif kind == _BOOL_OR_ERROR and data[7]:
                found.errors[struct.unpack_from("<HH", data)] = _ERRORS.get(data[6], "#ERROR!")
            elif kind in _FORMULAS and data[12:14] == b"\xff\xff" and data[6] == 2:
                found.errors[struct.unpack_from("<HH", data)] = _ERRORS.get(data[8], "#ERROR!")
            elif kind in {_NUMBER, _RK, _MANY_RK}:
                self._numbers(kind, data, found)
        return found

    def broken(self) -> FileError:
        """What is said of a file that cannot be understood."""
        return FileError(
            "{path} is not a sound workbook", cure="open it in Excel or WPS and save it again as .xlsx", path=self.path
        )

    def _numbers(self, kind: int, data: bytes, found: Details) -> None:
        row, column = struct.unpack_from("<HH", data)
        if kind == _NUMBER:
            cells = [(struct.unpack_from("<H", data, 4)[0], struct.unpack_from("<d", data, 6)[0])]
        else:
            packed = data[4 : 4 + (len(data) - 4) // 6 * 6]
            cells = [(style, _of_rk(number)) for style, number in struct.iter_unpack("<HI", packed)]
        for offset, (style, value) in enumerate(cells):
            spell = self._spellings.get(style)
            text = spell(value, self._from_1904) if spell and abs(value) < 1e15 else None
            if text is not None:
                found.texts[row, column + offset] = text
            elif 1e15 <= value < 1e22 and value == int(value):
                found.note_long((row, column + offset), repr(value))

    def _open(self, source: Path) -> bytes:
        import olefile

        try:
            with olefile.OleFileIO(str(source)) as container:
                for name in ("Workbook", "Book"):
                    if container.exists(name):
                        content: bytes = container.openstream(name).read()
                        return content
        except Exception as error:  # the library raises whatever a damaged container leads it to
            raise self.broken() from error
        raise self.broken()

    def _read_globals(self) -> None:
        codes: dict[int, str] = {}
        styles: list[int] = []
        for kind, data in self._records(0):
            if kind == _BOUND_SHEET and not data[5]:
                self.sheets.append(Sheet(_short_text(data[6:]), not data[4] & 3, struct.unpack_from("<I", data)[0]))
            elif kind == _DATE_MODE:
                self._from_1904 = bool(data[0])
            elif kind == _FORMAT and len(data) > 5:
                codes[struct.unpack_from("<H", data)[0]] = _text(data[5:], data[4])
            elif kind == _XF:
                styles.append(struct.unpack_from("<H", data, 2)[0])
        for number, style in enumerate(styles):
            spell = spelling(codes.get(style, "[h]:mm:ss" if style == 46 else str(style)))
            if spell is not None:
                self._spellings[number] = spell

    def _cells(self, sheet: Sheet) -> Iterator[tuple[int, bytes]]:
        return ((kind, data) for kind, data in self._records(int(sheet.place)) if kind in _CELLS)

    def _records(self, position: int) -> Iterator[tuple[int, bytes]]:
        """The records of a substream, from its beginning to its end.

        Raises:
            FileError: It ends before its end.
        """
        stream, depth = self._stream, 0
        try:
            while True:
                kind, length = struct.unpack_from("<HH", stream, position)
                data = stream[position + 4 : position + 4 + length]
                if kind in {0x809, 0x409, 0x209}:
                    depth += 1
                elif kind == _END:
                    depth -= 1
                    if depth <= 0:
                        return
                elif depth == 1:
                    yield kind, data
                position += 4 + length
        except (struct.error, IndexError):
            raise self.broken() from None


def _of_rk(packed: int) -> float:
    """A number packed in 30 bits: an integer or the upper half of a double, perhaps in hundredths."""
    bits = packed & 0xFFFFFFFC
    value: Any
    if packed & 2:
        value = (bits - (1 << 32) if bits & 0x80000000 else bits) >> 2
    else:
        value = struct.unpack("<d", struct.pack("<Q", bits << 32))[0]
    return float(value / 100 if packed & 1 else value)


def _short_text(data: bytes) -> str:
    return _text(data[2:], data[1])[: data[0]]


def _text(data: bytes, flags: int) -> str:
    return data.decode("utf-16-le" if flags & 1 else "latin-1", "replace")
