"""Yes and no in both languages, written `true` and `false`."""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.normaliser import Context, Normaliser, outcome
from crmctl.cleaning.words import look_up


def _apply(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    value = look_up(pl.col("text"), "booleans")
    return cells.select(outcome(value, reasons.KNOWN_WORD, "invalid", reasons.NOT_KNOWN))


BOOLEAN = Normaliser(_apply)
