"""How dates and times are written. Which dates they are is said elsewhere."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from crmctl.sampling.choice import Choice, words
from crmctl.sampling.cultures import CHINA, CULTURES
from crmctl.sampling.streams import Flags, Integers, Streams

_ISO_SHARE = 0.5


@cache
def _formats() -> Choice:
    return Choice.of_lists(*(words("noise")["dates"][culture] for culture in CULTURES))


def birthdays(streams: Streams, days: pl.Series, culture: Integers, chinese: Flags) -> pl.Series:
    """Days since 1970 as people of each culture write them, half of them as 2024-03-05; null stays null.

    One in a hundred is a placeholder such as 1900-01-01.
    """
    count = days.len()
    style = np.where((culture == CHINA) & ~chinese, 0, culture)
    chosen = _formats().rows(streams.uniform("format", count), style)
    iso = streams.chance("iso", count, _ISO_SHARE)
    formats = _formats().items["text"].to_list()
    chosen = np.where(iso, formats.index("%Y-%m-%d"), chosen)
    dates = days.cast(pl.Int32).cast(pl.Date)
    result = pl.Series("text", [None], dtype=pl.String).new_from_index(0, count)
    for number in np.unique(chosen):
        rows = np.flatnonzero(chosen == number)
        result = result.scatter(rows, dates.gather(rows).dt.to_string(formats[number]))
    fake = words("texts")["placeholders"]["date"]
    placeholder = pl.Series(fake).gather(streams.integers("placeholder", count, 0, len(fake)))
    return placeholder.zip_with(pl.Series(streams.chance("is_placeholder", count, 0.01)) & days.is_not_null(), result)


def moment(seconds: Integers | pl.Series, pattern: str = "%Y-%m-%d %H:%M:%S") -> pl.Series:
    """Seconds since 1970 as text."""
    return pl.from_epoch(pl.Series(seconds), time_unit="s").dt.to_string(pattern)
