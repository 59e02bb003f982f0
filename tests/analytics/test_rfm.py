"""RFM scores and segments: published figures, ties, cuts and maps."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.analytics import RfmCuts, load_rfm_map, purchase_summary, quantile_cuts, rfm, rfm_cuts
from crmctl.errors import UsageError
from crmctl.sql import join, sql
from crmctl.yamlfile import load

PUBLISHED = load(Path(__file__).with_name("rfm_published.yaml")).data
METHODS = ["quantile_value", "r_rfm", "percent_rank", "cume_dist", "ntile"]


@pytest.fixture
def summary(rfm_orders, rfm_day):
    return purchase_summary(rfm_orders, rfm_day)


def test_the_published_orders_add_up(run, summary):
    query = sql(
        "select count(*), sum(order_count), sum(total_spent), min(first_order_at), max(last_order_at) from {s}",
        s=summary,
    )
    assert run(query) == [(995, 4906, Decimal(464158), dt.datetime(2001, 10, 29), dt.datetime(2006, 12, 30))]


@pytest.mark.parametrize("scoring", METHODS)
def test_frequency_scores_have_the_published_sizes(run, summary, scoring):
    query = sql("select f_score, count(*) from {r} group by all order by all", r=rfm(summary, scoring=scoring))
    assert run(query) == list(enumerate(PUBLISHED["sizes"][scoring], 1))


def test_cuts_are_the_published_ones(con, summary):
    cuts = rfm_cuts(con, summary, scoring="r_rfm")
    for measure, published in PUBLISHED["cuts"].items():
        assert [float(cut) for cut in getattr(cuts, measure)] == published


def test_first_customers_have_the_published_scores(run, summary):
    query = sql(
        "select customer, recency_days, order_count, total_spent, rfm_score from {r} join {s} using (customer)",
        r=rfm(summary, scoring="r_rfm"), s=summary,
    )  # fmt: skip
    found = {who: list(figures) for who, *figures in run(query)}
    assert {who: found[who] for who in PUBLISHED["first"]} == PUBLISHED["first"]


@pytest.mark.parametrize("name", PUBLISHED["segments"])
def test_segments_have_the_published_customers_orders_and_revenue(run, summary, name):
    query = sql(
        "select rfm_segment, count(*), sum(order_count), sum(total_spent) "
        "from {r} join {s} using (customer) group by 1",
        r=rfm(summary, scoring="r_rfm", map=name), s=summary,
    )  # fmt: skip
    assert {segment: list(figures) for segment, *figures in run(query)} == PUBLISHED["segments"][name]


def test_ntile_splits_ties_where_the_default_does_not(run, summary):
    split = sql(
        "select count(*) from (select order_count from {r} join {s} using (customer) "
        "group by order_count having count(distinct f_score) > 1)",
        r=rfm(summary, scoring="ntile"), s=summary,
    )  # fmt: skip
    assert run(split) == [(4,)]


@pytest.mark.parametrize("scoring", [method for method in METHODS if method != "ntile"])
def test_equal_values_get_equal_scores(run, summary_of, scoring):
    summary = summary_of(*((str(number), number % 3, 1 + number % 4, number % 5) for number in range(40)))
    query = sql(
        "select count(distinct (r_score, recency_days)) = count(distinct recency_days), "
        "count(distinct (f_score, order_count)) = count(distinct order_count), "
        "count(distinct (m_score, total_spent)) = count(distinct total_spent) from {r} join {s} using (customer)",
        r=rfm(summary, scoring=scoring), s=summary,
    )  # fmt: skip
    assert run(query) == [(True, True, True)]


@pytest.mark.parametrize("scoring", METHODS)
def test_the_order_of_customers_changes_no_score(run, summary_of, scoring):
    lines = [(str(number), number % 7, 1 + number % 3, number % 5) for number in range(30)]
    query = [
        sql("select * from {r} order by customer", r=rfm(summary_of(*given), scoring=scoring))
        for given in (lines, lines[::-1])
    ]
    assert run(query[0]) == run(query[1])


def test_a_lone_customer_is_scored(run, summary_of):
    for scoring in METHODS:
        (row,) = run(sql("select * from {r}", r=rfm(summary_of(("ann", 3, 1, 10)), scoring=scoring)))
        assert row[0] == "ann"
        assert {1, 5} >= set(row[1:4])


def test_customers_without_an_order_are_not_scored(run, summary_of):
    summary = summary_of(("ann", 3, 1, 10), ("bob", None, 0, -5))
    assert run(sql("select customer from {r}", r=rfm(summary))) == [("ann",)]


def test_frozen_cuts_score_as_the_run_they_come_from(con, run, summary_of):
    earlier = summary_of(*((str(number), number, 1 + number % 9, number * 3) for number in range(50)))
    cuts = RfmCuts.of(rfm_cuts(con, earlier).to_dict())
    first, again = (sql("select * from {r} order by all", r=rfm(earlier, cuts=given)) for given in (None, cuts))
    assert run(first) == run(again)
    later = sql("select rfm_score from {r}", r=rfm(summary_of(("zoe", 0, 99, 9999)), cuts=cuts))
    assert run(later) == [("555",)]


def test_thresholds_are_upper_bounds(run, summary_of):
    cuts = RfmCuts.of({"recency": [30, 90], "frequency": [1, 3], "monetary": [100, 500]})
    three = load_rfm_map("grid-10").model_copy(update={"bins": 3})
    summary = summary_of(("a", 30, 1, 100), ("b", 31, 2, "100.01"), ("c", 91, 4, 501))
    query = sql(
        "select rfm_score from {r} order by customer",
        r=rfm(summary, bins=3, scoring="thresholds", cuts=cuts, map=three),
    )
    assert run(query) == [("311",), ("222",), ("133",)]


fractions = st.integers(2, 9).flatmap(lambda bins: st.builds(Fraction, st.integers(1, bins - 1), st.just(bins)))


@settings(max_examples=40, deadline=None)
@given(
    numbers=st.lists(st.decimals(-1000, 1000, places=4) | st.integers(-3, 3).map(Decimal), min_size=1, max_size=40),
    part=fractions,
)
def test_a_cut_parts_the_values_as_exact_arithmetic_does(numbers, part):
    import duckdb

    cells = join(sql("(cast({n} as decimal(28, 4)))", n=str(number)) for number in numbers)
    query = sql("select cut from {cuts}", cuts=quantile_cuts(sql("x"), sql("(values {c}) t(x)", c=cells), [part]))
    with duckdb.connect() as connection:
        ((cut,),) = connection.execute(query.text, query.values).fetchall()
    ordered = sorted(map(Fraction, numbers))
    position = (len(ordered) - 1) * part
    low = int(position)
    exact = ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (position - low)
    assert [number > cut for number in numbers] == [Fraction(number) > exact for number in numbers]


@pytest.mark.parametrize(("name", "missing"), [("grid-10", 0), ("cells-125", 0), ("r-vignette", 10), ("r-classic", 36)])
def test_a_map_knows_the_cells_it_leaves_to_the_catch_all(name, missing):
    assert len(load_rfm_map(name).coverage.unassigned) == missing


def test_a_map_knows_the_segments_that_earlier_ones_shadow():
    assert load_rfm_map("r-classic").coverage.unreachable == ("new_customers", "promising", "cant_lose")
    assert load_rfm_map("r-vignette").coverage.unreachable == ()


def test_no_cell_of_the_single_cell_map_stands_twice():
    cells = [cell for segment in load_rfm_map("cells-125").segments for cell in segment.cells]
    assert len(cells) == len(set(cells)) == 125


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bins": 1}, "1 bins cannot be scored; use 2 to 9"),
        ({"bins": 4}, "the map 'grid-10' is made for 5 bins, not 4; use another map, or a file of your own"),
        (
            {"scoring": "thresholds"},
            "the scoring 'thresholds' needs cuts; give lists of recency, frequency and monetary",
        ),
        ({"map": "grid10"}, "no RFM map called 'grid10'; did you mean 'grid-10'?"),
        (
            {"cuts": RfmCuts.of({"recency": [1], "frequency": [1], "monetary": [1]})},
            "5 bins take 4 cuts each, not 1; set bins to 2",
        ),
    ],
)
def test_options_that_do_not_fit_together_are_refused(summary_of, options, says):
    with pytest.raises(UsageError) as caught:
        rfm(summary_of(("ann", 1, 1, 1)), **options)
    assert str(caught.value) == says


@pytest.mark.parametrize(
    "data", [{}, {"recency": [1], "frequency": [1]}, {"recency": [2, 1], "frequency": [1, 2], "monetary": [1, 2]},
             {"recency": [], "frequency": [], "monetary": []}, {"recency": ["x"], "frequency": [1], "monetary": [1]}],
)  # fmt: skip
def test_thresholds_that_are_none_are_refused(data):
    with pytest.raises(UsageError) as caught:
        RfmCuts.of(data)
    assert str(caught.value) == (
        "thresholds are three ascending lists of one length: recency, frequency, monetary; "
        "write {recency: [30, 90], frequency: [1, 3], monetary: [100, 500]}"
    )


def test_a_map_of_ones_own_is_checked(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("map: mine\nsegments:\n  - {name: a, r: 5-3}\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_rfm_map(path)
    assert str(caught.value) == f"{path}:3:15: r: '5-3' is no range; write 4 or 4-5"
