"""Two phones or e-mails in one cell become the first value and the spare fields, and nothing is dropped."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.schema import load_schema, split_multi_values
from crmctl.sql import ident

FIELDS = ("mobile", "phone", "email")
SLOTS = ("mobile", "mobile2", "phone", "other_phone", "email", "email2", "email3")


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


def split(con, rows, fields=FIELDS, schema="customer"):
    """The rows as dictionaries of their filled cells, and the findings."""
    for name in ('the "rows"', "t_parts", "t_several"):
        con.execute(f"drop table if exists {ident(name).text}").fetchall()
    table = ident('the "rows"')
    columns = ", ".join(f'"{field}" varchar' for field in fields)
    con.execute(f"create temp table {table.text} (_id bigint, {columns})").fetchall()
    for number, row in enumerate(rows):
        con.execute(
            f"insert into {table.text} values (?{', ?' * len(fields)})",  # noqa: S608 - quoted names of the test
            [number, *row],
        ).fetchall()
    known = load_schema(schema)
    before = [known.fields[field].column(field) for field in fields]
    result = split_multi_values(con, table, before, known, lambda name: ident(f"t_{name}"))
    names = ["_id", *(column.name for column in result.columns)]
    listed = ", ".join(ident(name).text for name in names)
    cells = con.execute(f"select {listed} from {table.text} order by _id").fetchall()  # noqa: S608 - as above
    filled = [{name: cell for name, cell in zip(names[1:], row[1:], strict=True) if cell is not None} for row in cells]
    findings = []
    if result.findings is not None:
        findings = con.execute(f"from {result.findings.text} order by all").fetchall()
    return filled, findings, dict(result.counts)


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (("13812345670;010-62345678", None, None), {"mobile": "13812345670", "phone": "010-62345678"}),
        (("13812345670、13912345671", None, None), {"mobile": "13812345670", "mobile2": "13912345671"}),
        (("13812345670 13912345671", None, None), {"mobile": "13812345670", "mobile2": "13912345671"}),
        (("13812345670/13912345671", None, None), {"mobile": "13812345670", "mobile2": "13912345671"}),
        (("13812345670\n13912345671\n", None, None), {"mobile": "13812345670", "mobile2": "13912345671"}),
        (("13812345670 或 010-62345678", None, None), {"mobile": "13812345670", "phone": "010-62345678"}),
        ((None, "010-62345678；13812345670", None), {"phone": "010-62345678", "mobile": "13812345670"}),
        (
            ("13700000007", "010-62345678，021-52345678", None),
            {"mobile": "13700000007", "phone": "010-62345678", "other_phone": "021-52345678"},
        ),
        (
            (None, None, "a@x.com ::: b@x.com ::: c@x.com ::: d@x.com"),
            {"email": "a@x.com", "email2": "b@x.com", "email3": "c@x.com;d@x.com"},
        ),
        (
            ("13812345670;13912345671;13712345672;13612345673", None, None),
            {"mobile": "13812345670", "mobile2": "13912345671;13712345672;13612345673"},
        ),
        (("138****5670;139****5671", None, None), {"mobile": "138****5670", "mobile2": "139****5671"}),
        (("13812345670;13812345670", None, None), {"mobile": "13812345670"}),
        (("13812345670;010-62345678", "010-62345678", None), {"mobile": "13812345670", "phone": "010-62345678"}),
    ],
)
def test_the_first_value_stays_and_spare_fields_take_the_others(con, row, wanted):
    [cells], findings, counts = split(con, [row])
    assert cells == wanted
    [field] = counts
    original = row[FIELDS.index(field)]
    assert findings == [(0, field, "fixed", "several values", original, wanted[field])]


@pytest.mark.parametrize(
    "row",
    [
        ("010-6234 5678 转 801", None, None),
        ("13812345670/9", None, None),
        ("13812345670 (公司)", None, None),
        ("(010) 6234-5678", None, None),
        (None, None, "a@x.com;"),
        (None, None, "Ann Lee <a@x.com>, office"),
        (None, "+1 (212) 555-2368 x12", None),
        ("", "  ", None),
    ],
)
def test_a_cell_that_is_not_surely_several_stays_as_it_is(con, row):
    [cells], findings, counts = split(con, [row])
    assert cells == {field: cell for field, cell in zip(FIELDS, row, strict=True) if cell is not None}
    assert (findings, counts) == ([], {})


def test_columns_that_are_not_needed_are_not_added(con):
    cells, _, _ = split(con, [("13812345670;13912345671", None, None), ("13712345672", None, None)])
    assert {name for row in cells for name in row} == {"mobile", "mobile2"}


def test_a_schema_without_spare_fields_keeps_its_cells(con):
    [cells], findings, _ = split(con, [("13812345670;13912345671", None, None)], schema="order")
    assert cells == {"mobile": "13812345670;13912345671"}
    assert findings == []


NUMBERS = st.from_regex(r"1[3-9][0-9]{9}|0[1-9][0-9]-[1-9][0-9]{7}", fullmatch=True)
CELLS = st.one_of(st.none(), NUMBERS, st.lists(NUMBERS, min_size=2, max_size=5).map(" / ".join), st.just("see notes"))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, st.none()), min_size=1, max_size=6))
def test_no_value_is_lost_or_made_up(con, rows):
    cells, _, _ = split(con, rows)
    for row, after in zip(rows, cells, strict=True):
        values = {value for cell in row if cell for value in re.split(r" / |;", cell)}
        assert {value for cell in after.values() for value in cell.split(";")} == values
