from __future__ import annotations

from typing import Any

import pytest

from crmctl.errors import FileError, UsageError

WIDTHS = (("id", 5), ("name", 10), ("city", 6))


@pytest.mark.parametrize("name", ["a.txt", "a.dat", "a.fwf", "stdin.input"])
def test_lines_are_cut_where_the_widths_say(bench: Any, name: str) -> None:
    found = bench.read("1    Zhang San Berlin\n00002Li        Bonn\n\n3\n", name, widths=WIDTHS)
    assert found.reading.headers == ["id", "name", "city"]
    assert found.cells == [("1", "Zhang San", "Berlin"), ("00002", "Li", "Bonn"), ("3", None, None)]
    assert found.lines == [1, 2, 4]
    assert found.reading.read == 4


def test_cells_without_blanks_between_them_are_cut_too(bench: Any) -> None:
    assert bench.read("1234567890Abcdefghijk\n", "a.dat", widths=WIDTHS).cells == [("12345", "67890Abcde", "fghijk")]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_full_width_characters_count_two_where_the_lines_say_so(bench: Any, encoding: str) -> None:
    by_place = "00001张三      北京  \n00002欧阳修远  上海  \n".encode(encoding)
    by_character = "00001张三        北京    \n00002欧阳修远      上海    \n".encode(encoding)
    for content in (by_place, by_character):
        found = bench.read(content, "a.dat", widths=WIDTHS)
        assert found.cells == [("00001", "张三", "北京"), ("00002", "欧阳修远", "上海")]


def test_a_line_that_is_too_long_is_rejected(bench: Any) -> None:
    found = bench.read("1    Zhang San Berlin\n2    Li        Bonn   !\n", "a.dat", widths=WIDTHS)
    assert len(found.cells) == 1
    assert [(line, reason) for line, reason, _ in found.rejects] == [(2, "longer than its columns")]


def test_a_header_is_known_by_its_names(bench: Any) -> None:
    content = "ID   Name      City\n1    Zhang San Berlin\n"
    found = bench.read(content, "a.dat", widths=WIDTHS)
    assert (found.cells, found.reading.read) == ([("1", "Zhang San", "Berlin")], 1)
    assert len(bench.read(content, "a.dat", widths=WIDTHS, header=False).cells) == 2


def test_columns_are_found_by_their_blanks_when_the_user_says_fixed(bench: Any) -> None:
    content = "id   name       city     amount\n1    Zhang San  Berlin     9.50\n2    张三       上海      10.00\n"
    found = bench.read(content, "a.txt", format="fixed")
    assert found.reading.headers == ["id", "name", "city", "amount"]
    assert found.cells == [("1", "Zhang San", "Berlin", "9.50"), ("2", "张三", "上海", "10.00")]


def test_a_ruler_below_the_header_is_passed_over(bench: Any) -> None:
    found = bench.read("id  name\n--- -----\n1   Li\n", "a.txt", format="fixed")
    assert (found.cells, found.reading.skipped, found.reading.read) == ([("1", "Li")], 1, 2)


def test_a_file_without_a_header_has_none(bench: Any) -> None:
    found = bench.read("1  13800138000 a@b.cn\n2  13900139000 c@d.cn\n3  13700137000 e@f.cn\n", "a.txt", format="fixed")
    assert (len(found.cells), found.reading.headers) == (3, ["column_1", "column_2", "column_3"])


def test_what_makes_no_sense_is_an_error(bench: Any) -> None:
    with pytest.raises(FileError, match="no columns show"):
        bench.read("abc\ndef\n", "a.txt", format="fixed")
    with pytest.raises(FileError, match="there is nothing in"):
        bench.read("\n\n", "a.txt", widths=WIDTHS)
    with pytest.raises(UsageError, match="a has the width 0"):
        bench.read("x\n", "a.txt", widths=(("a", 0),))
