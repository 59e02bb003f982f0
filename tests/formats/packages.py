"""Workbooks made by hand, part by part: what no library would write, and some programs do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def package(
    sheet: str, *, styles: str = "", strings: str = "", book: str = "", strict: bool = False, prefix: str = "",
    extra: Mapping[str, str] | None = None,
) -> bytes:  # fmt: skip
    """An .xlsx of one sheet, from what stands inside its ``worksheet`` element."""
    office = f"http://{'purl.oclc.org/ooxml' if strict else 'schemas.openxmlformats.org'}/officeDocument"
    kinds = office + ("/relationships" if strict else "/2006/relationships")
    p, name = (f"{prefix}:", f"xmlns:{prefix}") if prefix else ("", "xmlns")
    space = f'{name}="{STRICT if strict else MAIN}"'

    def relation(number: int, kind: str, target: str) -> str:
        return f'<Relationship Id="rId{number}" Type="{kinds}/{kind}" Target="{target}"/>'

    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS.format(relation(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<{p}workbook {space} xmlns:r="{kinds}">{book}<{p}sheets><{p}sheet name="S" sheetId="1"'
        f' r:id="rId1"/></{p}sheets></{p}workbook>',
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(
            relation(1, "worksheet", "worksheets/sheet1.xml")
            + relation(2, "styles", "styles.xml")
            + relation(3, "sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": f"<{p}worksheet {space}>{sheet}</{p}worksheet>",
    }
    if styles:
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
    if strings:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
    return zipped({**parts, **(extra or {})})


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def rows(*cells: str) -> str:
    """Rows of ready-made cells, as a sheet's data."""
    return "<sheetData>" + "".join(f'<row r="{n}">{row}</row>' for n, row in enumerate(cells, 1)) + "</sheetData>"


def text(reference: str, content: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{content}</t></is></c>'


def formats(*codes: str) -> str:
    """Styles 1, 2 … with these number formats; a number is a built-in one."""
    own = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{c}"/>' for n, c in enumerate(codes) if not c.isdecimal())
    used = "".join(f'<xf numFmtId="{c if c.isdecimal() else 164 + n}"/>' for n, c in enumerate(codes))
    return f"<numFmts>{own}</numFmts><cellXfs><xf numFmtId='0'/>{used}</cellXfs>"


def made(**sheets: Callable[[Any, Any], None]) -> bytes:
    """A workbook by xlsxwriter: each sheet filled by a function of the workbook and the sheet."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    for name, fill in sheets.items():
        fill(book, book.add_worksheet(name))
    book.close()
    return stream.getvalue()


def open_document(tables: str) -> bytes:
    """An .ods from its ``table:table`` elements."""
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }
    spaces = " ".join(f'xmlns:{key}="{value}"' for key, value in names.items())
    hidden = (
        '<office:automatic-styles><style:style style:name="hid" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    )
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return zipped({
        "mimetype": kind, "META-INF/manifest.xml": manifest,
        "content.xml": f"<office:document-content {spaces}>{hidden}{body}</office:document-content>",
    })  # fmt: skip
