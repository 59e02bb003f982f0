"""Countries and territories, written as ISO 3166-1 alpha-2 codes."""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.folding import folded
from crmctl.cleaning.normaliser import Context, Normaliser, outcome
from crmctl.cleaning.words import look_up

# Namibia's code, and what many programs write for "not available".
_DOUBTFUL = r"^(?i:na)$"


def _apply(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    text = pl.col("text")
    doubtful = text.str.contains(_DOUBTFUL)
    value = pl.when(~doubtful).then(look_up(text, "countries"))
    status = pl.when(doubtful).then(pl.lit("ambiguous")).otherwise(pl.lit("invalid"))
    problem = pl.when(doubtful).then(pl.lit(reasons.SEVERAL_MEANINGS)).otherwise(pl.lit(reasons.NOT_KNOWN))
    changed = pl.when(text.str.to_uppercase() == value).then(pl.lit(reasons.CASE)).otherwise(pl.lit(reasons.KNOWN_WORD))
    return cells.select(outcome(value, changed, status, problem))


def region_codes(countries: pl.Series) -> pl.Series:
    """The ISO code of every country named in a column; null where there is none or none is known."""
    named = pl.DataFrame({"raw": countries.unique().drop_nulls()})
    text = pl.col("text")
    known = folded(named, "field").with_columns(
        region=pl.when(~text.str.contains(_DOUBTFUL)).then(look_up(text, "countries"))
    )
    return pl.DataFrame({"raw": countries}).join(known, on="raw", how="left", maintain_order="left")["region"]


COUNTRY = Normaliser(_apply)
