from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.formats.samples import ROWS, vcards

from crmctl.errors import FileError
from crmctl.formats import write
from crmctl.schema import load_schema, map_headers
from crmctl.schema.column import Column
from crmctl.sql import ident, idents, sql, values

PHONE = "\r\n".join([
    "BEGIN:VCARD", "VERSION:2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0;=E4=B8=89;;;",
    "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=", "=A0=E4=B8=89", "TEL;CELL;PREF:13800138000",
    "TEL;WORK;VOICE:010-6552 1234", "TEL;CELL:13900139000", "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQ",
    " AAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsj", "", "EMAIL;HOME:a@example.com",
    "X-QQ:12345", "END:VCARD", "",
])  # fmt: skip


def row(found: Any, number: int = 0) -> dict[str, str | None]:
    cells = zip(found.reading.headers, found.cells[number], strict=True)
    return {header: cell for header, cell in cells if cell is not None}


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def test_what_a_phone_exports_is_read(bench: Any) -> None:
    found = bench.read(PHONE, "contacts.vcf")
    assert row(found) == {
        "Full name": "张三", "Last name": "张", "First name": "三", "Mobile": "13800138000", "Mobile 2": "13900139000",
        "Work phone": "010-6552 1234", "Email": "a@example.com", "QQ": "12345",
    }  # fmt: skip
    assert "pictures and other binary values left out: 1" in found.reading.decision


def test_its_headers_are_fields_of_the_schema(bench: Any) -> None:
    content = card(
        "UID:7", "FN:Li Si", "N:Li;Si;M;Dr.;Jr.", "ORG:Acme;Sales", "TITLE:Head", "TEL;TYPE=cell:1", "TEL;TYPE=work:2",
        "TEL;TYPE=home:3", "TEL;TYPE=fax,work:4", "TEL:5", "EMAIL:a@b.c", "EMAIL:d@e.f", "ADR:;;Road 1;Berlin;BE;10115;DE",
        "ADR;TYPE=home:;;Way 2;Bonn;;;", "BDAY:19900102", "NOTE:n", "CATEGORIES:a,b", "URL:http://x.y", "REV:20240102T030405Z",
        "NICKNAME:Nick", "X-WECHAT:wx",
    )  # fmt: skip
    found = bench.read(content, "a.vcf")
    mapping = map_headers(found.reading.headers, found.reading.columns, load_schema("customer"))
    fields = {match.header: match.field for match in mapping.matches}
    assert [header for header, field in fields.items() if field is None] == []
    values_of = {fields[header]: cell for header, cell in row(found).items()}
    assert values_of == {
        "id": "7", "full_name": "Li Si", "family_name": "Li", "given_name": "Si", "middle_name": "M", "prefix": "Dr.",
        "suffix": "Jr.", "company": "Acme", "department": "Sales", "job_title": "Head", "mobile": "1", "work_phone": "2",
        "home_phone": "3", "fax": "4", "phone": "5", "email": "a@b.c", "email2": "d@e.f", "street": "Road 1",
        "city": "Berlin", "state": "BE", "postal_code": "10115", "country": "DE", "home_street": "Way 2",
        "home_city": "Bonn", "birthday": "1990-01-02", "notes": "n", "tags": "a,b", "website": "http://x.y",
        "updated_at": "2024-01-02T03:04:05Z", "nickname": "Nick", "wechat": "wx",
    }  # fmt: skip


@pytest.mark.parametrize(("lines", "version", "expected"), [
    (["FN:a\\, b\\; c\\nd\\\\e"], "3.0", {"Full name": "a, b; c\nd\\e"}),
    (["NOTE:one long", "  line"], "3.0", {"Notes": "one long line"}),
    (["NOTE:one", " line"], "2.1", {"Notes": "one line"}),
    (["NOTE:C:\\new"], "2.1", {"Notes": "C:\\new"}),
    (["item1.TEL:1", "item1.X-ABLabel:_$!<Mobile>!$_"], "3.0", {"Mobile": "1"}),
    (["item2.TEL:1", "item2.X-ABLabel:工作"], "3.0", {"Work phone": "1"}),
    (['TEL;VALUE=uri;TYPE="cell,voice":tel:+86-138'], "4.0", {"Mobile": "+86-138"}),
    (["TEL;TYPE=CELL;TYPE=pref:1"], "3.0", {"Mobile": "1"}),
    (["fn:small letters", "email;type=internet:a@b"], "3.0", {"Full name": "small letters", "Email": "a@b"}),
    (['NOTE;X-P="a:b;c":text'], "4.0", {"Notes": "text"}),
    (["N:O'Neill\\;x;A"], "3.0", {"Last name": "O'Neill;x", "First name": "A"}),
    (["NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab=3D"], "2.1", {"Notes": "a\nb="}),
    (["NOTE;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=D5=C5"], "2.1", {"Notes": "张"}),
    (["PHOTO;ENCODING=b:AAAA", " BBBB", "FN:x"], "3.0", {"Full name": "x"}),
    (["PHOTO:data:image/png;base64,AAAA", "FN:x"], "4.0", {"Full name": "x"}),
    (["BDAY:--0102"], "4.0", {"Birthday": "--0102"}),
    (["X-PHONETIC-LAST-NAME:Zhang", "ROLE:boss"], "3.0", {"ROLE": "boss", "X-PHONETIC-LAST-NAME": "Zhang"}),
    (["AGENT:", "BEGIN:VCARD", "FN:agent", "END:VCARD", "FN:principal"], "2.1", {"Full name": "principal"}),
])  # fmt: skip
def test_each_spelling_of_a_property_is_understood(
    bench: Any, lines: list[str], version: str, expected: dict[str, str]
) -> None:
    found = bench.read(card(*lines, version=version), "a.vcf")
    assert row(found) == expected
    assert found.reading.read == 1


