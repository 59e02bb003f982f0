"""Households and the people in them, as they really are. What their records say is said elsewhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from crmctl.sampling import addresses, cultures, emails, phones
from crmctl.sampling.companies import companies
from crmctl.sampling.cultures import CHINA, LANGUAGE
from crmctl.sampling.names import names
from crmctl.sampling.streams import Flags, Integers, Streams

_YEAR = 365.2425
_SIZES = np.array([0.70, 0.87, 0.95, 0.99])
_COPIES = np.array([0.82, 0.95, 0.985])
HEAD, PARTNER, CHILD = 0, 1, 2
OWN_PHONES, ONE_LANDLINE, ONE_MOBILE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Population:
    """The people of one chunk and what they share.

    Args:
        households: `culture family usual moved landline_area landline_local`.
        homes: Two addresses for each household: the earlier in its own row, the later as many rows further as there are
            households.
        people: One row each, `household` first; see `_people`.
        copies: How many records each person leaves.
    """

    households: pl.DataFrame
    homes: pl.DataFrame
    people: pl.DataFrame
    copies: Integers


def draw(streams: Streams, records: int, as_of: dt.date) -> Population:
    """Just so many households that their people leave at least the wanted number of records."""
    size = 1 + np.searchsorted(_SIZES, streams.uniform("size", records), side="right")
    copies = 1 + np.searchsorted(_COPIES, streams.uniform("copies", int(size.sum())), side="right")
    household = np.repeat(np.arange(records), size)
    needed = int(np.searchsorted(np.cumsum(copies), records)) + 1 if records else 0
    count = int(household[needed - 1]) + 1 if needed else 0
    size = size[:count]
    household, copies = household[: int(size.sum())], copies[: int(size.sum())]
    households, homes = _households(streams.at("household"), count)
    people = _people(streams.at("person"), households, homes, household, size, today=(as_of - dt.date(1970, 1, 1)).days)
    return Population(households, homes, people, copies)


def _households(streams: Streams, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    culture = cultures.draw(streams.uniform("culture", count))
    first = addresses.draw(streams.at("first"), culture)
    place = first["place"].to_numpy()
    second = addresses.draw(streams.at("second"), culture, near=place, stay=0.6)
    landline = phones.landlines(streams.uniform("landline", count), culture, place)
    frame = pl.DataFrame(
        {
            "culture": culture,
            "family": names().family.rows(streams.uniform("family", count), LANGUAGE[culture]),
            "usual": streams.uniform("usual", count),
            "moved": streams.chance("moved", count, 0.12),
            "sharing": np.searchsorted(np.array([0.2, 0.72]), streams.uniform("sharing", count), side="right"),
            "landline_area": landline["area"],
            "landline_local": landline["local"],
        }
    )
    return frame, pl.concat([first, second])


def _people(
    streams: Streams, households: pl.DataFrame, homes: pl.DataFrame, household: Integers, size: Integers, *, today: int
) -> pl.DataFrame:
    """Everybody with `household role female family maiden given born company title at_work`, a mobile and two e-mails.

    Name columns are rows of the name lists, `maiden` and `company` -1 where there is none, `born` days since 1970.
    """
    count = len(household)
    head = np.repeat(np.cumsum(size) - size, size)
    culture = households["culture"].to_numpy()[household]
    role = _roles(streams, head, size[household])
    female = _genders(streams, role, head, size[household])
    family, maiden = _families(streams, households["family"].to_numpy()[household], culture, role, female)
    given = names().given.rows(streams.uniform("given", count), 2 * LANGUAGE[culture] + female)
    named_after = (
        (role == CHILD) & (female == female[head]) & (culture != CHINA) & streams.chance("junior", count, 0.10)
    )
    given = np.where(named_after, given[head], given)
    born = _births(streams, role, head, size[household], today)
    adult = born < today - 18 * _YEAR
    employed = adult & streams.chance("employed", count, np.where(culture == CHINA, 0.25, 0.5))
    company = np.where(employed, companies().companies.rows(streams.uniform("company", count), culture), -1)
    place = homes["place"].to_numpy()[household]
    mobile = phones.mobiles(streams.at("mobile"), culture, place)
    one_mobile = households["sharing"].to_numpy()[household] == ONE_MOBILE
    mobile = mobile[np.where(one_mobile, head, np.arange(count))]
    frame = pl.DataFrame(
        {"household": household, "role": role, "female": female, "family": family, "maiden": maiden, "given": given,
         "born": born, "company": company, "title": streams.uniform("title", count)}
    ).hstack(mobile)  # fmt: skip
    return frame.hstack(_mailboxes(streams, frame, culture))


def _roles(streams: Streams, head: Integers, size: Integers) -> Integers:
    """The first is the head, the second mostly the partner, the others children."""
    rank = np.arange(len(head)) - head
    partner = (rank == 1) & ((size > 2) | streams.chance("partner", len(head), 0.6))
    return np.where(rank == 0, HEAD, np.where(partner, PARTNER, CHILD))


def _genders(streams: Streams, role: Integers, head: Integers, size: Integers) -> Integers:
    """1 for a woman. Children bear the head's family name, so heads of families are mostly men."""
    count = len(role)
    female = streams.chance("female", count, np.where((role == HEAD) & (size > 1), 0.15, 0.5)).astype(np.int64)
    opposite = np.where(streams.chance("opposite", count, 0.97), 1 - female[head], female)
    return np.where(role == PARTNER, opposite, female)


