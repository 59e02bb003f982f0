"""Free text, names, companies, addresses, notes and enumerations: blanks, width and invisible characters only."""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.folding import single_blanks, without_blanks
from crmctl.cleaning.normaliser import Context, Normaliser, outcome
from crmctl.cleaning.plain import plain_line, plain_name
from crmctl.schema.masking import NAME as MASKED_NAME

_HAN_WITH_BLANKS = r"^\p{Han}+(?:\s+\p{Han}+)+$"


def _unchanged(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    return cells.select(outcome(pl.col("text"), reasons.FORMAT))


def _line(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    return cells.select(outcome(single_blanks(pl.col("text")), reasons.INNER_BLANKS))


def _name(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    text = pl.col("text")
    padded = text.str.contains(_HAN_WITH_BLANKS)
    masked = text.str.contains(MASKED_NAME)
    value = pl.when(padded).then(without_blanks(text)).otherwise(single_blanks(text))
    return cells.select(outcome(pl.when(~masked).then(value), reasons.INNER_BLANKS, reasons.MASKED, reasons.MASKED))


TEXT = Normaliser(_unchanged, fold="text", plain=plain_line)
LINE = Normaliser(_line, fold="text", plain=plain_line)
NAME = Normaliser(_name, fold="text", plain=plain_name)
NOTES = Normaliser(_unchanged, fold="control", placeholders=False)
ENUM = Normaliser(_unchanged, fold="trim", placeholders=False)
