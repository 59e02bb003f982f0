"""Orders summed up per customer: the figures that rfm, value tiers and lifecycle start from. No scoring here."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from crmctl.sql import SQL, sql

Returns = Literal["net", "gross", "drop"]

_MONEY = {
    "net": sql("sum(amount)"),
    "gross": sql("sum(amount) filter (amount >= 0)"),
    "drop": sql("sum(amount) filter (amount >= 0)"),
}
_KEPT = {"net": sql("true"), "gross": sql("true"), "drop": sql("not has_return")}
_CUSTOMER_MISSING = sql("(customer is null or trim(customer::varchar) = '')")


def purchase_summary(orders: SQL, as_of: dt.datetime, *, returns: Returns = "net") -> SQL:
    """One row per customer with an order up to the end of the as-of day.

    Columns: ``customer``, ``first_order_at``, ``last_order_at``, ``previous_order_at`` (the order before the last),
    ``recency_days`` (whole days from the last order to the as-of day), ``order_count`` (distinct orders; distinct days
    where there is no order id), ``total_spent`` and ``average_order`` as decimals.

    A line with a negative amount is a return. An order counts where at least one of its lines is none; a customer
    with nothing but returns has an ``order_count`` of 0 and no dates. Lines without a customer or a date are left out;
    `order_exclusions` counts them.

    Args:
        orders: A relation of lines: customer, order_id VARCHAR, ordered_at TIMESTAMP, amount DECIMAL(18,4).
        as_of: The run's date; the window is everything before the next midnight.
        returns: `net` subtracts returns from the total, `gross` ignores them, `drop` also drops every order that
            has a return in it.
    """
    return sql(
        """(
    with lines as (
        select customer, order_id, ordered_at, amount,
            case when coalesce(trim(order_id), '') = '' then cast(ordered_at as date) end as day
        from {orders}
        where not {customer_missing} and ordered_at < cast({as_of} as timestamp) + to_days(1)
    ), bills as (
        select customer, min(ordered_at) as ordered_at, coalesce({money}, 0) as spent,
            bool_or(coalesce(amount, 0) >= 0) as bought, coalesce(bool_or(amount < 0), false) as has_return
        from lines
        group by customer, case when day is null then trim(order_id) end, day
    ), purchases as (
        select customer, min(ordered_at) filter (bought) as first_order_at,
            max(ordered_at, 2) filter (bought) as newest,
            count(*) filter (bought) as order_count, cast(sum(spent) as decimal(28, 4)) as total_spent
        from bills
        where {kept}
        group by customer
    )
    select customer, first_order_at, newest[1] as last_order_at, newest[2] as previous_order_at,
        date_diff('day', cast(newest[1] as date), {as_of}) as recency_days,
        order_count, total_spent,
        case when order_count > 0 then cast(total_spent / order_count as decimal(18, 4)) end as average_order
    from purchases
)""",
        orders=orders, as_of=as_of.date(), money=_MONEY[returns], kept=_KEPT[returns],
        customer_missing=_CUSTOMER_MISSING,
    )  # fmt: skip


def order_exclusions(orders: SQL, as_of: dt.datetime) -> SQL:
    """One row that counts what `purchase_summary` leaves out: `lines`, `guests`, `undated`, `after_as_of`.

    Each line is counted under its first reason, in that order.
    """
    return sql(
        """(
    select count(*) as lines,
        count(*) filter ({customer_missing}) as guests,
        count(*) filter (not {customer_missing} and ordered_at is null) as undated,
        count(*) filter (
            not {customer_missing} and ordered_at >= cast({as_of} as timestamp) + to_days(1)
        ) as after_as_of
    from {orders}
)""",
        orders=orders, as_of=as_of.date(), customer_missing=_CUSTOMER_MISSING,
    )  # fmt: skip


def with_tie_keys(summary: SQL, keys: SQL | None) -> SQL:
    """The summary with a text ``tie_key`` by which equal customers are put in order.

    A customer known by an allotted number (`_id`) would be ordered by how the file happened to lie; so the caller
    gives a relation of ``customer`` and ``key`` (the source's own id, or the md5 of the row). Without one, the
    customer itself is the key.
    """
    if keys is None:
        return sql("(select *, cast(customer as varchar) as tie_key from {summary})", summary=summary)
    return sql(
        """(
    select s.*, coalesce(cast(k.key as varchar), '') as tie_key
    from {summary} s left join (select customer, min(key) as key from {keys} group by customer) k using (customer)
)""",
        summary=summary, keys=keys,
    )  # fmt: skip
