"""What is put around cells because of spreadsheets: taken off at import, put on at export, and taken off exactly."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.schema.spreadsheet import defused, unwrapped
from crmctl.sql import SQL, sql

CASES = yaml.safe_load(Path(__file__).with_name("spreadsheet_cases.yaml").read_text(encoding="utf-8"))
TRICKY = st.text(st.sampled_from("'=+-@\t\r\n\0 ＝＋－＠\u3000\xa0\ufeff019.,a姓()%e$\""), max_size=6)
CELL = SQL(("cell",))


def value(expression, text):
    query = sql("select {e} from (select {t}::varchar as cell)", e=expression, t=text)
    return duckdb.execute(query.text, query.values).fetchone()[0]


@pytest.mark.parametrize("text", CASES["defused"])
def test_a_cell_that_a_spreadsheet_would_execute_gets_an_apostrophe(text):
    assert value(defused(CELL), text) == "'" + text


@pytest.mark.parametrize("text", CASES["harmless"])
def test_numbers_phones_and_plain_text_stay_as_they_are(text):
    assert value(defused(CELL), text) == text
    assert value(unwrapped(CELL, defused=True), text) == text


@pytest.mark.parametrize(("text", "bare"), CASES["wrapped"].items())
def test_what_was_put_around_a_text_comes_off(text, bare):
    assert value(unwrapped(CELL, defused=True), text) == bare
    assert value(unwrapped(CELL, defused=False), text) == bare


@settings(max_examples=12, deadline=None)
@given(texts=st.lists((TRICKY | st.text(max_size=8)).filter(lambda text: text[-1:] != "\t"), min_size=40, max_size=80))
def test_what_was_defused_is_restored_exactly_and_no_two_texts_look_alike(texts):
    safe = SQL(("safe",))
    query = sql("select cell, safe, {r}, {d} from (select *, {d} as safe from (select unnest({texts}) as cell))",
                r=unwrapped(safe, defused=True), d=defused(CELL), texts=texts)  # fmt: skip
    found = duckdb.execute(query.text, query.values).fetchall()
    assert all(before == after for before, _, after, _ in found)
    assert len({safe for _, safe, _, _ in found}) == len(set(texts))


def test_missing_cells_stay_missing():
    assert value(defused(CELL), None) is None
    assert value(unwrapped(CELL, defused=True), None) is None
