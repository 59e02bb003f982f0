"""Currencies, written as their ISO 4217 codes."""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.normaliser import Context, Normaliser, outcome
from crmctl.cleaning.words import look_up

_SHARED_SIGN = r"^[$¥￥]$|^(?i:dollars?)$"


def _apply(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    text = pl.col("text")
    shared = text.str.contains(_SHARED_SIGN)
    value = pl.when(~shared).then(look_up(text, "currencies"))
    status = pl.when(shared).then(pl.lit("ambiguous")).otherwise(pl.lit("invalid"))
    problem = pl.when(shared).then(pl.lit(reasons.SEVERAL_MEANINGS)).otherwise(pl.lit(reasons.NOT_KNOWN))
    changed = pl.when(text.str.to_uppercase() == value).then(pl.lit(reasons.CASE)).otherwise(pl.lit(reasons.KNOWN_WORD))
    return cells.select(outcome(value, changed, status, problem))


CURRENCY = Normaliser(_apply)
