"""Phone numbers that their countries would allot, and the many ways to write one."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from crmctl.sampling.addresses import addresses
from crmctl.sampling.choice import Choice, ranked, words
from crmctl.sampling.cultures import CHINA, CULTURES
from crmctl.sampling.streams import Flags, Floats, Integers, Streams
from crmctl.sampling.templates import fill

_HOME_MOBILE, _HOME_LANDLINE = len(CULTURES), len(CULTURES) + 1


@cache
def _mobile_areas() -> Choice:
    groups = []
    for culture in CULTURES:
        areas = str(words("phones")["mobile_areas"].get(culture, "")).split() or [""]
        groups.append((pl.DataFrame({"text": areas}), ranked(len(areas), 20)))
    return Choice.of(groups)


@cache
def _spellings() -> Choice:
    entry = words("phones")["spellings"]
    return Choice.of_lists(*(entry[name] for name in (*CULTURES, "CN-home-mobile", "CN-home-landline")))


def mobiles(streams: Streams, culture: Integers, place: Integers) -> pl.DataFrame:
    """A mobile number each: `area` and `local`, without trunk prefix. American ones belong to the city."""
    count = len(culture)
    digits = words("phones")["mobile_local_digits"]
    length = np.array([digits[name] for name in CULTURES])[culture]
    area = _mobile_areas().texts(streams.uniform("area", count), culture)
    area = pl.select(
        pl.when(area == "").then(addresses().places.items["area"].gather(place)).otherwise(area)
    ).to_series()
    # A mobile's local number may start with any digit but in America, where it is like any other number.
    first = np.where(culture == 0, streams.integers("first", count, 2, 10), streams.integers("first", count, 0, 10))
    return _number(area, length, first, streams.uniform("local", count), culture)


def landlines(uniform: Floats, culture: Integers, place: Integers) -> pl.DataFrame:
    """A landline number each, in the city's area: `area` and `local`, without trunk prefix."""
    city = addresses().places.items[place]
    choices = city["starts"].str.len_chars().to_numpy()
    which = (uniform * choices).astype(np.int64)
    frame = city.select(pl.col("starts").str.slice(pl.Series(which), 1).cast(pl.Int64).alias("first"))
    length = city["local_digits"].cast(pl.Int64).to_numpy()
    return _number(city["area"], length, frame["first"].to_numpy(), uniform * choices - which, culture)


def _number(area: pl.Series, length: Integers, first: Integers, rest: Floats, culture: Integers) -> pl.DataFrame:
    """Local numbers of the given lengths and first digits."""
    power = 10 ** (length - 1)
    value = first * power + (rest * power).astype(np.int64)
    # A North American exchange never ends in 11.
    value = np.where((culture == 0) & (value // 10_000 % 100 == 11), value + 10_000, value)
    frame = pl.DataFrame({"text": value, "length": length}, schema={"text": pl.Int64, "length": pl.Int64})
    padded = frame.select(pl.col("text").cast(pl.String).str.pad_start(8, "0").str.tail(pl.col("length")))
    return pl.DataFrame({"area": area, "local": padded.to_series()})


def national(frame: pl.DataFrame) -> pl.Series:
    """Area and local number together."""
    return frame.select(pl.concat_str("area", "local")).to_series()


def spelled(streams: Streams, number: pl.DataFrame, culture: Integers, home: Flags, *, mobile: bool) -> pl.Series:
    """The numbers as people write them.

    Args:
        streams: The random numbers.
        number: `area` and `local`; nulls stay null.
        culture: The culture of each.
        home: Written in China for Chinese readers: without the country's code, as a rule.
        mobile: These are mobile numbers.
    """
    at_home = (culture == CHINA) & home
    group = np.where(at_home, _HOME_MOBILE if mobile else _HOME_LANDLINE, culture)
    chosen = _spellings().rows(streams.uniform("spelling", number.height), group)
    frame = number.with_columns(national(number).alias("national"))
    text = fill(_spellings().items["text"].to_list(), chosen, frame)
    return _extended(streams, text, culture) if not mobile else text


def _extended(streams: Streams, text: pl.Series, culture: Integers) -> pl.Series:
    """One landline in fifty has an extension."""
    lists = words("phones")["extensions"]
    endings = pl.Series("ending", [*lists["Latin"], *lists["CN"]])
    count = text.len()
    pick = streams.integers("extension", count, 0, len(lists["Latin"])) + np.where(
        culture == CHINA, len(lists["Latin"]), 0
    )
    extended = text + endings.gather(pick)
    return text.zip_with(pl.Series(~streams.chance("extended", count, 0.02)), extended)


def masked(text: pl.Expr) -> pl.Expr:
    """The number with four digits hidden: `138****5678`."""
    return text.str.replace(r"(\d{3})\D*\d\D*\d\D*\d\D*\d\D*(\d{3,4})$", "${1}****${2}")
