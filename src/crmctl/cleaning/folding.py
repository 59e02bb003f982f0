"""What every normaliser does first: width, invisible characters and surrounding blanks, each as a Polars expression."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Literal

import polars as pl

from crmctl.cleaning import reasons

Fold = Literal["field", "text", "control", "trim"]
"""`field`: compatibility forms (NFKC); `text`: width only; `control`: control characters only; `trim`: blanks only."""

_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x84\x86-\x9F]"
_ZERO_WIDTH = r"[\x{AD}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{FEFF}]"
_NOT_ASCII = r"[^\t\n\r\x20-\x7E]"
_JOINERS = r"[\x{200C}\x{200D}]"
# There the joiners belong to the spelling: Arabic and Indic scripts, and composed emoji.
_JOINED_SCRIPTS = (
    r"[\p{Arabic}\p{Syriac}\p{Mongolian}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}"
    r"\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Myanmar}\p{Khmer}]|[^\x00-\x7F&&\p{Extended_Pictographic}]"
)
SQL_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""The characters that `trim` in SQL takes off: a cell of nothing else is missing already."""


@cache
def _width_table() -> tuple[list[str], list[str]]:
    """Full-width forms and odd blanks with their plain counterparts; the two-character ones come first."""
    singles = [chr(code) for code in range(0xFF01, 0xFFEF) if unicodedata.category(chr(code)) != "Cn"]
    marked = [letter + mark for letter in singles for mark in "ﾞﾟ" if 0xFF66 <= ord(letter) <= 0xFF9D]
    composed = [pair for pair in marked if len(unicodedata.normalize("NFKC", pair)) == 1]
    forms = [*composed, *singles, *SQL_BLANKS[1:]]
    return forms, [unicodedata.normalize("NFKC", form) if form != "\u1680" else " " for form in forms]


def _without_control(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(_CONTROL, "")


def _visible(cells: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame with a column cleared of what cannot be seen."""
    text = pl.col(name)
    cells = cells.with_columns(text.str.replace_all(f"{_CONTROL}|{_ZERO_WIDTH}", ""))
    if not cells[name].str.contains(_JOINERS).any():
        return cells
    joined = ~text.str.contains(_JOINED_SCRIPTS)
    return cells.with_columns(pl.when(joined).then(text.str.replace_all(_JOINERS, "")).otherwise(text).alias(name))


def _wide(text: pl.Expr, fold: Fold) -> pl.Expr:
    if fold == "field":
        return text.str.normalize("NFKC")
    forms, plain = _width_table()
    return text.str.replace_many(forms, plain, leftmost=True)


def folded(cells: pl.DataFrame, fold: Fold) -> pl.DataFrame:
    """Add to a frame with `raw` the columns `text` (folded) and `fold_reason` (null where nothing changed).

    The rows may come in another order.
    """
    raw = pl.col("raw")
    if fold == "control":
        cells = cells.with_columns(visible=_without_control(raw)).with_columns(text="visible")
    elif fold == "trim":
        cells = cells.with_columns(visible=raw, text=raw.str.strip_chars())
    else:
        ascii_only = ~cells["raw"].str.contains(_NOT_ASCII)
        plain = cells.filter(ascii_only).with_columns(visible=raw, text=raw.str.strip_chars())
        cells = (
            plain if plain.height == cells.height else pl.concat([plain, _narrowed(cells.filter(~ascii_only), fold)])
        )
    visible, text = pl.col("visible"), pl.col("text")
    reason = (
        pl.when(visible != raw).then(pl.lit(reasons.INVISIBLE))
        .when(text == visible.str.strip_chars()).then(pl.when(text != visible).then(pl.lit(reasons.BLANKS)))
        .otherwise(pl.lit(reasons.WIDTH))
    )  # fmt: skip
    return cells.with_columns(fold_reason=reason).drop("visible")


def _narrowed(cells: pl.DataFrame, fold: Fold) -> pl.DataFrame:
    """Add `visible`, cleared of what cannot be seen, and `text`, that in plain width."""
    cells = _visible(cells.with_columns(visible="raw"), "visible")
    # Folding may bring another blank or invisible character to light.
    cells = _visible(cells.with_columns(text=_wide(pl.col("visible"), fold)), "text")
    return cells.with_columns(pl.col("text").str.strip_chars())


def without_blanks(text: pl.Expr) -> pl.Expr:
    """The text with every blank taken out."""
    return text.str.replace_all(r"\s+", "")


def single_blanks(text: pl.Expr) -> pl.Expr:
    """The text with every run of blanks, tabs and line breaks as one space."""
    return text.str.replace_all(r"\s+", " ")