def _families(
    streams: Streams, shared: Integers, culture: Integers, role: Integers, female: Integers
) -> tuple[Integers, Integers]:
    """Family names, and the name before marriage; Chinese partners keep their own."""
    count = len(shared)
    own = names().family.rows(streams.uniform("own", count), LANGUAGE[culture])
    keeps = (role == PARTNER) & ((culture == CHINA) | streams.chance("keeps", count, 0.2))
    married = (role == PARTNER) & (female == 1) & ~keeps
    return np.where(keeps, own, shared), np.where(married & (own != shared), own, -1)


def _births(streams: Streams, role: Integers, head: Integers, size: Integers, today: int) -> Integers:
    """Days of birth: partners near the head, children 20 to 38 years after, nobody under 14."""
    count = len(role)
    draw_one, draw_two = streams.uniform("age", count), streams.uniform("age_again", count)
    low = np.where(size > 1, 28.0, 18.0)
    years = low + (84.0 - low) * (draw_one + draw_two) / 2
    of_head = years[head]
    years = np.where(role == PARTNER, of_head - 6.0 + 12.0 * draw_one, years)
    years = np.where(role == CHILD, of_head - 20.0 - 18.0 * draw_one, years)
    years = np.where(years < 14.0, 14.0 + 10.0 * draw_two, years)
    return np.asarray(today - (years * _YEAR).astype(np.int64) - streams.integers("day", count, 0, 365), dtype=np.int64)


def _mailboxes(streams: Streams, people: pl.DataFrame, culture: Integers) -> pl.DataFrame:
    """`first_email`, from the name before marriage, and `second_email`, elsewhere and from the name of today."""
    maiden, family = people["maiden"].to_numpy(), people["family"].to_numpy()
    company = people["company"].to_numpy()
    domain = companies().companies.items["domain"].gather(np.maximum(company, 0)).zip_with(
        pl.Series(company >= 0), pl.Series([None], dtype=pl.String).new_from_index(0, people.height)
    )  # fmt: skip
    romanised = names().family.items["romanised"]
    frame = people.select(
        names().given.items["romanised"].gather(people["given"]).alias("given"),
        romanised.gather(np.where(maiden >= 0, maiden, family)).alias("family"),
        domain.alias("domain"), "born", "area", "local",
    )  # fmt: skip
    today = frame.with_columns(romanised.gather(family).alias("family"))
    at_work: Flags = streams.chance("at_work", people.height, 0.4)
    return pl.DataFrame(
        {
            "first_email": emails.addresses_of(streams.at("first"), frame, culture, at_work),
            "second_email": emails.addresses_of(streams.at("second"), today, culture, ~at_work),
            "domain": domain,
        }
    )
