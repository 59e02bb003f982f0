"""Gender, written `male`, `female` or `other`. Bare numbers stay: their meaning differs from system to system."""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.normaliser import Context, Normaliser, outcome
from crmctl.cleaning.words import look_up


def _apply(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    text = pl.col("text")
    code = text.str.contains(r"^\d$")
    status = pl.when(code).then(pl.lit("ambiguous")).otherwise(pl.lit("invalid"))
    problem = pl.when(code).then(pl.lit(reasons.SEVERAL_MEANINGS)).otherwise(pl.lit(reasons.NOT_KNOWN))
    return cells.select(outcome(look_up(text, "genders"), reasons.KNOWN_WORD, status, problem))


GENDER = Normaliser(_apply)
