"""The records that people leave in three sources, before anything goes wrong in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from crmctl.sampling import addresses, households
from crmctl.sampling.companies import companies
from crmctl.sampling.cultures import CHINA
from crmctl.sampling.households import ONE_LANDLINE, Population
from crmctl.sampling.names import names
from crmctl.sampling.streams import Flags, Integers, Streams

SOURCES = ("crm", "shop", "pos")
CRM, SHOP, POS = range(3)
_LATIN_SOURCES = np.array([0.96, 0.99])
_CHINESE_SOURCES = np.array([0.15, 0.77])
_FIRST_NUMBER = 100_001
_ADDRESS = (
    "street", "street_romanised", "number", "letter", "flat", "entrance", "compound", "postal", "district", "city",
    "city_romanised", "region", "region_romanised",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counters:
    """What earlier chunks used up: people, households, and the records of each source."""

    people: int = 0
    households: int = 0
    records: tuple[int, int, int] = (0, 0, 0)


def draw(
    streams: Streams, count: int, as_of: dt.date, before: Counters, pos_quota: int
) -> tuple[pl.DataFrame, Counters]:
    """The records of one chunk in the order of their files, all sources together.

    Args:
        streams: The random numbers.
        count: How many records.
        as_of: Nothing happens later.
        before: What earlier chunks used up.
        pos_quota: How many may go to the tills; the surplus goes to the shop.

    Returns:
        The records (see `_contents` and `_identity` for the columns), and the counters for the next chunk.
    """
    population = households.draw(streams, count, as_of)
    person = np.repeat(np.arange(len(population.copies)), population.copies)[:count]
    first = np.cumsum(population.copies) - population.copies
    copy = np.arange(count) - first[person]
    order = np.argsort(streams.uniform("order", count), kind="stable")
    person, copy = person[order], copy[order]
    identity, after = _identity(streams, population, person, copy, before=before, pos_quota=pos_quota)
    return _contents(streams, population, identity, person, (as_of - dt.date(1970, 1, 1)).days), after


def _identity(
    streams: Streams, population: Population, person: Integers, copy: Integers, *, before: Counters, pos_quota: int
) -> tuple[pl.DataFrame, Counters]:
    """Source, number, and who it is. Numbers keep a remainder by person and source, so none means one person twice."""
    count = len(person)
    household = population.people["household"].to_numpy()[person]
    culture = population.households["culture"].to_numpy()[household]
    uniform = streams.uniform("source", count)
    bounds = np.where((culture == CHINA)[:, None], _CHINESE_SOURCES, _LATIN_SOURCES)
    source = (uniform[:, None] >= bounds).sum(axis=1)
    at_till = np.flatnonzero(source == POS)
    source[at_till[pos_quota:]] = SHOP
    rank = np.zeros(count, dtype=np.int64)
    used = list(before.records)
    for number in range(len(SOURCES)):
        mine = np.flatnonzero(source == number)
        rank[mine] = used[number] + np.arange(len(mine))
        used[number] += len(mine)
    global_person = before.people + person
    frame = pl.DataFrame(
        {
            "source": source,
            "number": pl.Series(_FIRST_NUMBER + 3 * rank + (global_person + source) % 3).cast(pl.String),
            "person": global_person,
            "household": before.households + household,
            "home": household,
            "culture": culture,
            "copy": copy,
            "copies": population.copies[person],
            "chinese": (culture == CHINA) & ((source != CRM) | streams.chance("characters", count, 0.45)),
        }
    )
    after = replace(
        before,
        people=before.people + population.people.height,
        households=before.households + population.households.height,
        records=(used[0], used[1], used[2]),
    )
    return frame, after


def _contents(
    streams: Streams, population: Population, identity: pl.DataFrame, person: Integers, today: int
) -> pl.DataFrame:
    """What each record says: `given family female born email area local land_area land_local street district city …`.

    Of somebody with several records the earliest shows the address before the move and the name before the marriage.
    """
    people, home = population.people[person], identity["home"].to_numpy()
    chinese, culture = identity["chinese"].to_numpy(), identity["culture"].to_numpy()
    early = (identity["copy"] == 0).to_numpy() & (identity["copies"] > 1).to_numpy()
    shared = population.households[home]
    family = np.where(early & (people["maiden"] >= 0).to_numpy(), people["maiden"], people["family"])
    known = names()
    spoken = ~chinese & (culture == CHINA)
    frame = identity.with_columns(
        _in_script(known.given.items, people["given"].to_numpy(), chinese).alias("given"),
        _in_script(known.family.items, family, chinese).alias("family"),
        people["given"].alias("given_row"),
        people["female"],
        people["born"],
        _email(streams, people, early).alias("email"),
        people["area"],
        people["local"],
    )
    frame = frame.hstack(_landline(streams, shared, people, identity))
    frame = frame.hstack(_address(streams, population, identity, early, spoken))
    frame = frame.hstack(_work(streams, people, culture, chinese, spoken))
    return frame.with_columns(_created(streams, identity, today))


def _in_script(items: pl.DataFrame, rows: Integers, chinese: Flags) -> pl.Series:
    """Characters in Chinese records; Chinese elsewhere romanised, everybody else as they write themselves."""
    texts = items["text"].gather(rows)
    latin = texts.str.contains(r"^\p{Latin}").to_numpy()
    return texts.zip_with(pl.Series(chinese | latin), items["romanised"].gather(rows))


def _email(streams: Streams, people: pl.DataFrame, early: Flags) -> pl.Series:
    """Mostly the old address; a later record may have another."""
    second = ~early & streams.chance("second_email", people.height, 0.2)
    return people["second_email"].zip_with(pl.Series(second), people["first_email"])


def _landline(streams: Streams, shared: pl.DataFrame, people: pl.DataFrame, identity: pl.DataFrame) -> pl.DataFrame:
    """The household's number, or in the CRM the switchboard of the company; null for many."""
    count = people.height
    company = people["company"].to_numpy()
    office = (company >= 0) & (identity["source"] == CRM).to_numpy() & streams.chance("switchboard", count, 0.45)
    at_home = (shared["sharing"] == ONE_LANDLINE).to_numpy() & streams.chance("landline", count, 0.85)
    switchboard = companies().companies.items[np.maximum(company, 0)]
    absent = pl.lit(None, dtype=pl.String)
    columns = []
    for part in ("area", "local"):
        choice = pl.when(pl.Series(office)).then(switchboard[part])
        columns.append(
            choice.when(pl.Series(at_home)).then(shared[f"landline_{part}"]).otherwise(absent).alias(f"land_{part}")
        )
    return pl.select(columns)


