"""Which cells are certainly as they should be. They are most cells of most files, and take no further part in cleaning.

Nothing is repaired here: whatever these patterns leave open goes the whole way, and mostly turns out fine as well.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from crmctl.cleaning.damaged import suspicious

Plain = Callable[[pl.Series], pl.Series]
"""From texts without nulls to True where a text is neither folded nor changed by its normaliser; words for missing and
placeholder values are told apart elsewhere."""

_LATIN = r"[\x21-\x7E]+(?: [\x21-\x7E]+)*"
_HAN = r"[\x21-\x7E\x{4E00}-\x{9FFF}]+"
_PLAIN_LINE = rf"\A(?:{_LATIN}|{_HAN}(?: {_HAN})*)\z"
_PLAIN_NAME = r"\A(?:[A-Za-z'\-]{2,}(?: [A-Za-z'\-]{2,})*|[\x{4E00}-\x{9FFF}--[某]]+)\z"
_ISO_DATE = r"\A[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])\z"


def plain_line(texts: pl.Series) -> pl.Series:
    """Latin words, or Chinese and Latin ones, with single spaces between them."""
    return texts.str.contains(_PLAIN_LINE) & ~texts.str.contains(suspicious())


def plain_name(texts: pl.Series) -> pl.Series:
    """A name in Latin letters with single spaces, or in Chinese characters alone."""
    return texts.str.contains(_PLAIN_NAME) & ~texts.str.contains(suspicious())


def plain_date(texts: pl.Series) -> pl.Series:
    """An ISO date that every month has."""
    return texts.str.contains(_ISO_DATE)
