"""Which sheets of a workbook hold a table, and which of them comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmctl.errors import FileError, UsageError
from crmctl.formats.workbook import wording
from crmctl.formats.workbook.book import Book
from crmctl.formats.workbook.facts import Sheet
from crmctl.messages import translate

if TYPE_CHECKING:
    import polars as pl

_LOOK = 60
_FEW = 50
_PROSE = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """The sheets to read, the main one first, and the others, each with the reason why not."""

    tables: tuple[Sheet, ...]
    others: tuple[str, ...]


def choose(book: Book, asked: str | None) -> Choice:
    """The sheets that hold tables, in the order of their tabs.

    Args:
        book: The workbook.
        asked: The sheet that the user names: a hidden one, or one of instructions, too.

    Raises:
        UsageError: There is no such sheet.
        FileError: There is nothing in any sheet.
    """
    sheets = book.sheets
    if asked is not None:
        return Choice((_named(sheets, asked),), ())
    visible = [sheet for sheet in sheets if sheet.visible]
    hidden = [_because(sheet, "hidden") for sheet in sheets if not sheet.visible]
    if len(visible) == 1:
        return Choice(tuple(visible), tuple(hidden))
    heads = dict(zip(visible, book.heads(visible, _LOOK), strict=True)) if visible else {}
    filled = [sheet for sheet in visible if not _is_empty(heads[sheet])]
    if not filled:
        raise FileError("there is nothing in {path}", cure="name another sheet with --sheet", path=book.path)
    reasons = {sheet: _reason(sheet, heads[sheet]) for sheet in filled}
    if len(filled) > 1:
        chosen_from = set().union(*(book.choices(sheet) - {sheet.name} for sheet in filled if not reasons[sheet]))
        reasons |= {sheet: "choices" for sheet in filled if sheet.name in chosen_from and not reasons[sheet]}
    tables = [sheet for sheet in filled if not reasons[sheet]]
    if not tables:
        tables = [max(filled, key=lambda sheet: (heads[sheet].height * heads[sheet].width, -filled.index(sheet)))]
    # A summary is a table, but never the main one.
    tables.sort(key=lambda sheet: wording.means(sheet.name, "summaries") and heads[sheet].height < _LOOK)
    others = [_because(sheet, reasons[sheet]) for sheet in filled if sheet not in tables]
    return Choice(tuple(tables), tuple(others + hidden))


def _named(sheets: Sequence[Sheet], asked: str) -> Sheet:
    wanted = asked.strip().casefold()
    for sheet in sheets:
        if sheet.name.strip().casefold() == wanted:
            return sheet
    raise UsageError(
        "no sheet called {sheet!r}", cure="it has {names}", sheet=asked, names=", ".join(sheet.name for sheet in sheets)
    )


def _reason(sheet: Sheet, head: pl.DataFrame) -> str:
    """Why a sheet is no table; empty where it is one."""
    rows = [[cell.strip() for cell in row if cell and cell.strip()] for row in head.rows()]
    rows = [row for row in rows if row]
    widest = max(map(len, rows))
    if head.height < _LOOK and not _has_values(head):
        if wording.means(sheet.name, "choices"):
            return "choices"
        if wording.means(sheet.name, "instructions"):
            return "instructions"
    return "instructions" if widest == 1 and len(rows) < _FEW and _is_prose(rows) else ""


def _has_values(head: pl.DataFrame) -> bool:
    """Some column holds e-mails, phone numbers or dates, one kind of them in most rows."""
    for column in head.get_columns():
        cells = [cell.strip() for cell in column.to_list() if cell and cell.strip()][1:]
        for kind in wording.KINDS:
            hits = sum(1 for cell in cells if kind.fullmatch(cell))
            if hits > 1 and hits * 2 > len(cells):
                return True
    return False


def _is_prose(rows: Sequence[Sequence[str]]) -> bool:
    """Sentences rather than values: long, or said to be instructions."""
    cells = [row[0] for row in rows]
    if any(kind.fullmatch(cell) for kind in wording.KINDS for cell in cells):
        return False
    longish = sum(1 for cell in cells if len(cell) > _PROSE or wording.is_prose(cell))
    return longish * 2 >= len(cells)


def _is_empty(head: pl.DataFrame) -> bool:
    return not any(cell and cell.strip() for row in head.rows() for cell in row)


def _because(sheet: Sheet, reason: str) -> str:
    match reason:
        case "hidden":
            return translate("{sheet} (hidden)", sheet=sheet.name)
        case "choices":
            return translate("{sheet} (a list to choose from)", sheet=sheet.name)
        case _:
            return translate("{sheet} (instructions)", sheet=sheet.name)
