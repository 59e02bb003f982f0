"""One sheet of a workbook into the table of a reading, its account proved, and what is odd about its cells told."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crmctl.errors import FileError
from crmctl.formats.detect import detect_format
from crmctl.formats.loading import Rejects, create_from, number_by, prove
from crmctl.formats.model import Part, Reading, ReadOptions, Request
from crmctl.formats.naming import column_names
from crmctl.formats.reading import fingerprint
from crmctl.formats.workbook.book import Book, opened
from crmctl.formats.workbook.choose import Choice, choose
from crmctl.formats.workbook.facts import Details, Extent, Sheet
from crmctl.formats.workbook.shape import Shape, shape
from crmctl.formats.workbook.values import plain, with_texts
from crmctl.messages import translate
from crmctl.sql import SQL, ident, idents, sql

if TYPE_CHECKING:
    import polars as pl

_SHEET = "_formats_sheet"
_numbers = itertools.count(1)


def read_workbook(request: Request) -> Reading:
    """Read one sheet: the one named, else the first that holds a table.

    Raises:
        FileError: It is damaged, behind a password, would unpack to more than can be meant, or is empty.
        UsageError: There is no such sheet.
    """
    sha256, size = fingerprint(request.path)
    with opened(request.path, request.options.password, request.workdir) as book:
        book.verify()
        choice = choose(book, request.options.sheet)
        sheet = choice.tables[0]
        extent = book.extent(sheet)
        if not extent.possible:
            raise FileError("there is nothing in {path}", cure="name another sheet with --sheet", path=request.path)
        frame, details = book.load(sheet, extent)
        _hold_against(book, sheet, extent, frame, details)
    frame = with_texts(plain(frame), details.texts)
    if frame.is_empty():
        raise FileError("there is nothing in {path}", cure="name another sheet with --sheet", path=request.path)
    found = shape(frame, details, request.options.header)
    columns = column_names(found.headers or [""] * len(found.positions))
    Rejects(request)
    loaded = _load(request, found, columns)
    number_by(request, [found.body["row"].cast(int).to_numpy()])
    # Every row of the sheet but the header; what is not in the table was blank, or no record.
    read = frame.height - (found.header[1] - found.header[0] + 1 if found.header else 0)
    prove(request, read=read, loaded=found.body.height, rejected=0, skipped=read - loaded)
    return Reading(
        path=request.path, format=detect_format(request.path, request.options), dialect=None, sheet=sheet.name,
        headers=columns if found.headers is None else found.headers, columns=columns,
        read=read, loaded=loaded, rejected=0, skipped=read - loaded, sha256=sha256, size=size,
        decision=_decision(sheet, choice, found, details),
        remarks=_remarks(request, found, columns, details),
    )  # fmt: skip


def workbook_parts(path: Path, options: ReadOptions, workdir: Path) -> list[Part]:
    """The sheets of a workbook that hold a table, the main one first; what is left out is told on the first part.

    Raises:
        FileError: It is damaged, behind a password, or empty.
        UsageError: There is no such sheet.
    """
    with opened(path, options.password, workdir) as book:
        choice = choose(book, options.sheet)
    alone = len(choice.tables) == 1
    found = [Part(path, "" if alone else sheet.name, replace(options, sheet=sheet.name)) for sheet in choice.tables]
    return [replace(found[0], left_out=", ".join(choice.others)), *found[1:]]


def _hold_against(book: Book, sheet: Sheet, extent: Extent, frame: pl.DataFrame, details: Details) -> None:
    """Compare the rows that were read with those counted in the file itself.

    Raises:
        FileError: Rows were lost, or there are more than the file has.
    """
    import polars as pl

    filled = 0 if frame.is_empty() else int(frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().sum())
    known = filled + len({row for row, _ in details.errors})
    if filled <= extent.possible and (extent.sure <= known or book.recounted(sheet, extent) <= known):
        return
    raise FileError(
        "sheet {sheet} of {path} has {counted} rows with values, but {read} could be read",
        cure="open it in Excel or WPS and save it again as .xlsx",
        path=book.path, sheet=sheet.name, counted=extent.sure, read=filled,
    )  # fmt: skip


def _load(request: Request, found: Shape, columns: list[str]) -> int:
    positions = [f"c{number}" for number in found.positions]
    frame = found.body.select(positions).rename(dict(zip(positions, columns, strict=True)))
    request.con.register(_SHEET, frame.to_arrow())
    try:
        return create_from(request, sql("(select {names} from {sheet})", names=idents(columns), sheet=ident(_SHEET)))
    finally:
        request.con.unregister(_SHEET)


def _remarks(request: Request, found: Shape, columns: list[str], details: Details) -> SQL | None:
    """A temporary table of cells that hold an error, or a number whose end is lost."""
    import polars as pl

    names = dict(zip(found.positions, columns, strict=True))
    rows = [
        (row + 1, names[column], status, reason, text)
        for cells, status, reason in (
            (details.errors, "invalid", "an error in the spreadsheet"),
            (details.shortened, "damaged", "Excel keeps 15 digits of a number"),
        )
        for (row, column), text in cells.items()
        if column in names
    ]
    if not rows:
        return None
    noted = pl.DataFrame(rows, schema=["row", "column_name", "status", "reason", "value"], orient="row")
    places = found.body.select(pl.col("row").cast(pl.Int64)).with_row_index("place")
    noted = (
        noted.join(places, on="row")
        .sort("place", "column_name")
        .select(pl.col("place").cast(pl.Int64), pl.exclude("place", "row"))
    )
    if noted.is_empty():
        return None
    table = ident(f"_formats_remarks_{next(_numbers)}")
    request.con.register(_SHEET, noted.to_arrow())
    try:
        make = sql("create temp table {table} as select * from {rows}", table=table, rows=ident(_SHEET))
        request.con.execute(make.text)
    finally:
        request.con.unregister(_SHEET)
    return table


def _decision(sheet: Sheet, choice: Choice, found: Shape, details: Details) -> str:
    """What was found out, in one line."""
    said = [translate("sheet {sheet}", sheet=sheet.name)]
    if found.header is None:
        said.append(translate("no header"))
    elif found.header[0] == found.header[1]:
        said.append(translate("header in row {line}", line=found.header[0]))
    else:
        said.append(translate("header in rows {first} to {last}", first=found.header[0], last=found.header[1]))
    said += [text for count, text in _counted(found, details) if count]
    if choice.others:
        said.append(translate("other sheets: {names}", names=", ".join(choice.others)))
    return ", ".join(said)


def _counted(found: Shape, details: Details) -> list[tuple[int, str]]:
    """What was skipped, filled or missed, with its count."""
    left = found.left
    above, guidance, samples = left.get("above", 0), left.get("guidance", 0), left.get("samples", 0)
    repeats, headings, totals = left.get("repeats", 0), left.get("headings", 0), left.get("totals", 0)
    notes, blank = left.get("footnotes", 0), left.get("blank", 0) + left.get("blank_below", 0)
    columns = sum(1 for position in found.positions if position in details.hidden_columns)
    errors, shortened = len(details.errors), len(details.shortened)
    return [
        (above, translate("rows skipped above it: {count}", count=above)),
        (guidance, translate("instruction rows skipped: {count}", count=guidance)),
        (samples, translate("sample rows skipped: {count}", count=samples)),
        (repeats, translate("repeated headers skipped: {count}", count=repeats)),
        (headings, translate("headings between the rows skipped: {count}", count=headings)),
        (totals, translate("total rows skipped: {count}", count=totals)),
        (notes, translate("notes below skipped: {count}", count=notes)),
        (blank, translate("blank rows skipped: {count}", count=blank)),
        (found.filled, translate("cells filled from merged ones: {count}", count=found.filled)),
        (details.hidden_rows, translate("hidden rows, loaded all the same: {count}", count=details.hidden_rows)),
        (columns, translate("hidden columns, loaded all the same: {count}", count=columns)),
        (details.uncached, translate("formulas without a result, left empty: {count}", count=details.uncached)),
        (errors, translate("error cells, left empty: {count}", count=errors)),
        (shortened, translate("numbers of which Excel lost the end: {count}", count=shortened)),
    ]
