"""Companies with their legal forms, mail domains and switchboards. Who works there is said elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from crmctl.sampling.addresses import addresses
from crmctl.sampling.choice import Choice, ranked, words
from crmctl.sampling.cultures import CHINA, CULTURES
from crmctl.sampling.phones import landlines
from crmctl.sampling.streams import Floats

_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Companies:
    """The companies to work for, grouped by culture, and the ways to write a legal form.

    Args:
        companies: `text` (without its form), `romanised`, `domain`, and its switchboard's `area` and `local`.
        forms: Legal forms, grouped by culture.
        titles: Job titles in English, Chinese, and of Chinese who are written in English.
    """

    companies: Choice
    forms: Choice
    titles: Choice


@cache
def companies() -> Companies:
    """The companies of the vocabulary: every stem in every trade."""
    entry = words("companies")
    latin = [_latin(number, entry["Latin"]["trades"][culture]) for number, culture in enumerate(CULTURES[:CHINA])]
    forms = [entry["Latin"]["forms"][culture] for culture in CULTURES[:CHINA]]
    titles = entry["job_titles"]
    return Companies(
        companies=Choice.of([*latin, _chinese()]),
        forms=Choice.of_lists(*forms, entry["CN"]["forms"]),
        titles=Choice.of_lists(titles["Latin"], titles["CN"], titles["CN-pinyin"]),
    )


def _latin(culture: int, trades: list[str]) -> tuple[pl.DataFrame, Floats]:
    stems = [stem.replace("_", " ") for stem in words("companies")["Latin"]["stems"].split()]
    texts = [f"{stem} {trade}" for trade in trades for stem in stems]
    slugs = [text.lower().replace(" ", "-").replace("é", "e").replace("â", "a") for text in texts]
    return _with_switchboard(culture, texts, texts, slugs)


def _chinese() -> tuple[pl.DataFrame, Floats]:
    entry = words("companies")["CN"]
    stems, trades = ([pair.split(":") for pair in pairs] for pairs in (entry["stems"].split(), entry["trades"]))
    made = [
        (f"{place}{stem}{trade}", f"{sound.capitalize()} {kind.capitalize()}", f"{sound}{kind}{number or ''}")
        for number, place in enumerate(entry["places"])
        for trade, kind in trades
        for stem, sound in stems
    ]
    texts, romanised, slugs = (list(column) for column in zip(*made, strict=True))
    return _with_switchboard(CHINA, texts, romanised, slugs)


def _with_switchboard(
    culture: int, texts: list[str], romanised: list[str], slugs: list[str]
) -> tuple[pl.DataFrame, Floats]:
    """Every company keeps one number in one city; a low-discrepancy sequence spreads them without a seed."""
    order = np.arange(1, len(texts) + 1)
    spread: Floats = np.asarray((order * _GOLDEN) % 1.0, dtype=np.float64)
    other: Floats = np.asarray((order * _GOLDEN * _GOLDEN) % 1.0, dtype=np.float64)
    cultures = np.full(len(texts), culture)
    phone = landlines(other, cultures, addresses().places.rows(spread, cultures))
    domains = [f"{slug}.example" for slug in slugs]
    frame = pl.DataFrame({"text": texts, "romanised": romanised, "domain": domains}).hstack(phone)
    shuffled = np.argsort((order * 0.7548776662466927) % 1.0, kind="stable")
    return frame[shuffled], ranked(len(texts), 2)
