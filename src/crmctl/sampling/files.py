"""Writing the files chunk by chunk: CSV in any encoding, NDJSON, and the workbook of the tills."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from crmctl.errors import FileError
from crmctl.sampling.streams import Streams


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file that was written.

    Args:
        path: Where it lies.
        rows: Its records, headers not counted.
        what: What it holds, in a few words.
    """

    path: Path
    rows: int
    what: str


class TextFile:
    """A CSV or NDJSON file that grows by whole frames.

    Args:
        path: Where to write; an existing file is replaced.
        columns: The headers of a CSV; empty for NDJSON.
        encoding: `utf-8`, `utf-8-sig` (with BOM) or any other codec.
        line_end: What ends a CSV record.

    Raises:
        FileError: The file cannot be written.
    """

    def __init__(
        self, path: Path, columns: Sequence[str] = (), *, encoding: str = "utf-8", line_end: str = "\n"
    ) -> None:
        self.path, self.columns, self.line_end = path, columns, line_end
        self.encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self.rows = 0
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise FileError(
                "cannot write {path}: {problem}",
                cure="close it in other programs, or choose another folder",
                path=path,
                problem=error.strerror,
            ) from None
        if encoding == "utf-8-sig":
            self._file.write("\ufeff".encode())
        if columns:
            header = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
            self._put(header.write_csv(line_terminator=line_end).encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, frame: pl.DataFrame) -> None:
        """Append the rows of a frame that has the file's columns; fractions have two decimals."""
        self.rows += frame.height
        if not frame.height:
            return
        buffer = io.BytesIO()
        if self.columns:
            frame.select(self.columns).write_csv(
                buffer, include_header=False, line_terminator=self.line_end, float_precision=2
            )
        else:
            frame.write_ndjson(buffer)
        self._put(buffer.getvalue())

    def _put(self, content: bytes) -> None:
        if self.encoding != "utf-8":
            content = content.decode().encode(self.encoding)
        try:
            self._file.write(content)
        except OSError as error:
            raise FileError("cannot write {path}: {problem}", path=self.path, problem=error.strerror) from None


class TillWorkbook:
    """The workbook of the tills: instructions above the headers, numbers and dates where Excel made them.

    Args:
        path: Where to write; an existing file is replaced.
        columns: The headers.
        instructions: The row above them.
        created: The date that the workbook bears.
        numeric: Columns where some digits are numbers, with their share.
        dated: Columns where some ISO dates are Excel's, with their share.
    """

    def __init__(
        self, path: Path, columns: Sequence[str], instructions: str, *, created: dt.date,
        numeric: dict[str, float], dated: dict[str, float],
    ) -> None:  # fmt: skip
        import xlsxwriter

        self.path, self.columns, self.numeric, self.dated = path, columns, numeric, dated
        self.rows = 0
        options = {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"created": dt.datetime.combine(created, dt.time())})
        self._sheet = self._book.add_worksheet("会员")
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet.write_string(0, 0, instructions)
        self._sheet.write_row(1, 0, columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import xlsxwriter

        try:
            self._book.close()
        except (OSError, xlsxwriter.exceptions.FileCreateError) as problem:
            raise FileError(
                "cannot write {path}: {problem}", cure="close it in Excel", path=self.path, problem=problem
            ) from None

    def add(self, streams: Streams, frame: pl.DataFrame) -> None:
        """Append rows of text; some cells become numbers and dates."""
        first = self.rows + 2
        self.rows += frame.height
        numbers = self._converted(streams, frame, self.numeric, r"^[1-9]\d*$", pl.col("cell").cast(pl.Float64))
        days = self._converted(
            streams,
            frame,
            self.dated,
            r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$",
            pl.col("cell").str.to_date("%Y-%m-%d", strict=False),
        )
        columns = [frame[header].to_list() for header in self.columns]
        # A workbook in constant memory wants its rows one after the other.
        for row in range(frame.height):
            for column, header in enumerate(self.columns):
                if header in numbers and numbers[header][row] is not None:
                    self._sheet.write_number(first + row, column, numbers[header][row])
                elif header in days and days[header][row] is not None:
                    self._sheet.write_datetime(first + row, column, days[header][row], self._date)
                elif columns[column][row] is not None:
                    self._sheet.write_string(first + row, column, columns[column][row])

    @staticmethod
    def _converted(
        streams: Streams, frame: pl.DataFrame, shares: dict[str, float], pattern: str, value: pl.Expr
    ) -> dict[str, list[object]]:
        """Per column its cells in the other type, null where they stay text."""
        result = {}
        for header, share in shares.items():
            hit = pl.Series(streams.chance(header, frame.height, share)) & frame[header].str.contains(pattern)
            cells = frame.select(pl.when(hit).then(pl.col(header)).alias("cell"))
            result[header] = cells.select(value).to_series().to_list()
        return result
