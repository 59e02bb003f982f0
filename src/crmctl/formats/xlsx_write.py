"""Writing Excel workbooks, through xlsxwriter: what has to stay text is text, numbers and dates are typed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from crmctl.errors import FileError
from crmctl.schema.column import Column

MOST_ROWS, _MOST_COLUMNS, _LONGEST_CELL = 1_048_575, 16_384, 32_767
_DAY_ONE = dt.date(1900, 3, 1)
_UNDATED = dt.date(1980, 1, 1)
_SAFE_DIGITS = 15
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def write_xlsx(
    stream: BinaryIO, batches: Any, headers: Sequence[str], columns: Sequence[Column], as_of: dt.date | None
) -> int:
    """Write batches of text columns as one sheet below a frozen, filtered header; the same bytes each time.

    Returns:
        The number of rows.

    Raises:
        FileError: More columns, or a longer cell, than Excel can hold.
    """
    import xlsxwriter

    if len(headers) > _MOST_COLUMNS:
        raise FileError("more than {limit} columns", cure="write CSV or Parquet", limit=_MOST_COLUMNS)
    options = {
        "constant_memory": True,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(stream, options)
    created = as_of or _UNDATED
    book.set_properties({"created": dt.datetime(created.year, created.month, created.day)})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True})
    formats = {
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    for number, (header, column) in enumerate(zip(headers, columns, strict=True)):
        sheet.set_column(number, number, min(40, max(10, 2 * len(header))), formats.get(column.type))
        sheet.write_string(0, number, header, bold)
    total = 0
    writers = [_writer(sheet, column, formats.get(column.type)) for column in columns]
    for batch in batches:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            total += 1
            for number, text in enumerate(row):
                if text is not None:
                    writers[number](total, number, text)
    if total:
        sheet.autofilter(0, 0, total, len(headers) - 1)
    book.close()
    return total


def _writer(sheet: Any, column: Column, style: Any) -> Callable[[int, int, str], Any]:
    """What puts a text into a cell of a column: as the column's type if it fits exactly, else as the text it is."""
    convert = {
        "integer": _number, "number": _number, "money": _number, "percent": _number,
        "date": _date, "datetime": _moment, "boolean": _boolean,
    }.get(column.type)  # fmt: skip
    put = {"date": sheet.write_datetime, "datetime": sheet.write_datetime, "boolean": sheet.write_boolean}.get(
        column.type, sheet.write_number
    )

    def write(row: int, number: int, text: str) -> None:
        value = convert(text) if convert is not None else None
        if value is not None:
            put(row, number, value, style)
        elif len(text) > _LONGEST_CELL:
            raise FileError(
                "row {row} has {length} characters in {column}, and an Excel cell holds {limit}",
                cure="write CSV or Parquet", row=row, length=len(text), column=column.header, limit=_LONGEST_CELL,
            )  # fmt: skip
        else:
            sheet.write_string(row, number, text)

    return write


def _number(text: str) -> float | None:
    """The number, unless Excel would change it: leading zeros and more than 15 digits stay text."""
    found = _NUMBER.fullmatch(text)
    return float(text) if found and sum(map(str.isdigit, text)) <= _SAFE_DIGITS else None


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _date(text: str) -> dt.date | None:
    try:
        value = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return value if value >= _DAY_ONE and value.isoformat() == text else None


def _moment(text: str) -> dt.datetime | None:
    try:
        value = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo is None and value.date() >= _DAY_ONE else None
