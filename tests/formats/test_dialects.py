from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import FileError, UsageError
from crmctl.formats import ReadOptions, parts

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from pollution import Case, Spelling, cases, customers

ALL = list(cases())


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_polluted_file_is_read_whole_with_no_flags(bench: Any, case: Case) -> None:
    found = bench.read(case.content)
    assert [[cell or "" for cell in row] for row in found.cells] == case.rows
    assert found.reading.headers == case.header or not case.header
    assert found.reading.dialect.header == bool(case.header)


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from([",", ";", "\t", "|", "^", "||", ", ", "\x1f"]),
    st.sampled_from(['"', "'", "`"]),
    st.sampled_from(["double", "backslash"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.integers(0, 1_000),
)
def test_a_table_is_read_and_written_back_however_it_is_spelled(
    shared_bench: Any, delimiter: str, quote: str, escape: str, end: str, everything: bool, seed: int
) -> None:
    header, rows = customers(seed, 40)
    text = ["he said " + quote + "hi" + quote + delimiter + "twice", "two" + delimiter + "cells", quote + "x" + quote]
    rows = [[*row[:7], text[at % 3] if at % 2 else "plain"] for at, row in enumerate(rows)]
    content = Spelling(delimiter, quote, escape, end, everything).text([header, *rows]).encode()
    found = shared_bench.read(content)
    assert [list(row) for row in found.cells] == rows
    assert found.reading.rejected == found.reading.skipped == 0
    assert shared_bench.write(found, "again.csv").read_bytes() == content


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_no_line_of_a_damaged_file_is_lost(shared_bench: Any, seed: int, damages: int) -> None:
    """Whatever is struck out, put in or doubled: all lines are in the table, in the rejects or skipped."""
    chance = random.Random(seed)  # noqa: S311 - test data
    header, rows = customers(seed, 30)
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    text = Spelling().text([header, *rows])
    for _ in range(damages):
        at = chance.randrange(len(Spelling().line(header)) + 1, len(text))
        text = (
            text[:at]
            + chance.choice(['"', ",", "", "\n", "\r\n", "'", ";", ",,", '""', "\0"])
            + text[at + chance.randrange(3) :]
        )
    content = text.encode()
    reading = shared_bench.read(content, header=True, delimiter=",").reading
    assert reading.read == reading.loaded + reading.rejected + reading.skipped
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    assert reading.read <= lines + content.count(b"\r")
    assert reading.loaded + reading.rejected > 0


def test_the_tables_of_a_text_file_are_parts(bench: Any, tmp_path: Path) -> None:
    path = bench.file("客户\nid,name\n1,张三\n2,李四\n\n订单\norder,id,amount\n9,1,5.5\n8,2,6.5\n")
    found = parts(path, ReadOptions(), tmp_path)
    assert [(part.name, part.options.table) for part in found] == [("客户", 1), ("订单", 2)]
    assert [bench.read(path, table=number).reading.headers for number in (1, 2)] == [
        ["id", "name"],
        ["order", "id", "amount"],
    ]
    with pytest.raises(UsageError, match="has no table 3; it has 2"):
        bench.read(path, table=3)


def test_empty_lines_between_records_make_no_tables(bench: Any, tmp_path: Path) -> None:
    path = bench.file("id,name\n1,张三\n\n2,李四\n3,王五\n\n4,赵六\n")
    assert [part.name for part in parts(path, ReadOptions(), tmp_path)] == [""]
    assert bench.read(path).reading.loaded == 4


def test_a_file_without_line_ends_is_refused_in_bounded_time(bench: Any) -> None:
    begun = time.perf_counter()
    with pytest.raises(FileError, match="has a line longer than 8 MB"):
        bench.read(b"abc,def;" * (2 << 20))
    assert time.perf_counter() - begun < 5


def test_a_quote_that_swallows_the_rest_of_a_large_file_costs_one_record(bench: Any) -> None:
    found = bench.read('a,b,c\n1,"\n' + "x,y,z\n" * 50_000)
    assert (found.reading.loaded, found.reading.rejected) == (50_000, 1)


def test_the_sample_is_taken_from_all_over_the_file(bench: Any) -> None:
    """The first lines alone would say that the comma delimits."""
    head = [f"{number};Oslo, Norway;x" for number in range(3_000)]
    rest = [f"{number};Rome;y" for number in range(30_000)]
    found = bench.read("\n".join(["id;city;mark", *head, *rest]))
    assert found.reading.headers == ["id", "city", "mark"]
    assert found.reading.loaded == 33_000
