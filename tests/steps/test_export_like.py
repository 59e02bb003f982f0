"""A dataset that goes out in a file's shape: what was not changed since its import is the same bytes."""

from __future__ import annotations

import random
from typing import Any

import pytest

from .test_own_shape import ENCODINGS, ODD, Sample

MIXED = (
    '\ufeff姓名;手机;邮箱;备注\r\n张伟;138 0013 8000;a@b.cn;"x;y"\r\n李雷;13900139000/13700137000;B@c.CN;\r\n'
    '王五;="001";"q@q.com";=1+1\r\n'
).encode()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_imported_and_exported_in_its_own_shape_is_the_same_bytes(cli: Any, encoding: str) -> None:
    chance = random.Random(f"like {encoding}")  # noqa: S311 - test data
    content = Sample(encoding, chance).content()
    (cli.folder / "f.csv").write_bytes(content)
    cli("import", "f.csv", "--into", "x")
    cli("export", "x", "--like", "f.csv", "-o", "g.csv")
    assert (cli.folder / "g.csv").read_bytes() == content


@pytest.mark.parametrize("content", [*ODD.values(), MIXED], ids=[*ODD, "several values and wrappings"])
def test_an_odd_file_comes_back_too(cli: Any, content: bytes) -> None:
    (cli.folder / "f.csv").write_bytes(content)
    cli("import", "f.csv", "--into", "x")
    (cli.folder / "moved.csv").write_bytes(content)
    assert cli("export", "x", "--like", "moved.csv", "-o", "-").data == content


def test_what_was_cleaned_changes_and_nothing_else(cli: Any) -> None:
    (cli.folder / "f.csv").write_bytes(MIXED)
    cli("import", "f.csv", "--into", "x")
    cli("clean", "x", "--fields", "email", "--level", "likely")
    cli("export", "x", "--like", "f.csv", "-o", "g.csv", "--columns", "手机,email")
    assert (cli.folder / "g.csv").read_bytes().decode().split("\r\n")[1:] == [
        "138 0013 8000;a@b.cn", "13900139000/13700137000;B@c.cn", '="001";"q@q.com"', "",
    ]  # fmt: skip


def test_a_second_number_gets_a_column_once_its_cell_holds_only_the_first(cli: Any) -> None:
    (cli.folder / "f.csv").write_bytes(MIXED)
    cli("import", "f.csv", "--into", "x")
    cli("clean", "x", "--fields", "mobile")
    cli("export", "x", "--like", "f.csv", "-o", "g.csv")
    lines = (cli.folder / "g.csv").read_bytes().decode().split("\r\n")
    assert lines[0].endswith("备注;mobile2")
    assert lines[2] == "李雷;+8613900139000;B@c.CN;;13700137000"
    assert lines[3] == '王五;="001";"q@q.com";=1+1;'


def test_a_template_gives_its_headers_and_dialect_to_rows_that_come_from_elsewhere(cli: Any) -> None:
    (cli.folder / "f.csv").write_text("name,mobile,city\nTom,138,Rome\nZoë,139,Bonn\n", "utf-8")
    (cli.folder / "template.csv").write_bytes("手机;姓名;备注\r\n13800138000;张三;演示\r\n".encode("gb18030"))
    cli("import", "f.csv", "--into", "x")
    told = cli("export", "x", "--like", "template.csv", "-o", "g.csv").err
    assert (cli.folder / "g.csv").read_bytes().decode("gb18030") == "手机;姓名;备注\r\n138;Tom;\r\n139;Zoë;\r\n"
    assert "template.csv has no column for: city" in told


def test_rows_of_several_files_and_chosen_columns_go_out_like_one_of_them(cli: Any) -> None:
    (cli.folder / "a.csv").write_bytes(b'id;"name"\r\n1;"Tom"\r\n2;Ann\r\n')
    (cli.folder / "b.csv").write_bytes(b"id,name\n3,Bob\n")
    cli("import", "a.csv", "b.csv", "--into", "x", "--source", "shop", "--schema", "customer")
    cli("export", "x", "--like", "a.csv", "-o", "g.csv")
    assert (cli.folder / "g.csv").read_bytes() == b"id;name\r\n1;Tom\r\n2;Ann\r\n3;Bob\r\n"
    cli("export", "x", "--like", "a.csv", "-o", "h.csv", "--where", "id < 3", "--columns", "name")
    assert (cli.folder / "h.csv").read_bytes() == b'"name"\r\n"Tom"\r\nAnn\r\n'


def test_a_shape_and_a_target_exclude_each_other_and_the_model_is_not_written(cli: Any) -> None:
    (cli.folder / "f.csv").write_bytes(MIXED)
    cli("import", "f.csv", "--into", "x")
    assert cli("export", "x", "--like", "f.csv", "-o", "g.csv", "--for", "excel", code=2)
    assert "is the input" in cli("export", "x", "--like", "f.csv", "-o", "f.csv", code=2).err
    assert (cli.folder / "f.csv").read_bytes() == MIXED
