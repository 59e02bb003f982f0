"""What else happens with customers: interactions, tickets, opportunities and feedback. Campaigns live apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from crmctl.sampling.choice import Choice, words
from crmctl.sampling.cultures import CHINA, CURRENCIES, PRICE_LEVEL
from crmctl.sampling.dates import moment
from crmctl.sampling.records import CRM, SOURCES
from crmctl.sampling.streams import Integers, Streams

TICKET_COLUMNS = (
    "Ticket ID", "Customer ID", "Customer Source", "Created At", "First Response At", "Resolved At", "Status",
    "Priority", "Category", "Channel", "Agent", "Subject",
)  # fmt: skip
OPPORTUNITY_COLUMNS = (
    "Opportunity ID", "Customer ID", "Customer Source", "Name", "Amount", "Currency", "Stage", "Probability",
    "Created At", "Close Date", "Owner",
)  # fmt: skip
FEEDBACK_COLUMNS = ("Feedback ID", "Customer ID", "Customer Source", "Submitted At", "Kind", "Score", "Comment")
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Happenings:
    """Events of one table: which record, and when; columns are added one by one.

    Args:
        streams: The random numbers.
        frame: The records.
        record: For each event the row of its record.
        second: When it happened, in seconds since 1970.
        end: The as-of date, in seconds since 1970.
    """

    streams: Streams
    frame: pl.DataFrame
    record: Integers
    second: Integers
    end: int

    @property
    def count(self) -> int:
        """How many events."""
        return len(self.record)

    @property
    def culture(self) -> Integers:
        """The culture of each event's customer."""
        return np.asarray(self.frame["culture"].to_numpy()[self.record])

    def identity(self, prefix: str, used: int) -> dict[str, pl.Series]:
        """The event's own id and its customer's, under the prefix's first word."""
        number = pl.Series(used + 1 + np.arange(self.count)).cast(pl.String).str.pad_start(7, "0")
        source = self.frame["source"].to_numpy()[self.record]
        return {
            "id": prefix + number,
            "customer_id": self.frame["number"].gather(self.record),
            "customer_source": pl.Series(SOURCES).gather(source),
        }

    def one_of(self, name: str, entry: dict[str, Any]) -> pl.Series:
        """A value from a list of the vocabulary for each event."""
        return Choice.of_lists(entry).texts(self.streams.uniform(name, self.count))

    def text(self, name: str, entry: dict[str, Any]) -> pl.Series:
        """A text in the language of each event's customer."""
        chinese = (self.culture == CHINA).astype(np.int64)
        return Choice.of_lists(entry["Latin"], entry["CN"]).texts(self.streams.uniform(name, self.count), chinese)


def happen(streams: Streams, frame: pl.DataFrame, as_of: dt.date, rate: float, only: int | None = None) -> Happenings:
    """About `rate` events a record (of one source only, where given), in order of time.

    Some records see several, most none.
    """
    end = (as_of - dt.date(1970, 1, 1)).days * _DAY
    among = np.arange(frame.height) if only is None else np.flatnonzero((frame["source"] == only).to_numpy())
    count = round(len(among) * rate)
    squared = streams.uniform("who", count) * streams.uniform("who_again", count)
    record = among[(squared * len(among)).astype(np.int64)]
    created = frame["created"].to_numpy()[record]
    second = created + (streams.uniform("when", count) * (end - 1 - created)).astype(np.int64)
    order = np.argsort(second, kind="stable")
    return Happenings(streams, frame, record[order], second[order], end)


def interactions(streams: Streams, frame: pl.DataFrame, as_of: dt.date, used: int) -> pl.DataFrame:
    """Contacts with customers, under NDJSON's own keys."""
    events = happen(streams, frame, as_of, 0.5)
    entry = words("texts")["interaction"]
    identity = events.identity("I", used)
    channel = events.one_of("channel", entry["channel"])
    seconds = pl.Series(30 + (900 * np.square(events.streams.uniform("length", events.count))).astype(np.int64))
    return pl.DataFrame(
        {
            "interaction_id": identity.pop("id"),
            **identity,
            "occurred_at": moment(events.second, "%Y-%m-%dT%H:%M:%S"),
            "channel": channel,
            "direction": events.one_of("direction", entry["direction"]),
            "agent": events.one_of("agent", entry["agent"]),
            "duration_seconds": pl.select(pl.when(channel == "phone").then(seconds)).to_series(),
            "notes": events.text("text", entry["text"]),
        }
    )


