"""Campaigns with treated and untreated customers, and an effect that is really there."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from crmctl.sampling.choice import words
from crmctl.sampling.cultures import PRICE_LEVEL
from crmctl.sampling.dates import moment
from crmctl.sampling.records import SOURCES
from crmctl.sampling.streams import Flags, Integers, Streams

CAMPAIGN_COLUMNS = (
    "Campaign ID", "Campaign Name", "Customer ID", "Customer Source", "Group", "Channel", "Sent At", "Opened At",
    "Clicked At", "Converted", "Revenue",
)  # fmt: skip
CONTROL_RATE, TREATMENT_RATE = 0.04, 0.07
"""The share that buys without and with the campaign: an uplift of three points."""
_DAY = 86_400
_BETWEEN = 45


def members(streams: Streams, frame: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Half of the records, each in one campaign after its creation; three in ten are control and get nothing."""
    entry = words("texts")["campaign"]
    end = (as_of - dt.date(1970, 1, 1)).days * _DAY
    created = frame["created"].to_numpy()
    campaign = streams.integers("which", frame.height, 0, len(entry["names"]))
    sent = end - (campaign + 1) * _BETWEEN * _DAY + 10 * 3600
    row = np.flatnonzero(streams.chance("member", frame.height, 0.55) & (sent > created))
    count, campaign, sent = len(row), campaign[row], sent[row]
    treated = streams.chance("treated", count, 0.7)
    opened = treated & streams.chance("opened", count, 0.32)
    opened_at = sent + 60 + (2 * _DAY * np.square(streams.uniform("opened_at", count))).astype(np.int64)
    clicked_at = opened_at + 5 + (1_800 * np.square(streams.uniform("clicked_at", count))).astype(np.int64)
    clicked = opened & streams.chance("clicked", count, 0.25)
    converted = streams.chance("converted", count, np.where(treated, TREATMENT_RATE, CONTROL_RATE))
    value = 1_500 + (20_000 * np.square(streams.uniform("revenue", count))).astype(np.int64)
    revenue = value * PRICE_LEVEL[frame["culture"].to_numpy()[row]] // 100 / 100.0
    order = np.argsort(-campaign, kind="stable")
    result = pl.DataFrame(
        {
            "Campaign ID": "CMP-" + pl.Series(100 + len(entry["names"]) - campaign).cast(pl.String),
            "Campaign Name": pl.Series(entry["names"]).gather(campaign),
            "Customer ID": frame["number"].gather(row),
            "Customer Source": pl.Series(SOURCES).gather(frame["source"].gather(row)),
            "Group": pl.Series(["control", "treatment"]).gather(treated.astype(np.int64)),
            "Channel": pl.Series(entry["channel"]).gather(campaign % len(entry["channel"])),
            "Sent At": _at(treated, sent),
            "Opened At": _at(opened, opened_at),
            "Clicked At": _at(clicked, clicked_at),
            "Converted": pl.Series(["false", "true"]).gather(converted.astype(np.int64)),
            "Revenue": np.where(converted, revenue, 0.0),
        }
    )
    return result[order]


def _at(happened: Flags, second: Integers) -> pl.Series:
    """The times of what happened, null for what did not."""
    return pl.select(pl.when(pl.Series(happened)).then(moment(second))).to_series()
