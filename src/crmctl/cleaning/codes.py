"""Identifiers, postal codes and VAT numbers: width, blanks, case, and what spreadsheets did to them."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.folding import single_blanks, without_blanks
from crmctl.cleaning.normaliser import Context, Normaliser, outcome

FLOAT = r"^\d+\.0+$"
SCIENTIFIC = r"^\d(?:\.\d+)?[eE]\+?\d+$"
MASKED = r"\*{2,}"
# A spreadsheet keeps fifteen digits and writes zeros for the rest.
ROUNDED = r"^[1-9]\d{14}0{3,}$"


def without_fraction(text: pl.Expr) -> pl.Expr:
    """`17850.0` as `17850`; anything else as it is."""
    return pl.when(text.str.contains(FLOAT)).then(text.str.replace(r"\.0+$", "")).otherwise(text)


def damage(text: pl.Expr) -> pl.Expr:
    """Why a code is damaged; null where it is not."""
    return (
        pl.when(text.str.contains(SCIENTIFIC) | text.str.contains(ROUNDED))
        .then(pl.lit(reasons.LOST_DIGITS))
        .when(text.str.contains(MASKED))
        .then(pl.lit(reasons.MASKED))
    )


def _reason(value: pl.Expr) -> pl.Expr:
    text = pl.col("text")
    return (
        pl.when(text.str.contains(FLOAT)).then(pl.lit(reasons.SPREADSHEET_NUMBER))
        .when(value.str.to_lowercase() == text.str.to_lowercase()).then(pl.lit(reasons.CASE))
        .otherwise(pl.lit(reasons.INNER_BLANKS))
    )  # fmt: skip


def _id(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    bad = damage(pl.col("text"))
    value = pl.when(bad.is_null()).then(without_fraction(pl.col("text")))
    return cells.select(outcome(value, _reason(value), "damaged", bad))


def _postal_code(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    bad = damage(pl.col("text"))
    value = pl.when(bad.is_null()).then(single_blanks(without_fraction(pl.col("text"))).str.to_uppercase())
    return cells.select(outcome(value, _reason(value), "damaged", bad))


@lru_cache(maxsize=200_000)
def _vat_valid(number: str) -> bool:
    from stdnum.eu import vat

    return number.isalnum() and (number[:2].lower() not in vat.MEMBER_STATES or bool(vat.is_valid(number)))


def _vat(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    text = pl.col("text")
    cells = cells.with_columns(number=without_blanks(text).str.replace_all(r"[.\-]", "").str.to_uppercase())
    valid = [number for number in cells["number"].unique(maintain_order=True).to_list() if _vat_valid(number)]
    bad = damage(text)
    value = pl.when(bad.is_null() & pl.col("number").is_in(valid)).then(pl.col("number"))
    status = pl.when(bad.is_null()).then(pl.lit("invalid")).otherwise(pl.lit("damaged"))
    changed = pl.when(value == text.str.to_uppercase()).then(pl.lit(reasons.CASE)).otherwise(pl.lit(reasons.FORMAT))
    return cells.select(outcome(value, changed, status, bad.fill_null(reasons.WRONG_CHECKSUM)))


ID = Normaliser(_id)
POSTAL_CODE = Normaliser(_postal_code)
VAT = Normaliser(_vat)