def _address(
    streams: Streams, population: Population, identity: pl.DataFrame, early: Flags, spoken: Flags
) -> pl.DataFrame:
    home, count = identity["home"].to_numpy(), identity.height
    culture = identity["culture"].to_numpy()
    shared = population.households[home]
    late = shared["moved"].to_numpy() & ~early & (identity["copies"] > 1).to_numpy()
    frame = population.homes[home + late * population.households.height].select(_ADDRESS)
    line = addresses.lines(streams.at("address"), frame, culture, spoken, shared["usual"].to_numpy())
    romanised = pl.Series(spoken)
    city = frame["city"].zip_with(
        pl.Series(streams.chance("city_suffix", count, 0.8)), frame["city"].str.strip_suffix("市")
    )
    return pl.DataFrame(
        {
            "street": line,
            "district": frame["district"],
            "city": frame["city_romanised"].zip_with(romanised, city),
            "region": frame["region_romanised"].zip_with(romanised, frame["region"]),
            "postal": frame["postal"],
            "country": addresses.addresses().countries.texts(streams.uniform("country", count), culture),
        }
    )


def _work(streams: Streams, people: pl.DataFrame, culture: Integers, chinese: Flags, spoken: Flags) -> pl.DataFrame:
    """The company with its legal form, at times another form or none, and the job title; null without work."""
    known, count, company = companies(), people.height, people["company"].to_numpy()
    works = pl.Series(company >= 0)
    item = known.companies.items[np.maximum(company, 0)]
    own_form = (company * 0.6180339887498949) % 1.0
    form = np.where(streams.chance("other_form", count, 0.15), streams.uniform("form", count), own_form)
    text = item["text"] + known.forms.texts(form, culture)
    text = item["romanised"].zip_with(pl.Series(spoken), text)
    style = np.where(chinese, 1, np.where(spoken, 2, 0))
    title = known.titles.texts(people["title"].to_numpy(), style)
    absent = pl.lit(None, dtype=pl.String)
    return pl.select(
        pl.when(works).then(text).otherwise(absent).alias("company"),
        pl.when(works).then(title).otherwise(absent).alias("title"),
        pl.when(works).then(item["domain"]).otherwise(absent).alias("domain"),
    )


def _created(streams: Streams, identity: pl.DataFrame, today: int) -> list[pl.Series]:
    """`created` and `active`, in seconds since 1970: within six years, later records of one person later."""
    count = identity.height
    copy, copies = identity["copy"].to_numpy(), identity["copies"].to_numpy()
    share = (copy + streams.uniform("created", count)) / copies
    day = today - 1 - (6 * 365 * (1.0 - share)).astype(np.int64)
    second = 8 * 3600 + (streams.uniform("created_at", count) * 12 * 3600).astype(np.int64)
    active = day + ((today - day) * np.sqrt(streams.uniform("active", count))).astype(np.int64)
    return [pl.Series("created", day * 86_400 + second), pl.Series("active", active * 86_400)]
