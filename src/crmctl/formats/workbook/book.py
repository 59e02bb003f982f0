"""A workbook of any kind, opened: its sheets, and what is in each. Which of them is a table is told elsewhere."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmctl.errors import CrmctlError, FileError
from crmctl.formats.workbook.biff import Biff
from crmctl.formats.workbook.encrypted import decrypted, is_container
from crmctl.formats.workbook.facts import Details, Extent, Sheet
from crmctl.formats.workbook.ooxml import Spreadsheet
from crmctl.formats.workbook.opendocument import OpenDocument
from crmctl.formats.workbook.package import Package
from crmctl.formats.workbook.quiet import panics_kept_back
from crmctl.formats.workbook.sheet_xml import SheetXML
from crmctl.formats.workbook.values import has_long_numbers
from crmctl.messages import translate

if TYPE_CHECKING:
    import polars as pl

_MOST_EMPTY_CELLS, _SPARSE = 12_000_000, 4
_MOST_REPEATED_CELLS, _LARGE = 16_000_000, 4_000_000


class Book:
    """An open workbook. Use `opened`.

    Args:
        path: The user's file, which messages name.
        source: Where its bytes are: the file, or a decrypted copy.
        workdir: A private folder.

    Raises:
        FileError: It is damaged, or more than can be meant.
    """

    def __init__(self, path: Path, source: Path, workdir: Path) -> None:
        self.path, self._source, self._workdir = path, source, workdir
        self._biff = Biff(path, source) if is_container(source) else None
        self._document: OpenDocument | None = None
        self._spreadsheet: Spreadsheet | None = None
        self._contents: dict[str, SheetXML] = {}
        if self._biff is None:
            package = Package(path, source)
            if "content.xml" in package and "[Content_Types].xml" not in package:
                self._document = OpenDocument(package)
            else:
                self._spreadsheet = Spreadsheet(package)

    @property
    def sheets(self) -> list[Sheet]:
        """The sheets of cells, in the order of their tabs."""
        if self._biff is not None:
            return self._biff.sheets
        if self._document is not None:
            return [table.sheet for table in self._document.tables]
        return self._xlsx.sheets

    def extent(self, sheet: Sheet) -> Extent:
        """How far a sheet's values reach, counted without the reader of its values.

        Raises:
            FileError: It is damaged, or stray cells make it larger than memory can hold.
        """
        if self._biff is not None:
            found = self._biff.extent(sheet)
            self._refuse_sprawl(sheet, found, found.cells)
            return found
        if self._document is not None:
            table = self._document.tables[int(sheet.place)]
            if table.extent.cells > _MOST_REPEATED_CELLS:
                raise self._sprawling(sheet, table.extent)
            self._refuse_sprawl(sheet, table.extent, table.extent.cells)
            return table.extent
        content = self._content(sheet)
        found = content.extent()
        if found.height * found.width > _MOST_EMPTY_CELLS:
            cells, width = content.filled()
            found.width = width or found.width
            self._refuse_sprawl(sheet, found, cells)
        return found

    def load(self, sheet: Sheet, extent: Extent) -> tuple[pl.DataFrame, Details]:
        """The values of a sheet as text, from its first row and column on, and what they do not tell.

        Raises:
            FileError: It is damaged.
        """
        frame = self._frame(self._source, sheet.name, eager=extent.height * extent.width < _LARGE)
        if self._biff is not None:
            return frame, self._biff.details(sheet)
        if self._document is not None:
            return frame, self._document.tables[int(sheet.place)].details
        content = self._content(sheet)
        looked_at = extent.odd or self._xlsx.spellings or has_long_numbers(frame)
        return frame, content.details() if looked_at else content.ranges()

    def recounted(self, sheet: Sheet, extent: Extent) -> int:
        """The rows with a value for certain, counted as exactly as can be."""
        return self._content(sheet).sure() if self._spreadsheet is not None else extent.sure

    def heads(self, sheets: Sequence[Sheet], rows: int) -> list[pl.DataFrame]:
        """The first rows of sheets.

        Raises:
            FileError: It is damaged.
        """
        if self._spreadsheet is None:
            return [self._frame(self._source, sheet.name, rows) for sheet in sheets]
        self._verify()
        with tempfile.TemporaryDirectory(dir=self._workdir) as folder:
            short = Path(folder) / "heads.xlsx"
            self._cut(short, rows)
            return [self._frame(short, sheet.name) for sheet in sheets]

    def choices(self, sheet: Sheet) -> set[str]:
        """The names of sheets that hold what cells of this one may be."""
        return self._content(sheet).ranges().choices if self._spreadsheet else set()

    def verify(self) -> None:
        """Look through what the reader of values will unpack beside the sheets.

        Raises:
            FileError: It is damaged, more than it declares, or declares entities.
        """
        if self._document is not None:
            self._document.package.verify({"content.xml"})
        elif self._spreadsheet is not None:
            self._verify()

    def _verify(self) -> None:
        self._xlsx.package.verify({str(sheet.place).lower() for sheet in self._xlsx.sheets})

    @property
    def _xlsx(self) -> Spreadsheet:
        assert self._spreadsheet is not None  # noqa: S101 - for the type checker: one of the three is set
        return self._spreadsheet

    def _content(self, sheet: Sheet) -> SheetXML:
        place = str(sheet.place)
        return self._contents.setdefault(place, SheetXML(self._xlsx, place))

    def _frame(self, source: Path, name: str, rows: int | None = None, *, eager: bool = True) -> pl.DataFrame:
        """The values of a sheet, in columns called c0, c1 and so on; empty columns are left out."""
        import fastexcel
        import polars as pl

        with self._understood(fastexcel.FastExcelError):
            book = fastexcel.read_excel(str(source))
            # Eager is faster, and holds the values twice for a while.
            load: Any = book.load_sheet  # its overloads know no variable `eager`
            sheet = load(
                name, header_row=None, skip_rows=0, n_rows=rows, dtypes="string", skip_whitespace_tail_rows=True,
                eager=eager,
            )  # fmt: skip
            # A stray cell far away makes thousands of empty columns: they go before anything looks at each.
            if eager:
                used = {f"c{at}": cells for at, cells in enumerate(sheet.columns) if cells.null_count < len(cells)}
                return pl.DataFrame(used)
            frame = pl.DataFrame(sheet if sheet.height and sheet.width else ())
        frame = frame.rename({old: f"c{number}" for number, old in enumerate(frame.columns)})
        empty = zip(frame.columns, frame.null_count().row(0) if frame.width else (), strict=True)
        return frame.drop(name for name, count in empty if count == frame.height)

    @contextlib.contextmanager
    def _understood(self, expected: type[Exception]) -> Iterator[None]:
        """What the library finds wrong as an error of ours, its own mishaps with a damaged file included."""
        try:
            with panics_kept_back():
                yield
        except CrmctlError:
            raise
        except (expected, ValueError, RuntimeError) as error:
            problem = (str(error).splitlines() or [type(error).__name__])[0]
            raise self._unreadable(problem) from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise self._unreadable(translate("it is damaged")) from None

    def _unreadable(self, problem: str) -> FileError:
        return FileError(
            "cannot read {path}: {problem}", cure="open it in Excel and save it again as .xlsx",
            path=self.path, problem=problem[:300],
        )  # fmt: skip

    def _cut(self, target: Path, rows: int) -> None:
        """Write the package with every sheet cut off after some rows."""
        places = {str(sheet.place).lower() for sheet in self._xlsx.sheets}
        package = self._xlsx.package
        with zipfile.ZipFile(target, "w") as archive:
            for name in package.xml_members:
                with archive.open(name, "w") as member:
                    if name.lower() in places:
                        member.write(SheetXML(self._xlsx, name).head(rows))
                    else:
                        member.writelines(package.chunks(name))

    def _refuse_sprawl(self, sheet: Sheet, found: Extent, cells: int) -> None:
        area = found.height * found.width
        if area > _MOST_EMPTY_CELLS and area > _SPARSE * cells:
            raise self._sprawling(sheet, found)

    def _sprawling(self, sheet: Sheet, found: Extent) -> FileError:
        return FileError(
            "sheet {sheet} of {path} reaches to row {row} and column {column}, and nearly all of it is empty",
            cure="delete the stray cells far from the table, or save the sheet as CSV",
            path=self.path, sheet=sheet.name, row=found.height, column=found.width,
        )  # fmt: skip


@contextlib.contextmanager
def opened(path: Path, password: str | None, workdir: Path) -> Iterator[Book]:
    """Open a workbook; a decrypted copy is gone afterwards.

    Raises:
        FileError: It needs another password, is damaged, or is more than can be meant.
    """
    source = decrypted(path, password, workdir)
    try:
        yield Book(path, source, workdir)
    finally:
        if source != path:
            source.unlink(missing_ok=True)
