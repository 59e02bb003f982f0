"""Workbooks that are broken, hostile, protected, or unlike what Excel writes."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.formats.packages import made, open_document, package, rows, text, zipped

from crmctl.errors import FileError, PasswordNeeded
from crmctl.formats import ReadOptions, parts

TABLE = rows(text("A1", "姓名") + text("B1", "手机"), text("A2", "张三") + '<c r="B2"><v>13800138000</v></c>')


def _patched(content: bytes, name: bytes, declared: int) -> bytes:
    """The archive with another declared size of a member, in both of its headers."""
    changed = bytearray(content)
    for signature, size_at, name_at in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            if content[at + name_at : at + name_at + len(name)] == name:
                changed[at + size_at : at + size_at + 4] = declared.to_bytes(4, "little")
    return bytes(changed)


def test_a_header_that_lies_about_the_size_is_found_out_while_unpacking(bench: Any) -> None:
    sheet = "xl/worksheets/sheet1.xml"
    content = package(TABLE.replace("张三", "x" * 3_000_000))
    for declared in (1000, 2_900_000):
        with pytest.raises(FileError, match="unpacks to more than it declares"):
            bench.read(_patched(content, sheet.encode(), declared), "a.xlsx")
    content = package(TABLE, strings="<si><t>" + "x" * 3_000_000 + "</t></si>")
    with pytest.raises(FileError, match="unpacks to more than it declares"):
        bench.read(_patched(content, b"xl/sharedStrings.xml", 1000), "a.xlsx")


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "name", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"]
)
def test_entities_are_refused_in_every_part(bench: Any, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(package(TABLE, strings="<si><t>a</t></si>"))) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members[name] = LAUGHS.encode() + members[name]
    with pytest.raises(FileError, match="declares XML entities"):
        bench.read(zipped(members), "a.xlsx")


def test_entities_in_an_open_document_are_refused(bench: Any) -> None:
    with zipfile.ZipFile(io.BytesIO(open_document(""))) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members["content.xml"] = LAUGHS.encode() + members["content.xml"]
    with pytest.raises(FileError, match="declares XML entities"):
        bench.read(zipped(members), "a.ods")


def test_a_stray_cell_in_the_last_corner_is_refused_before_memory_is_taken(bench: Any) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with pytest.raises(
        FileError, match="reaches to row 1048576 and column 16384, and nearly all of it is empty; delete"
    ):
        bench.read(package(TABLE.replace("</sheetData>", far)), "a.xlsx")
    repeated = (
        '<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row></table:table>'
    )
    with pytest.raises(FileError, match="reaches to row 1048576 and column 16384"):
        bench.read(open_document(repeated), "a.ods")


def test_a_stray_cell_that_memory_can_hold_is_a_row_like_any_other(bench: Any) -> None:
    far = '<row r="100000"><c r="A100000"><v>1</v></c></row></sheetData>'
    found = bench.read(package(TABLE.replace("</sheetData>", far)), "a.xlsx")
    assert (found.reading.read, found.reading.loaded, found.lines) == (99_999, 2, [2, 100_000])


def test_rows_that_stand_twice_are_no_silent_loss(bench: Any) -> None:
    twice = '<row r="2"><c r="A2"><v>5</v></c></row></sheetData>'
    with pytest.raises(FileError, match="has 3 rows with values, but 2 could be read"):
        bench.read(package(TABLE.replace("</sheetData>", twice)), "a.xlsx")


def _prefixed(sheet: str) -> str:
    return sheet.replace("<", "<x:").replace("<x:/", "</x:")


SPELLINGS = {
    "strict": package(TABLE, strict=True),
    "prefixed": package(_prefixed(TABLE), prefix="x"),
    "dimension wrong": package('<dimension ref="A1"/>' + TABLE),
    "dimension huge": package('<dimension ref="A1:XFD1048576"/>' + TABLE),
    "no references": package(
        "<sheetData><row><c t='inlineStr'><is><t>姓名</t></is></c><c t='inlineStr'><is><t>手机</t></is></c></row>"
        "<row><c t='inlineStr'><is><t>张三</t></is></c><c><v>13800138000</v></c></row></sheetData>"
    ),
    "single quotes": package(TABLE.replace('"', "'")),
    "commented": package("<!-- <row r='9'><c r='A9'><v>1</v></c></row> -->" + TABLE),
    "pretty": package(TABLE.replace("><", ">\n  <").replace("</t>\n  </is>", "</t></is>")),
    "no styles": package(TABLE, styles=""),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_what_other_programs_write_is_read_the_same(bench: Any, name: str) -> None:
    found = bench.read(SPELLINGS[name], "a.xlsx")
    assert found.cells == [("张三", "13800138000")]
    assert found.reading.headers == ["姓名", "手机"]


def test_text_that_the_reader_would_drop_is_an_error(bench: Any) -> None:
    sheet = rows(text("A1", "姓名"), '<c r="A2" t="str"><v><![CDATA[张三]]></v></c>')
    with pytest.raises(FileError, match="not a sound workbook"):
        bench.read(package(sheet), "a.xlsx")


def _protected(password: str) -> bytes:
    from msoffcrypto.format.ooxml import OOXMLFile

    stream = io.BytesIO()
    plain = made(客户=lambda _b, s: [s.write_row(0, 0, ["姓名", "手机"]), s.write_row(1, 0, ["张三", "13800138000"])])
    OOXMLFile(io.BytesIO(plain)).encrypt(password, stream)
    return stream.getvalue()


def test_a_protected_workbook_is_opened_by_its_password(bench: Any) -> None:
    path = bench.file(_protected("秘密1"), "a.xlsx")
    right, wrong = "秘密1", "other"
    assert bench.read(path, password=right).cells == [("张三", "13800138000")]
    with pytest.raises(PasswordNeeded, match=r"a\.xlsx is protected by a password; give it with --password-file"):
        parts(path, ReadOptions(), bench.workdir)
    with pytest.raises(FileError, match="the password does not open"):
        bench.read(path, password=wrong)
    assert list(bench.workdir.iterdir()) == []


def test_a_workbook_that_is_only_protected_against_changes_opens_by_itself(bench: Any) -> None:
    assert bench.read(_protected("VelvetSweatshop"), "a.xlsx").reading.loaded == 1


def test_a_damaged_workbook_is_a_table_or_a_clear_error(bench: Any, capfd: pytest.CaptureFixture[str]) -> None:
    whole = made(客户=lambda _b, s: [s.write_row(n, 0, ["姓名", n, 1.5]) for n in range(50)])
    chance = random.Random(7)  # noqa: S311 - which bits are flipped is no secret
    for number in range(60):
        content = bytearray(whole)
        if number % 3:
            for _ in range(chance.choice([1, 5, 50])):
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        else:
            del content[chance.randrange(len(content)) :]
        with contextlib.suppress(FileError):
            bench.read(bytes(content), "a.xlsx")
    assert "panicked" not in capfd.readouterr().err


@pytest.mark.parametrize("content", [b"PK\x03\x04 and then nothing", b"PK\x05\x06" + b"\0" * 18])
def test_a_package_without_parts_is_no_workbook(bench: Any, content: bytes) -> None:
    with pytest.raises(FileError):
        bench.read(content, "a.xlsx")


def test_a_protected_open_document_says_so(bench: Any) -> None:
    with zipfile.ZipFile(io.BytesIO(open_document(""))) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members["META-INF/manifest.xml"] = b"<manifest><encryption-data/></manifest>"
    with pytest.raises(FileError, match="protected by a password, and an"):
        bench.read(zipped(members), "a.ods")


def test_an_old_workbook_with_flipped_bits_is_a_table_or_a_clear_error(
    bench: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = (Path(__file__).with_name("data") / "customers.xls").read_bytes()
    chance = random.Random(3)  # noqa: S311 - which bits are flipped is no secret
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 5, 50])):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(FileError):
            bench.read(bytes(content), "a.xls")
    assert "panicked" not in capfd.readouterr().err


def test_what_is_said_of_columns_again_and_again_costs_no_time(bench: Any) -> None:
    hidden = "<cols>" + '<col min="1" max="16384" hidden="1"/>' * 20_000 + "</cols>"
    assert bench.read(package(hidden + TABLE), "a.xlsx").reading.loaded == 1
