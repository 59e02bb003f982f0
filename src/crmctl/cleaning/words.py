"""Word lists with one canonical word each: loading them, and looking texts up in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

import polars as pl

from crmctl.resources import VOCABULARY
from crmctl.yamlfile import load

_PUNCTUATION = r"[\s.,'’`()\[\]&_·\-‐-―]+"


def word_key(text: pl.Expr) -> pl.Expr:
    """What of a word counts when it is looked up: no case, no accents, no punctuation, no leading article."""
    plain = text.str.normalize("NFKD").str.to_lowercase().str.replace_all(r"\p{Mn}", "")
    return plain.str.replace(r"^the\s+", "").str.replace_all(_PUNCTUATION, "")


@cache
def word_list(name: str) -> Mapping[str, str]:
    """A list `vocabulary/NAME.yaml` of canonical words and their spellings, as key of the spelling -> canonical word.

    Raises:
        ValueError: One spelling stands under two words.
    """
    listed: dict[str, list[str]] = load(VOCABULARY / f"{name}.yaml").data
    pairs = [(word, canonical) for canonical, words in listed.items() for word in (canonical, *words)]
    spellings = pl.DataFrame({"word": [unicodedata.normalize("NFKC", str(word)) for word, _ in pairs]})
    keys = spellings.select(word_key(pl.col("word")))["word"].to_list()
    table: dict[str, str] = {}
    for key, (word, canonical) in zip(keys, pairs, strict=True):
        if table.setdefault(key, canonical) != canonical:
            raise ValueError(f"{word!r} stands in {name}.yaml under {table[key]} and {canonical}")
    return table


def look_up(text: pl.Expr, name: str) -> pl.Expr:
    """The canonical word for a text; null where the list does not know it."""
    table = word_list(name)
    return word_key(text).replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String)