def test_cards_in_gbk_are_read(bench: Any) -> None:
    content = card("N;CHARSET=GBK:张;三丰", "FN;CHARSET=GBK:张三丰", version="2.1").encode("gbk")
    assert row(bench.read(content, "a.vcf")) == {"Last name": "张", "First name": "三丰", "Full name": "张三丰"}


def test_a_line_folded_within_a_character_is_put_together(bench: Any) -> None:
    text = "NOTE:" + "张" * 40
    raw = text.encode()
    content = card("FN:x").encode().replace(b"FN:x\r\n", b"FN:x\r\n" + raw[:75] + b"\r\n " + raw[75:] + b"\r\n")
    assert row(bench.read(content, "a.vcf")) == {"Full name": "x", "Notes": "张" * 40}


def test_what_is_no_card_is_rejected_with_its_line(bench: Any) -> None:
    content = (
        "hello\n" + card("FN:a") + "junk\nmore\n" + card("no property here") + card("FN:b") + "BEGIN:VCARD\nFN:c\n"
    )
    found = bench.read(content, "a.vcf")
    assert [row[0] for row in found.cells] == ["a", "b"]
    assert [(line, reason) for line, reason, _ in found.rejects] == [
        (1, "text outside of a card"), (6, "text outside of a card"), (8, "a line that is no property"),
        (16, "the card is cut off: END:VCARD is missing"),
    ]  # fmt: skip
    assert found.reading.read == 6


def test_a_card_that_is_not_ended_does_not_swallow_the_next(bench: Any) -> None:
    found = bench.read("BEGIN:VCARD\nFN:a\n" + card("FN:b"), "a.vcf")
    assert (found.cells, found.rejects[0][0]) == ([("b",)], 1)


def test_a_file_without_a_whole_card_is_an_error(bench: Any) -> None:
    with pytest.raises(FileError, match="there is no whole card"):
        bench.read("BEGIN:VCARD\nFN:a\n", "a.vcf")


@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
def test_the_count_agrees_with_the_lines_that_begin_cards(bench: Any, version: str) -> None:
    content = vcards(version)
    found = bench.read(content, "stdin.input")
    assert found.reading.loaded == content.count(b"BEGIN:VCARD") == len(ROWS)


COLUMNS = [
    Column(name, name) for name in
    ("id", "full_name", "family_name", "given_name", "mobile", "mobile2", "email", "email2", "company", "department",
     "street", "home_city", "birthday", "updated_at", "notes", '等 "级"')
]  # fmt: skip
TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff") | st.sampled_from("\n;,\\:^\"'"),
    min_size=1, max_size=40,
)  # fmt: skip
ROWS_OF_TEXT = st.lists(
    st.lists(st.none() | TEXTS, min_size=len(COLUMNS), max_size=len(COLUMNS)), min_size=1, max_size=4
)


@settings(max_examples=40, deadline=None)
@given(ROWS_OF_TEXT)
def test_any_text_written_as_cards_reads_back_the_same(shared_bench: Any, rows: list[list[str | None]]) -> None:
    rows = [["1", *rest] for _, *rest in rows]
    names = idents(column.name for column in COLUMNS)
    query = sql("select * from (values {rows}) as t({names})", rows=values(rows), names=names)
    stream = io.BytesIO()
    write(shared_bench.con, query, stream, format="vcard", columns=COLUMNS)
    content = stream.getvalue()
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    for line in content.split(b"\r\n"):
        line.decode()
    found = shared_bench.read(content, "a.vcf")
    schema = load_schema("customer")
    mapping = map_headers(found.reading.headers, found.reading.columns, schema)
    fields = {m.header: m.field or {"Mobile 2": "mobile2"}.get(m.header, m.header) for m in mapping.matches}
    again = [
        [
            {fields[h]: c for h, c in zip(found.reading.headers, cells, strict=True)}.get(column.name)
            for column in COLUMNS
        ]
        for cells in found.cells
    ]
    assert again == rows


def test_a_name_that_was_made_up_is_not_read_back(bench: Any) -> None:
    stream = io.BytesIO()
    columns = [Column("family_name", "姓"), Column("given_name", "名")]
    query = sql("select '张' as {a}, '三' as {b}", a=ident("family_name"), b=ident("given_name"))
    assert write(bench.con, query, stream, format="vcard", columns=columns) == 1
    assert "FN;DERIVED=true:张三\r\n" in stream.getvalue().decode()
    assert row(bench.read(stream.getvalue(), "a.vcf")) == {"Last name": "张", "First name": "三"}
