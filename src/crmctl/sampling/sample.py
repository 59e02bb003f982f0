"""The whole sample: chunks of records with all that hangs on them, into the files. Contents are made elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from crmctl.errors import FileError, UsageError
from crmctl.messages import translate
from crmctl.sampling import campaigns, events, orders, records
from crmctl.sampling import customers as sources
from crmctl.sampling.files import SampleFile, TextFile, TillWorkbook
from crmctl.sampling.noise import spoil
from crmctl.sampling.records import CRM, POS, SHOP, SOURCES, Counters
from crmctl.sampling.streams import Streams

_CHUNK = 50_000
_MOST_IN_TILLS = 50_000
_TRUTH_COLUMNS = ("source", "source_id", "person", "household")
_WHAT = {
    "crm.csv": "CRM export, UTF-8 with BOM, English headers",
    "shop.csv": "web shop members, GB18030, CRLF, Chinese headers",
    "pos.xlsx": "till members, instructions above Chinese headers",
    "orders.csv": "orders of all sources, some by guests",
    "order_items.csv": "order lines",
    "interactions.ndjson": "calls, mails and chats",
    "tickets.csv": "service tickets",
    "opportunities.csv": "sales opportunities",
    "campaigns.csv": "campaign members, treated and control",
    "feedback.csv": "NPS and CSAT scores",
    "truth.csv": "the person and household behind every customer record",
}


def generate(
    out: Path,
    *,
    customers: int = 2000,
    seed: int = 1,
    as_of: dt.date = dt.date(2026, 6, 30),
    progress: Callable[[str], None] | None = None,
) -> list[SampleFile]:
    """Write a messy bilingual set of customer files, and the truth about them.

    The same arguments give the same bytes on every machine and day. (The workbook is compressed by zlib and written by
    xlsxwriter: another version of either may pack the same cells into other bytes.)

    Args:
        out: The folder; made where it does not exist. Files of the same names are replaced.
        customers: How many customer records over all three sources; people are about a fifth fewer, for some have
            several records.
        seed: Another seed, other people.
        as_of: Nothing in the files happens later, except birthdays written wrong and planned dates.
        progress: Called with a line after every chunk.

    Returns:
        The files, in the order of reading: customers, events, truth.

    Raises:
        UsageError: A negative number of customers or seed.
        FileError: A file cannot be written.
    """
    if customers < 0:
        raise UsageError("a sample of {customers} customers", cure="give 0 or more", customers=customers)
    if seed < 0:
        raise UsageError("the seed {seed} is negative", cure="give 0 or more", seed=seed)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            "cannot make the folder {path}: {problem}", cure="choose another", path=out, problem=error.strerror
        ) from None
    with ExitStack() as stack:
        files = _Files(stack, out, as_of)
        counters = Counters()
        for chunk, start in enumerate(range(0, customers, _CHUNK)):
            count = min(_CHUNK, customers - start)
            quota = _quota(start + count, customers) - _quota(start, customers)
            counters = _chunk(files, Streams(seed, chunk), count, as_of, before=counters, pos_quota=quota)
            if progress:
                progress(translate("{done} of {total} customers", done=start + count, total=customers))
    return [SampleFile(out / name, files.rows(name), what) for name, what in _WHAT.items()]


def _quota(records: int, customers: int) -> int:
    """How many of the first records may go to the tills: their cap is spread evenly over the chunks."""
    return records if customers <= _MOST_IN_TILLS else records * _MOST_IN_TILLS // customers


class _Files:
    """All files, open."""

    def __init__(self, stack: ExitStack, out: Path, as_of: dt.date) -> None:
        def text(name: str, columns: tuple[str, ...] = (), encoding: str = "utf-8", line_end: str = "\n") -> TextFile:
            return stack.enter_context(TextFile(out / name, columns, encoding=encoding, line_end=line_end))

        self.text = {
            "crm.csv": text("crm.csv", sources.CRM_COLUMNS, encoding="utf-8-sig"),
            "shop.csv": text("shop.csv", sources.SHOP_COLUMNS, encoding="gb18030", line_end="\r\n"),
            "orders.csv": text("orders.csv", orders.ORDER_COLUMNS),
            "order_items.csv": text("order_items.csv", orders.ITEM_COLUMNS),
            "interactions.ndjson": text("interactions.ndjson"),
            "tickets.csv": text("tickets.csv", events.TICKET_COLUMNS),
            "opportunities.csv": text("opportunities.csv", events.OPPORTUNITY_COLUMNS),
            "campaigns.csv": text("campaigns.csv", campaigns.CAMPAIGN_COLUMNS),
            "feedback.csv": text("feedback.csv", events.FEEDBACK_COLUMNS),
            "truth.csv": text("truth.csv", _TRUTH_COLUMNS),
        }
        self.tills = stack.enter_context(
            TillWorkbook(
                out / "pos.xlsx", sources.POS_COLUMNS, sources.POS_INSTRUCTIONS, created=as_of,
                numeric={"*手机号码": 0.6, "邮政编码": 0.3}, dated={"出生日期": 0.6, "入会日期": 0.6},
            )
        )  # fmt: skip

    def rows(self, name: str) -> int:
        return self.tills.rows if name == "pos.xlsx" else self.text[name].rows

    def add(self, name: str, frame: pl.DataFrame) -> None:
        self.text[name].add(frame)


def _chunk(
    files: _Files, streams: Streams, count: int, as_of: dt.date, *, before: Counters, pos_quota: int
) -> Counters:
    """One chunk of records and everything that hangs on them."""
    clean, after = records.draw(streams.at("record"), count, as_of, before=before, pos_quota=pos_quota)
    bought = orders.draw(streams.at("order"), clean, as_of, files.rows("orders.csv"))
    _write_customers(files, streams, clean, bought.last)
    files.add("orders.csv", bought.orders)
    files.add("order_items.csv", bought.items)
    for name, make in (
        ("interactions.ndjson", events.interactions),
        ("tickets.csv", events.tickets),
        ("opportunities.csv", events.opportunities),
        ("feedback.csv", events.feedback),
    ):
        files.add(name, make(streams.at(name), clean, as_of, files.rows(name)))
    files.add("campaigns.csv", campaigns.members(streams.at("campaign"), clean, as_of))
    files.add("truth.csv", _truth(clean))
    return after


def _write_customers(files: _Files, streams: Streams, clean: pl.DataFrame, last_order: pl.Series) -> None:
    messy = sources.with_spellings(streams.at("spelling"), spoil(streams.at("noise"), clean).with_columns(last_order))
    parts = [messy.filter(pl.col("source") == number) for number in range(len(SOURCES))]
    files.add("crm.csv", sources.crm(streams.at("crm"), parts[CRM]))
    files.add("shop.csv", sources.shop(streams.at("shop"), parts[SHOP], parts[SHOP]["last"]))
    files.tills.add(streams.at("workbook"), sources.pos(streams.at("pos"), parts[POS]))


def _truth(frame: pl.DataFrame) -> pl.DataFrame:
    def label(letter: str, column: str) -> pl.Expr:
        return (pl.lit(letter) + (pl.col(column) + 1).cast(pl.String).str.pad_start(8, "0")).alias(column)

    return frame.select(
        pl.Series("source", SOURCES).gather(frame["source"]),
        pl.col("number").alias("source_id"),
        label("P", "person"),
        label("H", "household"),
    )
