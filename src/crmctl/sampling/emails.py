"""E-mail addresses made from names, at providers and at companies."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from crmctl.sampling.choice import Choice, words
from crmctl.sampling.cultures import CHINA, CULTURES
from crmctl.sampling.streams import Flags, Integers, Streams
from crmctl.sampling.templates import fill

_WORK = 2


@cache
def _providers() -> Choice:
    return Choice.of_lists(*(words("emails")["providers"][culture] for culture in CULTURES))


@cache
def _mailboxes() -> Choice:
    entry = words("emails")["mailboxes"]
    return Choice.of_lists(entry["Latin"], entry["CN"], entry["work"])


def slug(name: pl.Expr) -> pl.Expr:
    """A romanised name as it stands in a mailbox: small letters and nothing else."""
    return name.str.to_lowercase().str.replace_all(r"[^a-z-]", "")


def addresses_of(streams: Streams, people: pl.DataFrame, culture: Integers, at_work: Flags) -> pl.Series:
    """An address for everybody.

    Args:
        streams: The random numbers.
        people: `given` and `family` in plain letters, `born` (days), `domain` (null without work), `area` and `local`.
        culture: The culture of each.
        at_work: Who writes from the company.
    """
    count = people.height
    working = at_work & people["domain"].is_not_null().to_numpy()
    group = np.where(working, _WORK, np.where(culture == CHINA, 1, 0))
    chosen = _mailboxes().rows(streams.uniform("mailbox", count), group)

    def digits(name: str, low: int, high: int) -> pl.Series:
        return pl.Series(name, streams.integers(name, count, low, high)).cast(pl.String)

    frame = people.select(
        slug(pl.col("given")).alias("given"),
        slug(pl.col("family")).alias("family"),
        slug(pl.col("given")).str.head(1).alias("initial"),
        (1970 + pl.col("born") / 365.2425).floor().cast(pl.Int64).cast(pl.String).alias("year"),
        pl.concat_str("area", "local").alias("national"),
        "domain",
        _providers().texts(streams.uniform("provider", count), culture).alias("provider"),
        digits("two", 1, 99),
        digits("three", 100, 1000),
        digits("number", 10_000_000, 3_400_000_000),
    )
    return fill(_mailboxes().items["text"].to_list(), chosen, frame)


def shared_mailboxes(streams: Streams, domain: pl.Series) -> pl.Series:
    """The company's common mailbox, `info@…`; null without a company."""
    choice = Choice.of_lists(words("emails")["shared"])
    return choice.texts(streams.uniform("shared", domain.len())) + "@" + domain
