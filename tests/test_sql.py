"""SQL is composed of fixed text, quoted names and bound values; a string never becomes code."""

from __future__ import annotations

import ast
import datetime as dt
import math
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.sql import FALSE, SQL, TRUE, conjunction, disjunction, ident, idents, join, sql, values
from crmctl.step import Dataset

SOURCE = Path(__file__).resolve().parents[1] / "src" / "crmctl"

# PostgreSQL-style names: DuckDB cannot hold a NUL in one.
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), TEXTS,
    st.floats(allow_nan=False), st.binary(max_size=8),
    st.dates(dt.date(1, 1, 1)), st.datetimes(dt.datetime(1, 1, 1)),
    st.timedeltas(dt.timedelta(days=-9999), dt.timedelta(days=9999)),
    st.decimals(-(10**15), 10**15, places=3), st.lists(TEXTS, min_size=1, max_size=3),
    st.lists(st.integers(-9, 9), min_size=1, max_size=3),
)  # fmt: skip


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


def test_a_plain_string_is_bound_and_never_code():
    query = sql("select {n} from {t}", n="1; drop table t", t=ident("t"))
    assert query.text == 'select ? from "t"'
    assert query.values == ["1; drop table t"]


def test_sql_and_whatever_knows_its_sql_is_spliced():
    inner = sql("(select {n} as n)", n=1)
    dataset = Dataset(name="x", relation=ident("_crmctl", "v1"), columns=(), rows=0)
    query = sql("select * from {inner} join {dataset} on {n}", inner=inner, dataset=dataset, n=2)
    assert query.text == 'select * from (select ? as n) join "_crmctl"."v1" on ?'
    assert query.values == [1, 2]


def test_a_hole_may_be_used_twice_and_a_missing_one_is_an_error():
    assert sql("{a} {a}", a=1).values == [1, 1]
    with pytest.raises(KeyError):
        sql("{a}")


def test_braces_of_a_literal_are_doubled():
    assert sql("select {{'a': {n}}}", n=1).text == "select {'a': ?}"


@given(NAMES)
@settings(max_examples=50, deadline=None)
def test_any_name_can_be_a_column(con, name):
    query = sql("select {n} from (select 7 as {n}) as {n}", n=ident(name))
    cursor = con.execute(query.text, query.values)
    assert cursor.description[0][0] == name
    assert cursor.fetchall() == [(7,)]


@given(CELLS)
@settings(max_examples=50, deadline=None)
def test_a_literal_says_the_same_as_the_bound_value(con, value):
    query = sql("select v, split_part(typeof(v), '(', 1) from (select {v} as v)", v=value)
    assert con.execute(query.literal).fetchall() == con.execute(query.text, query.values).fetchall()


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "null"), (True, "true"), (1, "1"), (1.5, "'1.5'::double"), (math.inf, "'inf'::double"),
        (Decimal("1.20"), "1.20"),
        ("it's", "'it''s'"), ("", "''"), ("a\0b", "('a' || chr(0) || 'b')"), ("a\\n\n", "'a\\n\n'"),
        (dt.date(2026, 6, 30), "date '2026-06-30'"),
        (dt.datetime(2026, 6, 30, 1, 2), "timestamp '2026-06-30 01:02:00'"),
        (dt.timedelta(days=1), "to_microseconds(86400000000)"), (b"\0A", "'\\x00\\x41'::blob"),
        (["a'", None], "['a''', null]"), ([], "[]"),
    ],
)  # fmt: skip
def test_literals(con, value, literal):
    assert sql("{v}", v=value).literal == literal
    con.execute(f"select {literal}").fetchall()


def test_names_are_quoted_and_qualified():
    assert ident("main", 'e "mail"').text == '"main"."e ""mail"""'
    assert idents(["a", "select"]).text == '"a", "select"'


def test_lists_of_pieces():
    assert join([ident("a"), sql("{n}", n=1)], " or ").text == '"a" or ?'
    assert values([(1, "x"), (None, "y")]).text == "(?, ?), (?, ?)"
    assert conjunction([]) is TRUE
    assert disjunction([]) is FALSE
    assert conjunction([sql("a or b"), sql("c")]).text == "(a or b) and (c)"
    assert disjunction([sql("a"), sql("b")]).text == "(a) or (b)"


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _modules():
    for path in sorted(SOURCE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _sql_names(tree: ast.Module) -> set[str]:
    """What a module calls `crmctl.sql.sql`."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "crmctl.sql"
        for alias in node.names
        if alias.name == "sql"
    }


def test_every_template_in_the_source_is_a_literal():
    faults, count = [], 0
    for path, tree in _modules():
        names = _sql_names(tree) | ({"sql"} if path == SOURCE / "sql.py" else set())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in names:
                count += 1
                first = node.args[0] if node.args else None
                if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                    faults.append(f"{path.name}:{node.lineno}")
    assert not faults
    assert count > 300


def test_sql_is_made_from_text_only_where_the_text_is_known():
    """`SQL((…,))` and `SQL(tuple)` bypass the holes; each place that does so is one of these."""
    known = {
        "sql.py",
        "store/fence.py",  # a user's SELECT, once it is known to be one
        "store/connection.py",  # `table` or `view`
        "schema/column.py", "checks/kinds/range.py", "analytics/rfm_scores.py",  # the name of an SQL type
        "matching/prepare.py",
    }  # fmt: skip
    found = {
        str(path.relative_to(SOURCE))
        for path, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) == "SQL"
    }
    assert found <= known, found - known


def test_no_statement_is_run_from_a_formatted_string():
    faults = [
        f"{path.name}:{node.lineno}"
        for path, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("execute", "sql", "query") and node.args
        and isinstance(node.args[0], (ast.JoinedStr, ast.BinOp))
    ]  # fmt: skip
    assert not faults


def test_sql_is_immutable_and_compares_by_content():
    assert sql("select {n}", n=1) == SQL(("select ", *sql("{n}", n=1).parts))
    assert str(sql("select {n}", n="a'")) == "select 'a'''"
