"""Columns are known by what they hold, where their headers leave that open."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from crmctl.schema import content_profile, guess_schema, load_schema, map_headers
from crmctl.sql import ident, sql, values
from crmctl.yamlfile import load

CASES = load(Path(__file__).with_name("contents.yaml")).data


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


def profile(con, headers, rows):
    """What the columns of a small table hold."""
    names = [f"k{number}" for number in range(len(headers))]
    numbered = [[number, *row] for number, row in enumerate(rows, start=1)]
    columns = sql("{names}", names=sql("_id"))
    for name in names:
        columns = sql("{columns}, {name}", columns=columns, name=ident(name))
    table = sql("(from (values {rows}) t({columns}))", rows=values(numbered), columns=columns)
    return content_profile(con, table, names)


def mapped(con, headers, rows, schema=None):
    contents = profile(con, headers, rows)
    chosen = load_schema(schema) if schema else guess_schema(headers, contents)
    names = [f"{header}#{number}" for number, header in enumerate(headers)]
    return chosen, map_headers(headers, names, chosen, contents=contents)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_table_is_understood_by_headers_and_cells(con, case):
    schema, mapping = mapped(con, case["headers"], case["rows"])
    assert (schema and schema.name) == case["schema"]
    assert [match.field for match in mapping.matches] == case["fields"]


def test_a_match_says_what_was_seen(con):
    rows = [["张伟", "13812345670"], ["王芳", "13912345671"], ["李娜", "15012345672"]]
    _, mapping = mapped(con, ["姓名", "联系方式"], rows)
    name, contact = mapping.matches
    assert (name.reason, name.why) == ("label", "label")
    assert (contact.reason, contact.evidence) == ("content", "100 % mobiles")
    assert contact.why == "content: 100 % mobiles"
    assert 0 < contact.score < name.score


def test_a_column_without_a_name_is_a_weaker_match_than_a_vague_one(con):
    rows = [["13812345670"], ["13912345671"], ["15012345672"]]
    scores = [mapped(con, [header], rows, "customer")[1].matches[0].score for header in ("手机", "联系方式", "c1")]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_what_the_user_gives_stands_against_any_content(con):
    rows = [["13812345670"], ["13912345671"], ["15012345672"]]
    contents = profile(con, ["联系方式"], rows)
    for wanted, field in (("wechat", "wechat"), ("", None)):
        mapping = map_headers(["联系方式"], ["k"], load_schema("customer"), {"联系方式": wanted}, contents=contents)
        assert mapping.matches[0].field == field


def test_two_headers_for_one_field_are_told_of(con):
    _, mapping = mapped(con, ["手机", "手机号"], [["13812345670", "13812345671"]], "customer")
    assert [match.field for match in mapping.matches] == ["mobile", None]
    assert mapping.problems == ["the headers '手机' and '手机号' both mean mobile; '手机号' stays under its own name"]


def test_the_sample_is_bounded_spread_and_the_same_for_the_same_rows(con):
    con.execute(
        "create or replace temp table many as select i + $1 as _id, case when i < 90000 then 'a' || i || '@x.com'"
        " else '13800' || lpad((i % 999983)::varchar, 6, '0') end as v from range(100000) r(i)",
        [7],
    ).fetchall()
    con.execute("create or replace temp table later as select * replace (_id + 123456 as _id) from many").fetchall()
    [first] = content_profile(con, ident("many"), ["v"])
    [second] = content_profile(con, ident("later"), ["v"])
    assert first == second
    assert 1000 < first.filled <= 2100
    assert 0.87 < first.shares["email"] < 0.93


def test_birthdays_lie_far_back_and_far_apart(con):
    rows = [[f"19{60 + number}-01-02", f"2024-01-{number + 1:02}"] for number in range(30)]
    born, made = profile(con, ["a", "b"], rows)
    assert (born.kind.name, born.born, made.born) == ("date", True, False)


def test_an_empty_column_is_of_no_kind(con):
    [content] = profile(con, ["a"], [["  "], [None], [""]])
    assert (content.filled, content.kind) == (0, None)


def test_a_sheet_says_by_its_name_what_it_holds(con):
    headers, rows = ["姓名", "客户名称", "手机"], [["张伟", "北京某某有限公司", "13812345670"]]
    contents = profile(con, headers, rows)
    assert guess_schema(headers, contents, called="联系人").name == "contact"
    assert guess_schema(headers, contents, called="客户").name == "customer"
    assert guess_schema(headers, contents, called="Sheet1").name == "customer"
