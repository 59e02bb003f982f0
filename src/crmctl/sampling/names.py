"""Family and given names of four languages, with romanised forms and nicknames. Who bears them is said elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from crmctl.sampling.choice import Choice, ranked, words
from crmctl.sampling.cultures import LANGUAGES
from crmctl.sampling.streams import Floats, Integers

_Group = tuple[pl.DataFrame, Floats]


@dataclass(frozen=True, slots=True)
class Names:
    """The names to choose from.

    Args:
        family: Grouped by language; `text`, and in plain ASCII letters `romanised` and `syllables` (`Xiao Ming`).
        given: Grouped by language and gender (`2 * language + female`); the same columns.
        nicknames: The short forms of the given names, one below the other.
        first_nickname: For each row of `given` its first row in `nicknames`.
        nickname_count: For each row of `given` how many it has.
    """

    family: Choice
    given: Choice
    nicknames: pl.Series
    first_nickname: Integers
    nickname_count: Integers


@cache
def names() -> Names:
    """The names of the vocabulary."""
    latin, chinese = words("names_latin"), words("names_chinese")
    family = [_latin_family(latin[language]) for language in LANGUAGES[:-1]]
    family.append(_pairs(chinese["family"]["names"], chinese["family"]["flatness"]))
    given: list[_Group] = []
    shorts: list[str] = []
    for language in LANGUAGES[:-1]:
        for gender in ("male", "female"):
            group = _latin(latin[language]["given"][gender].split(), latin[language]["given"]["flatness"])
            given.append(group)
            shorts.extend(_nicknames(latin[language]["given"]["nicknames"], group[0]["text"].to_list()))
    for gender in ("male", "female"):
        group = _chinese_given(chinese["given"], gender)
        given.append(group)
        shorts.extend([""] * group[0].height)
    lists = [short.split(",") if short else [] for short in shorts]
    counts = np.array([len(entry) for entry in lists], dtype=np.int64)
    flat = pl.Series("text", [name for entry in lists for name in entry], dtype=pl.String)
    return Names(Choice.of(family), Choice.of(given), flat, np.cumsum(counts) - counts, counts)


def unaccented(column: pl.Expr) -> pl.Expr:
    """The text in plain letters: `Müller` becomes `Mueller`."""
    letters = words("noise")["unaccented"]
    return column.str.replace_many(list(letters), list(letters.values()))


def _frame(texts: list[str], syllables: list[str] | None = None) -> pl.DataFrame:
    frame = pl.DataFrame({"text": texts, "syllables": syllables or texts}).with_columns(unaccented(pl.col("syllables")))
    together = pl.col("syllables") if syllables is None else _joined(pl.col("syllables"))
    return frame.with_columns(together.alias("romanised"))


def _joined(syllables: pl.Expr) -> pl.Expr:
    """`Xiao Ming` as `Xiaoming`."""
    second = syllables.str.extract(r" (.+)$").str.to_lowercase()
    return syllables.str.extract(r"^(\S+)") + second.fill_null("")


def _latin(texts: list[str], flatness: float) -> _Group:
    return _frame(texts), ranked(len(texts), flatness)


def _latin_family(entry: dict[str, Any]) -> _Group:
    """The listed names and, after them, the tail that is built from starts and ends."""
    listed = entry["family"]["names"].split()
    tail = entry["family"]["tail"]
    built = [start + end for end in tail["ends"].split() for start in tail["starts"].split()]
    rare = [name for name in dict.fromkeys(built) if name not in set(listed)]
    share = tail["share"]
    weights = [ranked(len(listed), entry["family"]["flatness"]) * (1 - share), ranked(len(rare), 60) * share]
    return _frame(listed + rare), np.concatenate(weights)


def _pairs(text: str, flatness: float) -> _Group:
    pairs = [pair.split(":") for pair in text.split()]
    return _frame([pair[0] for pair in pairs], [pair[1] for pair in pairs]), ranked(len(pairs), flatness)


def _chinese_given(entry: dict[str, Any], gender: str) -> _Group:
    """Names of one character, and those of two: every first with every second one."""
    lists = {kind: [pair.split(":") for pair in entry[gender][kind].split()] for kind in ("single", "first", "second")}
    share, flatness = entry["single_share"], entry["flatness"]
    texts = [text for text, _ in lists["single"]]
    spoken = [sound.capitalize() for _, sound in lists["single"]]
    weights = [ranked(len(texts), flatness) * share]
    second = ranked(len(lists["second"]), flatness)
    for (text, sound), weight in zip(lists["first"], ranked(len(lists["first"]), flatness), strict=True):
        texts += [text + other for other, _ in lists["second"]]
        spoken += [f"{sound.capitalize()} {other.capitalize()}" for _, other in lists["second"]]
        weights.append(second * weight * (1 - share))
    return _frame(texts, spoken), np.concatenate(weights)


def _nicknames(text: str, given: list[str]) -> list[str]:
    known = dict(pair.split("=") for pair in text.split())
    return [known.get(name, "") for name in given]
