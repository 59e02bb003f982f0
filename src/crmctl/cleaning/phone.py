"""Phone and mobile cells: what is written there, and which region a number without one belongs to."""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.codes import SCIENTIFIC
from crmctl.cleaning.normaliser import Context, Normaliser, outcome
from crmctl.cleaning.phone_numbers import e164

_LABEL = r"^(?i:tel|phone|mobile|mob|cell|手机|电话|固话|座机)(?:号码?)?[.:\s]*"
_FLOAT = r"^(\+?\d{5,})\.0+$"
_MARKS = r"[\s.\-‐-―−()\[\]/·_]"
_NUMBER = r"^\+?\d{3,20}$"
_SEVERAL = r"\d(?:[\s\-()]*\d){6,}\s*(?:[/;,、|\n]|或|和|or|and|\s{3,})\s*[+(]*\d(?:[\s\-()]*\d){6,}"
_EXTENSION = r"\d\s*(?:(?i:ext\.?|extension|x)|#|转|分机)\s*:?\s*\d{1,6}$"
_MASKED = r"\d[\s\-]*(?:\*|•|＊|[xX]{2,})"
# Eleven digits, the second 3 to 9: nothing else in China looks so, and hardly anything elsewhere.
_MAINLAND_MOBILE = r"^(?:86)?1[3-9]\d{9}$"


def _apply(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    text = pl.col("text")
    plain = text.str.replace(_LABEL, "").str.replace(_FLOAT, "$1").str.replace_all(_MARKS, "")
    international = plain.str.replace(r"^00(86|[1-9]\d{9,})", "+$1")
    region = pl.col("region")
    cells = cells.select(
        "text",
        problem=_problem(text),
        # Without a region two leading zeros are the international prefix; with one, phonenumbers knows what they are.
        digits=pl.when(region.is_null() | plain.str.starts_with("0086")).then(international).otherwise(plain),
        region=region,
        place=pl.int_range(pl.len()),
    )
    readable = cells.filter(pl.col("problem").is_null() & pl.col("digits").str.contains(_NUMBER))
    known = pl.col("digits").str.starts_with("+") | pl.col("region").is_not_null()
    answers = pl.concat([_explicit(readable.filter(known)), _inferred(readable.filter(~known), context)])
    result = cells.join(answers, on="place", how="left", maintain_order="left")
    status = pl.coalesce(_status(pl.col("problem")), "status", pl.lit("invalid"))
    why = pl.coalesce("problem", "why", pl.lit(reasons.NOT_PHONE))
    changed = pl.coalesce("assumed", pl.lit(reasons.PHONE_FORMAT))
    return result.select(outcome(pl.col("number"), changed, status, why))


def _problem(text: pl.Expr) -> pl.Expr:
    return (
        pl.when(text.str.contains(SCIENTIFIC)).then(pl.lit(reasons.LOST_DIGITS))
        .when(text.str.contains(_MASKED)).then(pl.lit(reasons.MASKED))
        .when(text.str.contains(_SEVERAL)).then(pl.lit(reasons.SEVERAL_VALUES))
        .when(text.str.contains(_EXTENSION)).then(pl.lit(reasons.HAS_EXTENSION))
    )  # fmt: skip


def _status(problem: pl.Expr) -> pl.Expr:
    damaged = problem.is_in([reasons.LOST_DIGITS, reasons.MASKED])
    return pl.when(damaged).then(pl.lit("damaged")).when(problem.is_not_null()).then(pl.lit("ambiguous"))


def _answers(cells: pl.DataFrame, number: pl.Expr, assumed: pl.Expr, status: pl.Expr, why: pl.Expr) -> pl.DataFrame:
    texts = {"number": number, "assumed": assumed, "status": status, "why": why}
    return cells.select("place", **{name: column.cast(pl.String) for name, column in texts.items()})


def _in_region(cells: pl.DataFrame, region: str, only: pl.Expr | None = None) -> pl.Series:
    """The numbers as numbers of a region; null where they are none, or `only` leaves them out."""
    wanted = cells if only is None else cells.filter(only)
    numbers = wanted.select("place", number=e164(wanted.with_columns(region=pl.lit(region))))
    return cells.select("place").join(numbers, on="place", how="left", maintain_order="left")["number"]


def _explicit(cells: pl.DataFrame) -> pl.DataFrame:
    """Numbers with a calling code, or in a row that names its country."""
    mainland = pl.col("digits").str.contains(_MAINLAND_MOBILE) & (pl.col("region") != "CN")
    cells = cells.with_columns(number=e164(cells))
    misfit = pl.col("number").is_null() & mainland.fill_null(value=False)
    cells = cells.with_columns(elsewhere=_in_region(cells, "CN", misfit))
    doubt = pl.col("elsewhere").is_not_null()
    return _answers(
        cells,
        pl.col("number"),
        pl.lit(None),
        pl.when(doubt).then(pl.lit("ambiguous")),
        pl.when(doubt).then(pl.lit(reasons.OTHER_REGION)),
    )


def _inferred(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Numbers that do not say where they belong."""
    mainland = _in_region(cells, "CN", pl.col("digits").str.contains(_MAINLAND_MOBILE))
    readings = [_in_region(cells, region).alias(f"in {region}") for region in context.regions]
    cells = cells.with_columns(mainland, *readings).rename({"number": "mainland"})
    possible = pl.concat_list([f"in {region}" for region in context.regions] or [pl.lit(None, dtype=pl.String)])
    possible = possible.list.drop_nulls().list.unique()
    only = pl.when(possible.list.len() == 1).then(possible.list.first())
    # A mainland mobile is unmistakable unless the user speaks of other regions and it is a number there too.
    certain = pl.lit("CN" in context.regions) | (possible.list.len() == 0)
    number = pl.when(certain).then(pl.col("mainland"))
    cells = cells.with_columns(number=pl.coalesce(number, only) if context.likely else number)
    known = pl.col("number") == pl.col("mainland")
    assumed = pl.when(pl.col("number").is_not_null() & ~known.fill_null(value=False)).then(pl.lit(reasons.PHONE_REGION))
    hopeless = pl.col("digits").str.len_bytes() < 5
    if context.likely and context.regions:
        hopeless |= possible.list.len() == 0
    status = pl.when(hopeless).then(pl.lit("invalid")).otherwise(pl.lit("ambiguous"))
    return _answers(cells, pl.col("number"), assumed, status, pl.when(~hopeless).then(pl.lit(reasons.NO_REGION)))


PHONE = Normaliser(_apply, by_region=True)
