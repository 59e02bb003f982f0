from __future__ import annotations

import random
from collections.abc import Collection
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.cleaning import LEVELS, NORMALISERS, normalise
from crmctl.schema.column import TYPES
from crmctl.sql import sql
from crmctl.yamlfile import load

GROUPS = load(Path(__file__).with_name("cases.yaml")).data
KNOWN = sorted({case[0] for group in GROUPS for case in group["cases"]})
PIECES = st.sampled_from(
    [
        *"0123456789.,-/+@ %()¥年月日万元无、；:：ａＡ\u3000\u200b\t①é",
        "138",
        "2024",
        "00",
        "转801",
        " x12",
        ";ext=",
        "+86",
        "13912345670",
        "*",
        "@x.cn",
        "中国",
    ]
)
WORDS = st.lists(
    st.sampled_from(
        ["王", "芳", "先生", "某", "Li", "van", "O'", "-", " ", "2024-0", "2-29", "+86139", "12345678", "a@", ".cn"]
    ),
    max_size=6,
).map("".join)
CELLS = st.one_of(st.sampled_from(KNOWN), st.lists(PIECES, max_size=14).map("".join), st.text(max_size=12))
OPTIONS = st.tuples(st.sampled_from(LEVELS), st.sampled_from([(), ("CN",), ("US", "GB")]))


def _messy_rows(types: Collection[str], count: int) -> list[list[str]]:
    chance = random.Random(20_240_305)  # noqa: S311 - seeded test data
    return [chance.choices(KNOWN, k=len(types)) for _ in range(count)]


@pytest.mark.parametrize("semantic_type", [name for name, each in NORMALISERS.items() if each.plain])
@settings(max_examples=12, deadline=None)
@given(cells=st.lists(st.one_of(CELLS, WORDS), min_size=1, max_size=60), options=OPTIONS)
def test_a_cell_that_is_passed_over_is_one_that_would_stay(semantic_type, cells, options):
    plain = NORMALISERS[semantic_type].plain
    texts = pl.Series([cell for cell in cells if cell], dtype=pl.String)
    passed = texts.filter(plain(texts))
    level, regions = options
    assert set(normalise(passed, semantic_type, level=level, regions=regions)["status"]) <= {"ok", "placeholder"}


@pytest.mark.parametrize("semantic_type", NORMALISERS)
@settings(max_examples=12, deadline=None)
@given(cells=st.lists(CELLS, min_size=1, max_size=40), options=OPTIONS)
def test_cleaning_keeps_its_promises(semantic_type, cells, options):
    level, regions = options
    once = normalise(pl.Series(cells), semantic_type, level=level, regions=regions)
    values, statuses = once["value"].to_list(), once["status"].to_list()
    for before, after, status, reason in zip(cells, values, statuses, once["reason"].to_list(), strict=True):
        assert status in {"ok", "fixed", "ambiguous", "invalid", "damaged", "masked", "placeholder"}
        assert (reason is None) == (status == "ok")
        assert before == after or status in {"fixed", "placeholder"}
        assert before != after or status != "fixed"
    twice = normalise(once["value"], semantic_type, level=level, regions=regions)
    assert twice["value"].to_list() == values
    assert "fixed" not in twice["status"].to_list()


def test_a_second_cleaning_of_a_table_changes_nothing(bench):
    types = {
        'e "mail"': "email",
        "手机": "mobile",
        "国家": "country",
        "birthday": "date",
        "created": "datetime",
        "n": "name",
    }
    rows = _messy_rows(types, 400)
    for level in LEVELS:
        bench.table(types, rows)
        first, _ = bench.clean(level=level, regions=["CN"])
        bench.run(sql("drop table {t}", t=bench.relation))
        bench.table(types, first)
        second, findings = bench.clean(level=level, regions=["CN"])
        assert second == first
        assert [finding for finding in findings if finding[2] == "fixed"] == []
        bench.run(sql("drop table {t}", t=bench.relation))


def test_row_order_and_threads_change_nothing(bench):
    types = {"phone": "phone", "国家": "country", "birthday": "date", "money": "money"}
    rows = _messy_rows(types, 300)
    shuffled = sorted(rows, key=lambda row: [cell[::-1] for cell in row])
    results = []
    for order in (rows, shuffled):
        bench.con.execute(sql("set threads = {n}", n=1 + len(results)).literal).fetchall()
        cells, findings = bench.table(types, order).clean(level="likely", regions=["CN"])
        results.append((sorted(map(repr, cells)), sorted(repr(finding[1:]) for finding in findings)))
        bench.run(sql("drop table {t}", t=bench.relation))
    assert results[0] == results[1]


def test_every_semantic_type_is_cleaned():
    assert set(NORMALISERS) == set(TYPES)
