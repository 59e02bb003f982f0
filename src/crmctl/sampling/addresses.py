"""Where people live: cities, streets and the ways an address line is spelled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from crmctl.sampling.choice import Choice, ranked, table, words
from crmctl.sampling.cultures import CHINA, CULTURES
from crmctl.sampling.streams import Flags, Floats, Integers, Streams
from crmctl.sampling.templates import fill


@dataclass(frozen=True, slots=True)
class Addresses:
    """What addresses are made of; all but `compounds` grouped by culture.

    Args:
        places: Cities, with `city region area local_digits postal districts` and their romanised forms.
        streets: `text` and `romanised`.
        compounds: Chinese housing estates.
        spellings: Templates of an address line; the last group is romanised Chinese.
        countries: Names of the country.
    """

    places: Choice
    streets: Choice
    compounds: Choice
    spellings: Choice
    countries: Choice


@cache
def addresses() -> Addresses:
    """The places of the vocabulary."""
    entry, cities = words("addresses"), table("places")
    places = [cities.filter(pl.col("culture") == culture) for culture in CULTURES]
    estates = pl.DataFrame({"text": entry["compounds"].split()})
    return Addresses(
        places=Choice.of([(frame, frame["weight"].cast(pl.Float64).to_numpy()) for frame in places]),
        streets=Choice.of([_streets(entry["streets"][culture]) for culture in CULTURES]),
        compounds=Choice.of([(estates, ranked(estates.height, 15))]),
        spellings=Choice.of_lists(*(entry["spellings"][name] for name in (*CULTURES, "CN-pinyin"))),
        countries=Choice.of_lists(*(entry["countries"][culture] for culture in CULTURES)),
    )


def _streets(entry: dict[str, Any]) -> tuple[pl.DataFrame, Floats]:
    if "pairs" in entry:
        pairs = [pair.split(":") for pair in entry["pairs"].split()]
        texts, spoken = [pair[0] for pair in pairs], [pair[1].replace("_", " ") for pair in pairs]
    else:
        starts, ends = (_listed(entry[part]) for part in ("starts", "ends"))
        texts = [start + end for end in ends for start in starts]
        spoken = texts
    return pl.DataFrame({"text": texts, "romanised": spoken}), ranked(len(texts), entry["flatness"])


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [word.replace("_", " ") for word in value.split()]


def draw(streams: Streams, culture: Integers, near: Integers | None = None, stay: float = 0.0) -> pl.DataFrame:
    """One address per household.

    Args:
        streams: The random numbers.
        culture: The culture of each household.
        near: Rows of cities of earlier addresses.
        stay: The share that stays in the earlier city.

    Returns:
        `place` (a row of `places`), `street street_romanised number letter flat entrance compound district postal` and
        the city's `city region` with their romanised forms.
    """
    known, count = addresses(), len(culture)
    place = known.places.rows(streams.uniform("city", count), culture)
    if near is not None:
        place = np.where(streams.chance("stay", count, stay), near, place)
    city = known.places.items[place]
    street = known.streets.items[known.streets.rows(streams.uniform("street", count), culture)]
    high = np.where(culture == CHINA, 800, 150)
    number = 1 + (streams.uniform("number", count) * streams.uniform("high", count) * high).astype(np.int64)
    flat = 100 * streams.integers("floor", count, 1, 19) + streams.integers("door", count, 1, 5)
    frame = pl.DataFrame(
        {
            "place": place,
            "street": street["text"],
            "street_romanised": street["romanised"],
            "number": pl.Series(number).cast(pl.String),
            "letter": pl.Series(list("abcd")).gather(streams.integers("letter", count, 0, 4)),
            "flat": pl.Series(flat).cast(pl.String),
            "entrance": pl.Series(streams.integers("entrance", count, 1, 19)).cast(pl.String),
            "compound": known.compounds.texts(streams.uniform("compound", count)),
            "postal": _postal(streams, city["postal"]),
            "district": _district(streams, city["districts"]),
        }
    )
    return frame.with_columns(
        city["city"], city["romanised"].alias("city_romanised"), city["region"], city["region_romanised"]
    )


def _postal(streams: Streams, pattern: pl.Series) -> pl.Series:
    """The patterns with a digit for every `#` and a letter for every `@`."""
    count = pattern.len()
    result = pattern.to_frame("postal")
    digits = pl.Series("digit", list("0123456789"))
    for number in range(3):
        digit = digits.gather(streams.integers(f"digit{number}", count, 0, 10))
        result = result.with_columns(pl.col("postal").str.replace("#", pl.lit(digit), literal=True))
    letters = pl.Series("letter", list("ABDEFGHJLNPQRSTUWXYZ"))
    for number in range(2):
        letter = letters.gather(streams.integers(f"letter{number}", count, 0, 20))
        result = result.with_columns(pl.col("postal").str.replace("@", pl.lit(letter), literal=True))
    return result["postal"]


def _district(streams: Streams, districts: pl.Series) -> pl.Series:
    split = districts.str.split(" ").to_frame("districts")
    pick = pl.Series("pick", streams.uniform("district", districts.len()))
    index = (pick * split["districts"].list.len()).floor().cast(pl.Int64)
    return (
        split.with_columns(index.alias("at"))
        .select(pl.col("districts").list.get(pl.col("at"), null_on_oob=True))
        .to_series()
    )


def lines(streams: Streams, frame: pl.DataFrame, culture: Integers, romanised: Flags, usual: Floats) -> pl.Series:
    """The address line of every record: mostly as its household writes it, at times otherwise.

    Args:
        streams: The random numbers.
        frame: Records with the columns of `draw`.
        culture: The culture of each record.
        romanised: Chinese records that are written in Latin letters.
        usual: A number in [0, 1) that members of a household share.
    """
    known, count = addresses().spellings, frame.height
    group = np.where(romanised, len(CULTURES), culture)
    other = streams.chance("otherwise", count, 0.12)
    chosen = known.rows(np.where(other, streams.uniform("spelling", count), usual), group)
    return fill(known.items["text"].to_list(), chosen, frame)
