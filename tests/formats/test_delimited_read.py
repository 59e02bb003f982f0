from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from crmctl.errors import FileError, UsageError
from crmctl.yamlfile import load

CASES = load(Path(__file__).with_name("delimited_cases.yaml")).data


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_delimited_file_is_read_as_its_case_says(bench: Any, case: dict[str, Any]) -> None:
    found = bench.read(case["text"].encode(case.get("encoding", "utf-8")), **case.get("options", {}))
    assert found.cells == [tuple(row) for row in case["rows"]]
    assert found.rejects == [tuple(row) for row in case.get("rejects", [])]
    assert found.reading.skipped == case.get("skipped", 0)
    for name in ("headers", "columns"):
        if name in case:
            assert getattr(found.reading, name) == case[name]
    if "decision" in case:
        assert re.sub(r" \(\d+ %\)", "", found.reading.decision) == case["decision"]
    if "lines" in case:
        assert found.lines == case["lines"]


ROWS = [f"{number:05},Wang,Beijing" for number in range(30_000)]


@pytest.mark.parametrize(
    ("defect", "rejected"),
    [
        ("7,8", 0),
        ('7,"open,9', 0),
        ("7,8,9,10", 1),
        ('7,"8,9,10', 1),
        ('7,"8"x,9', 0),
        ('7,"two\nlines",9', 0),
        ("7,12.75,9", 0),
    ],
)
def test_a_defect_late_in_the_file_costs_its_own_line_only(bench: Any, defect: str, rejected: int) -> None:
    found = bench.read("\n".join(["id,name,city", *ROWS[:25_000], defect, *ROWS[25_000:], ""]))
    assert (found.reading.loaded, found.reading.rejected) == (30_001 - rejected, rejected)
    assert found.cells[0] == ("00000", "Wang", "Beijing")
    assert found.cells[-1] == ("29999", "Wang", "Beijing")
    assert found.lines[-1] == 30_002 + defect.count("\n")
    assert [line for line, _, _ in found.rejects] == [25_002] * rejected


def test_many_open_quotes_lose_no_good_row(bench: Any) -> None:
    bad = [f'{number},"open,x,y' for number in range(0, 3_000, 10)]
    rows = [row for number in range(300) for row in (bad[number], *ROWS[number * 9 : number * 9 + 9])]
    found = bench.read("\n".join(["id,name,city", *rows]))
    assert (found.reading.loaded, found.reading.rejected) == (2_700, 300)


def test_a_cell_longer_than_any_buffer_is_read(bench: Any) -> None:
    long = "line\n" * 1_000_000
    found = bench.read(f'a,b\n1,"{long}"\n2,x\n')
    assert found.cells == [("1", long), ("2", "x")]
    assert found.lines == [2, 1_000_003]


def test_an_empty_file_is_refused(bench: Any) -> None:
    for content in (b"", b"\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \r\n"):
        with pytest.raises(FileError, match="there is nothing in"):
            bench.read(content)


def test_a_truncated_gbk_file_is_reported_not_guessed(bench: Any) -> None:
    content = "姓名,城市\n张三,北京\n李四,上海".encode("gbk")[:-1]
    with pytest.raises(FileError, match=r"ends in the middle of a gb18030 character.*--encoding gb18030"):
        bench.read(content)
    found = bench.read(content, encoding="gbk")
    assert found.cells == [("张三", "北京")]
    assert found.rejects == [(3, "bytes that are not GB18030", "李四,上\\xba")]


def test_a_truncated_utf8_file_is_reported(bench: Any) -> None:
    with pytest.raises(FileError, match="ends in the middle of a utf-8 character"):
        bench.read("姓名,城市\n张三,北京".encode()[:-1])


def test_one_broken_byte_in_a_utf8_file_rejects_one_line(bench: Any) -> None:
    found = bench.read("姓名,城市\n张三,北京\n".encode() + b"x\xff,y\n" + "李四,上海\n".encode() * 9)
    assert found.rejects == [(3, "bytes that are not UTF-8", "x\\xff,y")]
    assert found.reading.loaded == 10


def test_a_wrong_encoding_is_refused(bench: Any) -> None:
    with pytest.raises(FileError, match="is not utf-8"):
        bench.read("姓名,城市\n张三,北京\n".encode("gbk") * 5, encoding="utf-8")
    with pytest.raises(UsageError, match="unknown encoding 'rot13'"):
        bench.read(b"a,b\n", encoding="rot13")


def test_a_delimiter_is_named_or_refused(bench: Any) -> None:
    assert bench.read("a;b,c\n1;2,3\n", delimiter=";").reading.headers == ["a", "b,c"]
    assert bench.read("a\tb\n1\t2\n", delimiter="tab").reading.headers == ["a", "b"]
    with pytest.raises(UsageError, match="'ab' cannot be a delimiter"):
        bench.read("a,b\n", delimiter="ab")


@pytest.mark.parametrize("name", ["客户[2024]?*.csv", "year=2024.csv", "it's.csv", "a b.txt"])
def test_a_name_that_looks_like_a_pattern_is_one_file(bench: Any, name: str) -> None:
    bench.file("a,b\n8,9\n", "客户2.csv")
    found = bench.read("a,b\n1,2\n", name)
    assert found.reading.columns == ["a", "b"]
    assert found.cells == [("1", "2")]


def test_the_account_has_the_hash_and_the_size_of_the_file(bench: Any) -> None:
    reading = bench.read(b"\xef\xbb\xbfa,b\n1,2\n").reading
    assert reading.size == 11
    assert reading.sha256 == hashlib.sha256(b"\xef\xbb\xbfa,b\n1,2\n").hexdigest()


def test_real_files_are_read_whole(bench: Any, shared_data: Path) -> None:
    people = bench.read((shared_data / "fake_1000.csv").read_bytes())
    assert (people.reading.loaded, people.reading.rejected) == (1_000, 0)
    orders = bench.read((shared_data / "rfm_data_orders.csv").read_bytes())
    assert (orders.reading.loaded, orders.reading.rejected) == (4_906, 0)
