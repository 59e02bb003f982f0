"""Orders summed up per customer."""

import datetime as dt
from decimal import Decimal

import pytest

from crmctl.analytics import DEFINITIONS, order_exclusions, purchase_summary
from crmctl.sql import sql

AS_OF = dt.datetime(2024, 5, 31, 9)


def test_a_customer_gets_dates_counts_and_sums(run, orders_of):
    orders = orders_of(
        ("ann", "1", "2024-01-10", 10), ("ann", "1", "2024-01-10 12:00", 5), ("ann", "2", "2024-05-01", "0.30"),
        ("ann", "3", "2024-05-31 23:59:59", 1), ("ann", "4", "2024-06-01", 99),
    )  # fmt: skip
    query = sql(
        "select first_order_at, previous_order_at, last_order_at, recency_days, order_count, total_spent, "
        "average_order from {s}",
        s=purchase_summary(orders, AS_OF),
    )
    assert run(query) == [
        (
            dt.datetime(2024, 1, 10), dt.datetime(2024, 5, 1), dt.datetime(2024, 5, 31, 23, 59, 59), 0, 3,
            Decimal("16.3000"), Decimal("5.4333"),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("returns", "spent", "count"),
    [("net", Decimal("70"), 2), ("gross", Decimal("130"), 2), ("drop", Decimal("100"), 1)],
)
def test_returns_are_subtracted_ignored_or_drop_their_order(run, orders_of, returns, spent, count):
    orders = orders_of(
        ("ann", "1", "2024-01-10", 100), ("ann", "2", "2024-02-10", 30), ("ann", "2", "2024-02-20", -20),
        ("ann", "C9", "2024-03-10", -40),
    )  # fmt: skip
    query = sql("select total_spent, order_count from {s}", s=purchase_summary(orders, AS_OF, returns=returns))
    assert run(query) == [(spent, count)]


def test_a_return_is_no_order_and_no_last_date(run, orders_of):
    orders = orders_of(
        ("ann", "1", "2024-01-10", 100), ("ann", "C1", "2024-03-10", -40), ("bob", "C2", "2024-03-10", -5)
    )
    query = sql("select customer, last_order_at, order_count from {s} order by all", s=purchase_summary(orders, AS_OF))
    assert run(query) == [("ann", dt.datetime(2024, 1, 10), 1), ("bob", None, 0)]


def test_lines_without_an_order_id_count_by_day(run, orders_of):
    orders = orders_of(
        ("ann", None, "2024-01-10 08:00", 1), ("ann", " ", "2024-01-10 20:00", 1), ("ann", "", "2024-01-11", 1)
    )
    assert run(sql("select order_count from {s}", s=purchase_summary(orders, AS_OF))) == [(2,)]


def test_one_order_id_of_two_customers_is_two_orders(run, orders_of):
    orders = orders_of(("ann", "1", "2024-01-10", 1), ("bob", "1", "2024-01-10", None))
    query = sql("select customer, order_count, total_spent from {s} order by all", s=purchase_summary(orders, AS_OF))
    assert run(query) == [("ann", 1, Decimal(1)), ("bob", 1, Decimal(0))]


def test_guests_undated_and_later_lines_are_left_out_and_counted(run, orders_of):
    orders = orders_of(
        (None, "1", "2024-01-10", 1), (" ", "2", None, 1), ("ann", "3", None, 1), ("ann", "4", "2024-06-01", 1),
        ("ann", "5", "2024-05-31", 1),
    )  # fmt: skip
    assert run(sql("select lines, guests, undated, after_as_of from {e}", e=order_exclusions(orders, AS_OF))) == [
        (5, 2, 1, 1)
    ]
    assert run(sql("select customer, order_count from {s}", s=purchase_summary(orders, AS_OF))) == [("ann", 1)]


def test_every_column_of_the_summary_is_defined(con, orders_of):
    query = sql("select * from {s}", s=purchase_summary(orders_of(("ann", "1", "2024-01-10", 1)), AS_OF))
    result = con.execute(query.text, query.values)
    names = [column[0] for column in result.description]
    result.fetchall()
    assert set(names) - {"customer"} <= set(DEFINITIONS)
    assert all({"en", "zh"} <= set(column.labels) and column.definition for column in DEFINITIONS.values())
