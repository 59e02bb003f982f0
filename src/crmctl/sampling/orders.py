"""Orders and their lines. Amounts are whole cents until they are written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from crmctl.sampling.choice import Choice, ranked, table, words
from crmctl.sampling.cultures import CURRENCIES, PRICE_LEVEL
from crmctl.sampling.dates import moment
from crmctl.sampling.records import SOURCES
from crmctl.sampling.streams import Integers, Streams

ORDER_COLUMNS = ("Order ID", "Customer ID", "Customer Source", "Ordered At", "Amount", "Currency", "Status", "Channel")
ITEM_COLUMNS = ("Order ID", "Line No", "Product ID", "Product Name", "Quantity", "Unit Price", "Amount")
_MOST_ORDERS = 300
_LINES = np.array([0.66, 0.88, 0.97])
_QUANTITIES = np.array([0.78, 0.92, 0.97, 0.985, 0.995])
_HOURS = np.cumsum([1, 1, 0, 0, 0, 1, 2, 3, 5, 7, 8, 8, 7, 7, 7, 6, 6, 7, 9, 10, 10, 8, 5, 3]) / 121
_DAY = 86_400
COMPLETED, CANCELLED, REFUNDED, PENDING = range(4)


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of one chunk.

    Args:
        orders: Under the headers of the file.
        items: Their lines, likewise.
        last: For every record the second of its last order, null without one.
    """

    orders: pl.DataFrame
    items: pl.DataFrame
    last: pl.Series


@cache
def _products() -> tuple[pl.DataFrame, Choice]:
    frame = table("products").with_columns(pl.col("cents").cast(pl.Int64))
    companion = {product: row for row, product in enumerate(frame["product"])}
    frame = frame.with_columns(pl.col("companion").replace_strict(companion, return_dtype=pl.Int64))
    return frame, Choice.of([(frame, ranked(frame.height, 6))])


def draw(streams: Streams, frame: pl.DataFrame, as_of: dt.date, first_number: int) -> Orders:
    """About five orders a record: a quarter has none, a few have hundreds; two in a hundred are guests'.

    Args:
        streams: The random numbers.
        frame: The records, with `source number culture created`.
        as_of: No order is later.
        first_number: How many orders earlier chunks had; one of the first chunk's has an impossible date.
    """
    end = (as_of - dt.date(1970, 1, 1)).days * _DAY
    record, second = _when(streams, frame["created"].to_numpy(), end)
    count = len(record)
    last = np.full(frame.height, -1, dtype=np.int64)
    np.maximum.at(last, record, second)
    order = np.argsort(second, kind="stable")
    record, second = record[order], second[order]
    currency = frame["culture"].to_numpy()[record]
    status = np.searchsorted(np.array([0.90, 0.95, 0.98]), streams.uniform("status", count), side="right")
    # What has waited for long is no longer pending.
    status = np.where((status == PENDING) & (second < end - 30 * _DAY), COMPLETED, status)
    sign = np.where((status == CANCELLED) | (status == REFUNDED), -1, 1)
    number = pl.Series(first_number + 1 + np.arange(count))
    ids = ("SO" + number.cast(pl.String).str.pad_start(8, "0")).alias("Order ID")
    lines, amount = _lines(streams.at("line"), ids, sign, currency)
    source = frame["source"].to_numpy()[record]
    guest = pl.Series(streams.chance("guest", count, 0.02))
    absent = pl.Series([None], dtype=pl.String).new_from_index(0, count)
    channels = words("texts")["order"]["channel"]
    ordered_at = moment(second)
    if first_number == 0 and count:
        ordered_at = ordered_at.scatter(count // 2, f"{as_of.year}-02-30 10:15:00")
    orders = pl.DataFrame(
        {
            "Order ID": ids,
            "Customer ID": absent.zip_with(guest, frame["number"].gather(record)),
            "Customer Source": absent.zip_with(guest, pl.Series(SOURCES).gather(source)),
            "Ordered At": ordered_at,
            "Amount": amount / 100.0,
            "Currency": pl.Series(CURRENCIES).gather(currency),
            "Status": pl.Series(words("texts")["order"]["status"]).gather(status),
            "Channel": Choice.of_lists(*(channels[name] for name in SOURCES)).texts(
                streams.uniform("channel", count), source
            ),
        }
    )
    known = pl.Series("last", last)
    return Orders(orders, lines, pl.select(pl.when(known >= 0).then(known).alias("last")).to_series())


def _when(streams: Streams, created: Integers, end: int) -> tuple[Integers, Integers]:
    """Which record orders, and at what second: between its creation and the end of its active time."""
    uniform = np.maximum(streams.uniform("how_many", len(created)), 2.0**-40)
    heavy = np.minimum(1 + (6.4 * (1.0 / np.sqrt(uniform) - 1.0)).astype(np.int64), _MOST_ORDERS)
    how_many = np.where(streams.chance("buyer", len(created), 0.76), heavy, 0)
    record = np.repeat(np.arange(len(created)), how_many)
    count = len(record)
    still_active = streams.chance("still_active", len(created), 0.45)
    until = np.where(still_active, 1.0, np.sqrt(streams.uniform("until", len(created))))
    days = (end - created) // _DAY
    day = created[record] // _DAY + (streams.uniform("day", count) * until[record] * days[record]).astype(np.int64)
    hour = np.searchsorted(_HOURS, streams.uniform("hour", count), side="right")
    second = day * _DAY + np.minimum(hour, 23) * 3600 + streams.integers("second", count, 0, 3600)
    return record, np.minimum(np.maximum(second, created[record]), end - 1)


def _lines(streams: Streams, ids: pl.Series, sign: Integers, currency: Integers) -> tuple[pl.DataFrame, Integers]:
    """One to four lines an order, the later ones often what goes with the first; and the orders' sums in cents."""
    products, popular = _products()
    per_order = 1 + np.searchsorted(_LINES, streams.uniform("lines", len(ids)), side="right")
    order = np.repeat(np.arange(len(ids)), per_order)
    count = len(order)
    starts = np.cumsum(per_order) - per_order
    line = np.arange(count) - starts[order]
    product = popular.rows(streams.uniform("product", count))
    goes_along = (line == 1) & streams.chance("companion", count, 0.45)
    product = np.where(goes_along, products["companion"].to_numpy()[product[starts[order]]], product)
    price = _price(products["cents"].to_numpy()[product], PRICE_LEVEL[currency[order]])
    quantity = (1 + np.searchsorted(_QUANTITIES, streams.uniform("quantity", count), side="right")) * sign[order]
    amount = price * quantity
    frame = pl.DataFrame(
        {
            "Order ID": ids.gather(order),
            "Line No": line + 1,
            "Product ID": products["product"].gather(product),
            "Product Name": products["name"].gather(product),
            "Quantity": quantity,
            "Unit Price": price / 100.0,
            "Amount": amount / 100.0,
        }
    )
    return frame, np.add.reduceat(amount, starts) if count else amount


def _price(cents: Integers, level: Integers) -> Integers:
    """The price in another currency, ending in 90 or 00 as prices do."""
    raw = cents * level // 100
    return np.where(level == 100, raw, np.maximum(raw // 100 * 100 - 10, 90))
