"""The fixed parts of an .xlsx package with one sheet, as XML. The cells are `writing`'s."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence

BOLD, DATE, MOMENT, TEXT = 1, 2, 3, 4
SHEET = "xl/worksheets/sheet1.xml"
WORKBOOK = "xl/workbook.xml"
_NARROWEST, _WIDEST = 8, 60
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def fixed_parts(created: dt.date) -> Mapping[str, str]:
    """The parts that do not depend on the rows, in the order in which they are packed."""
    return {
        "[Content_Types].xml": _HEAD
        + f'<Types xmlns="{_PACKAGE}/content-types">'
        + '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + '<Default Extension="xml" ContentType="application/xml"/>'
        + f'<Override PartName="/{WORKBOOK}" ContentType="{_KIND}.sheet.main+xml"/>'
        + f'<Override PartName="/{SHEET}" ContentType="{_KIND}.worksheet+xml"/>'
        + f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        + '<Override PartName="/docProps/core.xml"'
        + ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        "_rels/.rels": _relations(
            ("rId1", f"{_OFFICE}/relationships/officeDocument", WORKBOOK),
            ("rId2", f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
        "docProps/core.xml": _HEAD
        + f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
        + ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        + f'<dcterms:created xsi:type="dcterms:W3CDTF">{created.isoformat()}T00:00:00Z</dcterms:created>'
        + f'<dcterms:modified xsi:type="dcterms:W3CDTF">{created.isoformat()}T00:00:00Z</dcterms:modified>'
        + "</cp:coreProperties>",
        "xl/_rels/workbook.xml.rels": _relations(
            ("rId1", f"{_OFFICE}/relationships/worksheet", "worksheets/sheet1.xml"),
            ("rId2", f"{_OFFICE}/relationships/styles", "styles.xml"),
        ),
        "xl/styles.xml": _HEAD
        + f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
        + '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
        + '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
        + '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
        + '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        + '<fill><patternFill patternType="gray125"/></fill></fills>'
        + '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        + '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        + '<cellXfs count="5">'
        + "".join(
            f'<xf numFmtId="{code}" fontId="{font}" fillId="0" borderId="0" xfId="0"'
            ' applyNumberFormat="1" applyFont="1"/>'
            for code, font in ((0, 0), (0, 1), (164, 0), (165, 0), (49, 0))
        )
        + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    }


def workbook(last: str) -> str:
    """The workbook's own part.

    Args:
        last: The table's last cell, such as ``$L$100``; empty where it has no rows to filter.
    """
    names = (
        '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'
        f"Sheet1!$A$1:{last}</definedName></definedNames>"
        if last
        else ""
    )
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships"><bookViews><workbookView/></bookViews>'
        f'<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>{names}</workbook>'
    )


def sheet_head(widths: Sequence[int], styles: Sequence[int]) -> str:
    """What stands above the rows: the frozen header, and the columns' widths and styles."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"'
        + (f' style="{style}"' if style else "")
        + "/>"
        for number, (width, style) in enumerate(zip(widths, styles, strict=True), 1)
    )
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView tabSelected="1" workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>'
        f"</sheetView></sheetViews>{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
    )


def sheet_foot(last: str) -> str:
    """What stands below the rows: the filter, and that numbers kept as text are meant so."""
    around = (
        f'<autoFilter ref="A1:{last}"/>',
        f'<ignoredErrors><ignoredError sqref="A1:{last}" numberStoredAsText="1"/></ignoredErrors>',
    )
    return f"</sheetData>{''.join(around) if last else ''}</worksheet>"


def letters(number: int) -> str:
    """The name of a column, from 0.

    >>> letters(0), letters(26), letters(16_383)
    ('A', 'AA', 'XFD')
    """
    name, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def width(texts: Sequence[str]) -> int:
    """The width of a column in digits, by texts in it; Chinese characters are twice as wide."""
    widest = max((sum(_cells(character) for character in text[:_WIDEST]) for text in texts), default=0)
    return min(_WIDEST, max(_NARROWEST, widest + 2))


def _cells(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _relations(*entries: tuple[str, str, str]) -> str:
    listed = "".join(f'<Relationship Id="{key}" Type="{kind}" Target="{target}"/>' for key, kind, target in entries)
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'
