"""Tags: several words in one cell, separated by semicolons."""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.normaliser import Context, Normaliser, outcome


def _apply(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    # Google's contacts part labels with three colons and put a star before each.
    parted = pl.col("text").str.replace_all(r"\s*(?:[;,、|]|:::)(?:\s|[;,、|]|:::)*", ";").str.strip_chars("; ")
    joined = parted.str.replace_all(r"(^|;)\*\s+", "${1}")
    return cells.select(outcome(pl.when(joined == "").then(pl.col("text")).otherwise(joined), reasons.SEPARATORS))


TAGS = Normaliser(_apply, fold="text")