def tickets(streams: Streams, frame: pl.DataFrame, as_of: dt.date, used: int) -> pl.DataFrame:
    """Service tickets; the recent ones may be open."""
    events = happen(streams, frame, as_of, 0.4)
    entry, count = words("texts")["ticket"], events.count
    first = events.second + 300 + (2 * _DAY * np.square(streams.uniform("response", count))).astype(np.int64)
    resolved = first + 600 + (8 * _DAY * np.square(streams.uniform("resolution", count))).astype(np.int64)
    solved = (resolved < events.end) & streams.chance(
        "solved", count, np.where(events.second < events.end - 30 * _DAY, 0.98, 0.8)
    )
    status = np.where(solved, streams.integers("closed", count, 0, 2), 2 + streams.integers("waiting", count, 0, 2))
    absent = pl.lit(None, dtype=pl.String)
    columns = [
        *events.identity("T", used).values(),
        moment(events.second),
        pl.select(pl.when(pl.Series(first < events.end)).then(moment(first)).otherwise(absent)).to_series(),
        pl.select(pl.when(pl.Series(solved)).then(moment(resolved)).otherwise(absent)).to_series(),
        pl.Series(entry["status"]).gather(status),
        *(events.one_of(name, entry[name]) for name in ("priority", "category", "channel", "agent")),
        events.text("subject", entry["subject"]),
    ]
    return pl.DataFrame(dict(zip(TICKET_COLUMNS, columns, strict=True)))


def opportunities(streams: Streams, frame: pl.DataFrame, as_of: dt.date, used: int) -> pl.DataFrame:
    """Sales opportunities of the CRM; open ones close in the future."""
    events = happen(streams, frame, as_of, 0.75, only=CRM)
    entry, count = words("texts")["opportunity"], events.count
    open_ones = (events.second > events.end - 120 * _DAY) & streams.chance("open", count, 0.8)
    stage = np.where(open_ones, streams.integers("stage", count, 0, 4), 4 + streams.chance("lost", count, 0.6))
    length = (5 + 90 * streams.uniform("length", count)).astype(np.int64) * _DAY
    planned = events.end + length
    closed = np.minimum(events.second + length, events.end - 1)
    value = 20_000 + (900_000 * np.square(streams.uniform("value", count))).astype(np.int64)
    amount = value * PRICE_LEVEL[events.culture] // 100 // 1000 * 1000
    columns = [
        *events.identity("OPP", used).values(),
        events.one_of("name", entry["names"]),
        pl.Series(amount / 100.0),
        pl.Series(CURRENCIES).gather(events.culture),
        pl.Series(entry["stages"]).gather(stage),
        pl.Series(entry["probability"]).gather(stage),
        moment(events.second),
        moment(np.where(open_ones, planned, closed), "%Y-%m-%d"),
        events.one_of("owner", words("texts")["owner"]),
    ]
    return pl.DataFrame(dict(zip(OPPORTUNITY_COLUMNS, columns, strict=True)))


def feedback(streams: Streams, frame: pl.DataFrame, as_of: dt.date, used: int) -> pl.DataFrame:
    """NPS (0 to 10) and CSAT (1 to 5) scores with comments that fit them."""
    events = happen(streams, frame, as_of, 0.3)
    entry, count = words("texts")["feedback"], events.count
    nps = streams.chance("nps", count, 0.6)
    liking = 1.0 - np.square(streams.uniform("liking", count)) * streams.uniform("mood", count)
    score = np.where(
        nps, np.minimum((liking * 11).astype(np.int64), 10), 1 + np.minimum((liking * 5).astype(np.int64), 4)
    )
    level = np.where(score >= np.where(nps, 9, 5), 0, np.where(score >= np.where(nps, 7, 3), 1, 2))
    comments = [entry[kind][script] for kind in ("good", "middling", "bad") for script in ("Latin", "CN")]
    group = 2 * level + (events.culture == CHINA)
    texts = Choice.of_lists(*({"flatness": 3, "values": texts} for texts in comments))
    comment = texts.texts(streams.uniform("comment", count), group)
    columns = [
        *events.identity("F", used).values(),
        moment(events.second),
        pl.Series(["csat", "nps"]).gather(nps.astype(np.int64)),
        pl.Series(score),
        pl.select(pl.when(comment != "").then(comment)).to_series(),
    ]
    return pl.DataFrame(dict(zip(FEEDBACK_COLUMNS, columns, strict=True)))
