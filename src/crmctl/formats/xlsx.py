"""Reading Excel workbooks as text, through fastexcel. Writing is apart."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl

from crmctl.errors import FileError, UsageError
from crmctl.formats.header import find_header
from crmctl.formats.loading import Rejects, create_from, number_by, prove
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import column_names
from crmctl.formats.reading import fingerprint
from crmctl.messages import translate
from crmctl.sql import ident, idents, sql

_LARGEST, _SUSPICIOUS, _RATIO = 2 << 30, 64 << 20, 100
_NEAR = 200
_STAMP, _MIDNIGHT = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$", r"^(\d{4}-\d\d-\d\d) 00:00:00$"
# Excel's day zero: a time of day without a date.
_TIME = r"^1899-12-3[01] (\d\d:\d\d:\d\d)"


def read_xlsx(request: Request) -> Reading:
    """Read one sheet: the one named, else the first visible one that is not empty.

    Raises:
        FileError: It is damaged, would unpack to more than can be meant, or is empty.
        UsageError: There is no such sheet.
    """
    _refuse_bomb(request.path)
    sha256, size = fingerprint(request.path)
    sheet, frame = _sheet(request)
    frame = frame.rename({name: f"c{number}" for number, name in enumerate(frame.columns)})
    near = [[cell or "" for cell in row] for row in frame.head(_NEAR).rows()]
    header = find_header(near, frame.width, request.options.header)
    headers = [""] * frame.width if header is None else near[header]
    first = 0 if header is None else header + 1
    body = frame.slice(first).with_row_index("row", offset=first + 1)
    body = body.filter(~pl.all_horizontal(pl.exclude("row").fill_null("").str.strip_chars() == ""))
    used = [number for number, name in enumerate(headers) if name.strip() or body[f"c{number}"].is_not_null().any()]
    headers = [headers[number] for number in used]
    columns = column_names(headers)
    cells = {name: _plain(body[f"c{number}"]) for number, name in zip(used, columns, strict=True)}
    Rejects(request)
    loaded = _load(request, pl.DataFrame(cells), columns)
    number_by(request, [body["row"].cast(pl.Int64).to_numpy()])
    # Every row of the sheet but the header; what is not in the table was blank or stood above the header.
    read = frame.height - (header is not None)
    above = sum(1 for row in near[: header or 0] if any(cell.strip() for cell in row))
    prove(request, read=read, loaded=body.height, rejected=0, skipped=read - loaded)
    return Reading(
        path=request.path, format="xlsx", dialect=None, sheet=sheet,
        headers=headers if header is not None else columns, columns=columns,
        read=read, loaded=loaded, rejected=0, skipped=read - loaded, sha256=sha256, size=size,
        decision=_decision(sheet, header, above, read - loaded - above),
    )  # fmt: skip


def _load(request: Request, frame: pl.DataFrame, columns: list[str]) -> int:
    request.con.register("_formats_sheet", frame.to_arrow())
    try:
        return create_from(
            request, sql("(select {names} from {sheet})", names=idents(columns), sheet=ident("_formats_sheet"))
        )
    finally:
        request.con.unregister("_formats_sheet")


def _refuse_bomb(path: Path) -> None:
    """Refuse an archive that declares to unpack to more than a workbook can mean."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        raise FileError(
            "{path} is not a sound Excel workbook", cure="open it in Excel and save it again as .xlsx", path=path
        ) from None
    if unpacked > _LARGEST or (unpacked > _SUSPICIOUS and unpacked > _RATIO * path.stat().st_size):
        raise FileError(
            "{path} would unpack to {size} MB", cure="if it is what it should be, save it as CSV",
            path=path, size=unpacked // 1_000_000,
        )  # fmt: skip


def _sheet(request: Request) -> tuple[str, pl.DataFrame]:
    import fastexcel

    try:
        workbook = fastexcel.read_excel(request.path)
        for name in _candidates(workbook.sheet_names, request.options.sheet):
            sheet = workbook.load_sheet(
                name, header_row=None, skip_rows=0, dtypes="string", skip_whitespace_tail_rows=True
            )
            if request.options.sheet or (sheet.height and sheet.visible == "visible"):
                frame = pl.DataFrame(sheet)
                if not frame.is_empty():
                    return name, frame
    except fastexcel.FastExcelError as error:
        raise FileError(
            "cannot read {path}: {problem}", cure="open it in Excel and save it again as .xlsx",
            path=request.path, problem=str(error).splitlines()[0],
        ) from None  # fmt: skip
    raise FileError("there is nothing in {path}", cure="name another sheet with --sheet", path=request.path)


def _candidates(names: list[str], asked: str | None) -> list[str]:
    if asked is None:
        return names
    found = [name for name in names if name.casefold() == asked.casefold()]
    if not found:
        raise UsageError(
            "no sheet called {sheet!r}", cure="it has {names}", sheet=asked, names=", ".join(names),
        )  # fmt: skip
    return found


def _plain(cells: pl.Series) -> pl.Series:
    """Dates without the midnight that a whole column of them would carry, times without Excel's day zero."""
    stamps = cells.filter(cells.str.contains(_STAMP))
    if not len(stamps):
        return cells
    cells = cells.str.replace(_TIME, "$1")
    return cells.str.replace(_MIDNIGHT, "$1") if stamps.str.contains(_MIDNIGHT).all() else cells


def _decision(sheet: str, header: int | None, above: int, blank: int) -> str:
    parts = [translate("sheet {sheet}", sheet=sheet)]
    parts.append(translate("no header") if header is None else translate("header in row {line}", line=header + 1))
    if above:
        parts.append(translate("rows skipped above it: {count}", count=above))
    if blank:
        parts.append(translate("blank rows skipped: {count}", count=blank))
    return ", ".join(parts)
