from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FILES = {
    "utf-8": "姓名,b\n张三,2\n".encode(),
    "bom": "\ufeff姓名,b\n张三,2\n".encode(),
    "gb18030": "姓名,b\n张三,2\n𠮷,€\n".encode("gb18030"),
    "big5": "姓名,電話\n張先生,台北市信義區\n".encode("big5"),
    "utf-16": "\ufeff姓名\tb\r\n张三\t2\r\n".encode("utf-16-le"),
    "utf-16 big end first": "\ufeff姓名\tb\r\n张三\t2\r\n".encode("utf-16-be"),
    "cp1252": "name;city\nMüller;Köln\n".encode("cp1252"),
    "tab": b"a\tb\n1\t2,3\n",
    "semicolon": b"a;b\n1,5;2\n",
    "pipe": b"a|b\n1|2\n",
    "crlf": b"a,b\r\n1,2\r\n",
    "old Mac": b"a,b\r1,2\r",
    "quote all": b'"a","b"\n"1","x,y"\n"",\n',
    "embedded newlines": b'a,b\r\n1,"x\ny"\r\n"p\r\nq",2\r\n',
    "empty and missing": b'a,b\n,""\n"",\n',
    "no final newline": b"a,b\n1,2",
    "only a header": b"a,b\r\n",
    "no header": b"1,zhang,13800138000\n2,li,13800138001\n",
    "one column with gaps": b"a\n1\n\n2\n",
    "blanks and quotes": b'"e ""mail""", b \n x , \n"""",\'\n',
    "numbers": b"a,b\n00123,1.10\n1e5,110101199003074518\n",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_a_file_written_in_its_own_dialect_is_the_same_file(bench: Any, content: bytes) -> None:
    assert bench.round_trip(content) == content


def test_every_two_byte_character_of_gb18030_survives(bench: Any) -> None:
    characters: list[str] = []
    for lead in range(0x81, 0xFF):
        trails = (*range(0x40, 0x7F), *range(0x80, 0xFF))
        characters.extend(bytes((lead, trail)).decode("gb18030") for trail in trails)
    content = "\n".join(["汉字,b", *(f"{character},1" for character in characters), ""]).encode("gb18030")
    assert bench.round_trip(content, encoding="gb18030") == content


TEXTS = st.text(st.sampled_from("ab ,;\t|\"'\n\r#\\\0é张𠮷"), max_size=6)


def _cell(text: str | None, delimiter: str, *, everything: bool) -> str:
    if text is None:
        return ""
    needs = not text or everything or any(mark in text for mark in (delimiter, '"', "\n", "\r"))
    return '"' + text.replace('"', '""') + '"' if needs else text


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(st.tuples(st.none() | TEXTS, st.none() | TEXTS, st.none() | TEXTS), max_size=12),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    everything=st.booleans(),
    final=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)
def test_any_well_formed_table_comes_back_byte_for_byte(
    shared_bench: Any,
    rows: list[tuple[str | None, ...]],
    delimiter: str,
    end: str,
    everything: bool,
    final: bool,
    encoding: str,
) -> None:
    lines = [("名称", "select", 'e "mail"'), *rows]
    text = end.join(delimiter.join(_cell(c, delimiter, everything=everything) for c in row) for row in lines)
    content = (text + end * final).encode(encoding)
    found = shared_bench.read(content, delimiter=delimiter, encoding=encoding, header=True)
    assert found.cells == rows
    assert found.rejects == []
    target = shared_bench.write(found, "again.csv")
    if found.reading.dialect.quoting == ("all" if everything else "minimal"):
        assert target.read_bytes() == content
    again = shared_bench.read(target, delimiter=delimiter, encoding=encoding, header=True)
    assert again.cells == rows


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["1,2,3", "4,5", 'a,"b\nc",d', '"x', '7,"open,8', "", "6,7,8,9", 'p"q,r,s', '"a"b,c,d', " , ,"]
        ),
        max_size=30,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_no_record_of_a_broken_file_is_lost(shared_bench: Any, records: list[str], end: str) -> None:
    """Every line is in the table, in the rejects or was blank; good lines that stand alone are always in the table."""
    found = shared_bench.read(end.join(["h1,h2,h3", *records, ""]), header=True)
    good = sum(record == "1,2,3" for record in records)
    assert sum(cells[:3] == ("1", "2", "3") for cells in found.cells) == good
    lines = end.join([*records, ""]).count("\n") if records else 0
    spanned = sum((cell or "").count("\n") for cells in found.cells for cell in cells)
    in_rejects = sum(1 + raw.count("\n") for _, _, raw in found.rejects)
    assert found.reading.loaded + spanned + in_rejects + found.reading.skipped == lines


def test_the_count_agrees_with_the_csv_module(bench: Any) -> None:
    rows = [[f"{number}", "x,y" if number % 3 else "p\nq", '"' * (number % 4)] for number in range(5_000)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["a", "b", "c"], *rows])
    assert bench.read(text.getvalue()).cells == [tuple(cell or None for cell in row) for row in rows]
