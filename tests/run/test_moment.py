"""Every "now" of a run is one as-of moment: given, or the newest thing that happened in the data."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest

from crmctl.errors import UsageError
from crmctl.run.moment import Moment, from_data, parse_as_of
from crmctl.schema.column import Column
from crmctl.sql import ident, sql, values
from crmctl.step import Dataset
from crmctl.store import Store, open_store

STARTED = dt.datetime(2026, 7, 1, 9, 30)


@pytest.fixture
def store():
    with open_store(None) as opened:
        yield opened


def table(store: Store, name: str, field: str, days: list[str], *, event: bool = True, kind: str = "date") -> Dataset:
    """A dataset of one column of dates."""
    relation = ident(name)
    rows = values([(day,) for day in days]) if days else sql("(null)")
    made = sql("create or replace table {t} as select * from (values {rows}) v({c})", t=relation, rows=rows,
               c=ident(field))  # fmt: skip
    store.con.execute(made.literal).fetchall()
    return Dataset(name=name, relation=relation, columns=(Column(field, field, kind, event=event),), rows=len(days))


def moment(store: Store, *datasets: Dataset) -> Moment:
    return from_data(store, datasets, STARTED)


def day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def days(first: str, count: int, every: int = 1) -> list[str]:
    start = dt.date.fromisoformat(first)
    return [(start + dt.timedelta(days=n * every)).isoformat() for n in range(count)]


def test_a_given_date_is_its_beginning() -> None:
    assert parse_as_of("2026-06-30") == Moment(day("2026-06-30"), "given")
    assert parse_as_of("today").source == "today"
    assert parse_as_of("today").at == dt.datetime.combine(dt.datetime.now().astimezone().date(), dt.time())


@pytest.mark.parametrize("text", ["yesterday", "30.06.2026", "2026-02-30", ""])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_as_of(text)
    assert str(caught.value) == f"{text!r} is not a date; write it as 2026-06-30, or 'today'"


def test_the_newest_event_of_all_datasets_decides_and_is_named(store: Store) -> None:
    orders = table(
        store, 'it\'s "orders"', 'e "at"', ["2026-06-01 23:59:59", "2026-05-01", "", "soon"], kind="datetime"
    )
    visits = table(store, "select", "from", ["2026-05-30"])
    assert moment(store, visits, orders) == Moment(day("2026-06-01"), 'it\'s "orders".e "at"')


def test_what_is_later_than_the_start_is_ignored(store: Store) -> None:
    orders = table(store, "orders", "at", ["2026-06-01", "2026-07-01 09:30:01", "2099-01-01"], kind="datetime")
    assert moment(store, orders).at == day("2026-06-01")


def test_birthdays_and_plans_are_no_events(store: Store) -> None:
    plans = table(store, "plans", "due", ["2026-06-20"], event=False)
    orders = table(store, "orders", "at", ["2026-01-01"])
    assert moment(store, plans, orders).at == day("2026-01-01")


def test_without_any_event_it_is_the_day_of_the_run(store: Store) -> None:
    assert moment(store, table(store, "orders", "at", ["", "soon"])) == Moment(day("2026-07-01"), "today")
    assert moment(store) == Moment(day("2026-07-01"), "today")


def test_an_isolated_far_maximum_stops_the_run_and_asks(store: Store) -> None:
    orders = table(store, 'it\'s "orders"', "at", [*days("2024-01-01", 30, every=3), "2026-06-01"])
    with pytest.raises(UsageError) as caught:
        moment(store, orders)
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        'the newest at of it\'s "orders" is 2026-06-01, 795 days after all others;'
        " say what 'now' is with --as-of (for example --as-of 2024-03-28)"
    )


@pytest.mark.parametrize(
    "found",
    [
        [*days("2020-01-01", 60, every=30), "2025-06-01"],  # a gap that is small beside the whole span
        [*days("2024-01-01", 8), "2026-06-01"],  # too few to tell
        [*days("2025-12-01", 30), "2026-05-28"],  # half a year is not far
    ],
)
def test_a_gap_that_is_nothing_special_is_no_reason_to_stop(store: Store, found: list[str]) -> None:
    assert moment(store, table(store, "orders", "at", found)).at == day(found[-1])


def test_a_lone_date_that_others_outrun_moves_nothing_and_stops_nothing(store: Store) -> None:
    visits = table(store, "visits", "at", [*days("2024-01-01", 30), "2026-02-01"])
    orders = table(store, "orders", "at", days("2025-06-01", 100, every=3))
    assert moment(store, visits, orders).at == day(days("2025-06-01", 100, every=3)[-1])


def test_a_lone_date_beyond_those_of_every_dataset_stops(store: Store) -> None:
    visits = table(store, "visits", "at", [*days("2024-01-01", 30), "2026-06-20"])
    orders = table(store, "orders", "at", days("2025-01-01", 30))
    with pytest.raises(UsageError, match="the newest at of visits is 2026-06-20, 506 days after all others"):
        moment(store, visits, orders)


def test_a_run_records_its_moment_and_where_it_comes_from(cli: Any) -> None:
    orders = [[str(n), "c1", f"2026-05-{n:02}", "10"] for n in range(1, 20)]
    cli("import", cli.write("orders.csv", orders, ["Order ID", "Customer ID", "Order Date", "Amount"]), "--schema",
        "order")  # fmt: skip
    cli("import", cli.write("c.csv", [["c1", "Ann"]], ["Customer ID", "First Name"]), "--into", "customers", "--schema",
        "customer")  # fmt: skip
    cli("classify", "customers", "--rules", "lifecycle")
    line = cli("show", 3).err
    assert "as_of: 2026-05-19 00:00:00" in line
    assert "as_of_source: orders.ordered_at" in line
    cli("--as-of", "2026-01-31", "classify", "customers", "--rules", "lifecycle")
    assert "as_of_source: given" in cli("show", 4).err
    far = [["99", "c1", "2020-01-01", "10"], *[[str(n), "c1", f"2019-05-{n:02}", "10"] for n in range(1, 20)]]
    cli("import", cli.write("orders.csv", [*far, ["98", "c1", "2026-05-01", "1"]],
        ["Order ID", "Customer ID", "Order Date", "Amount"]), "--schema", "order", "--mode", "replace")  # fmt: skip
    assert cli("classify", "customers", "--rules", "lifecycle", code=2).err.splitlines()[-1] == (
        "error: the newest ordered_at of orders is 2026-05-01, 2312 days after all others;"
        " say what 'now' is with --as-of (for example --as-of 2020-01-01)"
    )


def test_one_placeholder_date_does_not_switch_the_guard_off(store: Store) -> None:
    found = [*days("2024-01-01", 30, every=3), "2026-06-01", "1900-01-01"]
    with pytest.raises(UsageError, match="2026-06-01, 795 days after all others"):
        moment(store, table(store, "orders", "at", found))


def test_today_is_the_local_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone cannot be set here")
    for zone, expected in (("XXX-14", "2026-07-01"), ("XXX+14", "2026-06-30")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        try:
            assert parse_as_of("today").at.date() == dt.datetime.now().astimezone().date()
            assert from_data(store, [], STARTED).at == day(expected)
        finally:
            monkeypatch.undo()
            time.tzset()
