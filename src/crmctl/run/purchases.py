"""The orders of a dataset's customers, in the shape that analytics takes: found, linked, typed."""

from __future__ import annotations

from crmctl import messages
from crmctl.errors import UsageError
from crmctl.run.references import linked
from crmctl.schema.column import Column
from crmctl.sql import SQL, sql
from crmctl.step.running import Context
from crmctl.step.types import Dataset

DEFAULT_ORDERS = "orders"


def orders_of(context: Context, customers: Dataset, orders: Dataset | None) -> SQL | None:
    """A table ``customer, order_id, ordered_at, amount`` of the customers' orders; None where there are no orders.

    Args:
        context: The running step's.
        customers: Whose orders.
        orders: The orders; the dataset called `orders` where None.

    Raises:
        UsageError: The orders have no date or amount, or do not say whose they are.
    """
    if orders is None:
        names = {name.casefold(): name for name in context.datasets()}
        if DEFAULT_ORDERS not in names:
            return None
        orders = context.dataset("dataset:" + names[DEFAULT_ORDERS])
    when, amount, order_id = _fields(orders)
    table = context.temporary("orders")
    context.store.execute(
        sql(
            "create temp table {table} as select _crmctl_owner as customer, {order_id} as order_id,"
            " {when}::timestamp as ordered_at, {amount}::decimal(18,4) as amount from ({linked})",
            table=table,
            order_id=order_id.identifier if order_id else sql("null::varchar"),
            when=when.typed(),
            amount=amount.typed(),
            linked=linked(context, orders, customers),
        )
    )
    used = int(context.store.scalar(sql("select count(*) from {table}", table=table)))
    if used < orders.rows:
        context.note(
            messages.translate(
                "{count} of {total} rows of {orders} belong to no row of {customers}",
                count=orders.rows - used,
                total=orders.rows,
                orders=orders.name,
                customers=customers.name,
            )
        )
    return table


def _fields(orders: Dataset) -> tuple[Column, Column, Column | None]:
    events = [column for column in orders.columns if column.event]
    when = orders.find("ordered_at", "order_date") or next(iter(events), None)
    amount = orders.find("amount", "total", "revenue") or next(iter(orders.of_type("money")), None)
    if when is None or amount is None:
        raise UsageError(
            "{orders} has no {what}", cure="name it ordered_at or amount, or import with --schema order",
            orders=orders.name, what=messages.translate("date" if when is None else "amount"),
        )  # fmt: skip
    return when, amount, orders.find("order_id", *orders.keys, "id")
