"""Orders as relations, and the published orders of R's package rfm where that folder is there."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from crmctl.sql import ident, join, sql

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def run(con):
    def rows(query):
        return con.execute(query.text, query.values).fetchall()

    return rows


@pytest.fixture
def orders_of():
    """Makes a relation of (customer, order_id, day or moment, amount)."""

    def relation(*lines):
        cells = join(
            sql(
                "({who}, cast({order} as varchar), cast({at} as timestamp), cast({amount} as decimal(18, 4)))",
                who=who, order=order, at=at, amount=None if amount is None else str(amount),
            )
            for who, order, at, amount in lines
        )  # fmt: skip
        return sql("(select * from (values {cells}) t(customer, order_id, ordered_at, amount))", cells=cells)

    return relation


@pytest.fixture
def summary_of():
    """Makes a summary of (customer, recency_days, order_count, total_spent), with first and previous dates at will."""

    def relation(*lines):
        cells = join(
            sql("({cells})", cells=join(sql("{cell}", cell=cell) for cell in [*line, *[None] * (6 - len(line))]))
            for line in ([who, recency, count, Decimal(spent), *rest] for who, recency, count, spent, *rest in lines)
        )
        return sql(
            """(
            select customer, recency_days, order_count, cast(total_spent as decimal(28, 4)) as total_spent,
                timestamp '2024-01-01' - to_days(recency_days) as last_order_at,
                timestamp '2024-01-01' - to_days(recency_days) - to_days(cast(span as integer)) as first_order_at,
                timestamp '2024-01-01' - to_days(recency_days) - to_days(cast(gap as integer)) as previous_order_at
            from (values {cells}) t(customer, recency_days, order_count, total_spent, span, gap)
        )""",
            cells=cells,
        )

    return relation


@pytest.fixture
def rfm_orders(con):
    """The 4,906 orders of 995 customers as a relation."""
    path = SHARED / "rfm_data_orders.csv"
    if not path.exists():
        pytest.skip("../shared/data/rfm_data_orders.csv is not there")
    con.execute(
        """create temp table rfm_orders as
        select customer_id as customer, cast(row_number() over () as varchar) as order_id,
            cast(order_date as timestamp) as ordered_at, cast(revenue as decimal(18, 4)) as amount
        from read_csv(?)""",
        [str(path)],
    )
    return ident("rfm_orders")


@pytest.fixture
def rfm_day():
    return dt.datetime(2006, 12, 31)
