"""Phone and mobile cells: what is told apart before phonenumbers reads them, and which region a number belongs to.

A number is written in E.164; an extension follows as in RFC 3966: `+862162345678;ext=801`.
"""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.codes import SCIENTIFIC
from crmctl.cleaning.normaliser import Context, Normaliser, outcome
from crmctl.cleaning.phone_numbers import is_e164
from crmctl.cleaning.phone_texts import numbers, split
from crmctl.schema.masking import VIRTUAL

_FLOAT = r"^(\+?[0-9]{5,})\.0$"
_EXTENSION = r"([0-9][\s)]*?)[\s,，]*(?:转分机|轉分機|转|轉|分机|分機|内线|內線)(?:号|號)?[:.\s]*([0-9]{1,7})[)\s]*$"
_SEVERAL_AFTER = (r"[0-9](?:[\s\-()]*[0-9]){6,}\s*", r"\s*[+(]*[0-9](?:[\s\-()]*[0-9]){6,}")
_SEVERAL_SURELY = rf"{_SEVERAL_AFTER[0]}[;,、]{_SEVERAL_AFTER[1]}"
_SEVERAL = rf"{_SEVERAL_AFTER[0]}(?:[/|\n]|或|和|or|and|\s{{3,}}){_SEVERAL_AFTER[1]}"
# Stars, or crosses where no other letter says that they stand for digits; a carrier's place in Brazil is no mask.
_MASKED = r"[0-9][\s\-]*(?:\*[\s\-]*\*|•)|^[^A-WYZa-wyz]*[0-9][\s\-]*[xX]{2,}[^A-WYZa-wyz]*$"
_STAR = r"[0-9][\s\-]*\*"
_CARRIER = r"^\D*0[\s\-]*xx[\s\-]*[0-9]{2}"
_PLUS_FIRST = r"^[^0-9+]*\+"
# A label, or nothing that could be a part of something else.
_BARE = r"^(?:(?i:tel|phone|mobile|mob|cell|手机|电话|固话|座机)(?:号码?)?)?[^\p{L}0-9]*[0-9]"
# Eleven digits, the second 3 to 9: nothing else in China looks so, and hardly anything elsewhere.
_MAINLAND_MOBILE = r"^(?:86)?1[3-9][0-9]{9}$"
_MAINLAND_ABROAD = r"^00(861[3-9][0-9]{9})$"
_ABROAD = r"^00(86|[1-9][0-9]{9,})"
_SHORTEST = 5


def _apply(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    written = pl.col("text")
    plain = written.str.contains(r"^[+0-9 ().\-]*$") & ~written.str.contains(VIRTUAL)
    odd = cells.filter(~plain).select("text").unique()
    problems = odd.with_columns(problem=_problem(written)).drop_nulls()
    cells = cells.select(
        "region",
        written="text",
        text=written.str.replace(_FLOAT, "$1").str.replace(_EXTENSION, "${1};ext=${2}"),
        place=pl.int_range(pl.len(), dtype=pl.Int64),
    ).join(problems, left_on="written", right_on="text", how="left", maintain_order="left")
    # Elsewhere eleven digits from 13 on are a number like any other, with an extension.
    foreign = (
        (pl.col("region") != "CN")
        & pl.col("written").str.contains(VIRTUAL)
        & ~pl.col("written").str.contains("^[+]?86")
    )
    cells = cells.with_columns(problem=pl.when(~foreign.fill_null(value=False)).then("problem"))
    readable = split(cells.filter(pl.col("problem").is_null()))
    said = pl.col("region").is_not_null() | pl.col("text").str.contains(_PLUS_FIRST)
    explicit, open_ones = _explicit(readable.filter(said)), readable.filter(~said)
    if context.likely and context.regions:
        # After a plus that no calling code follows, the parser reads a number of its region.
        stray = readable.filter(said & pl.col("region").is_null()).join(
            explicit.filter(pl.col("number").is_null()), on="place", how="semi", maintain_order="left"
        )
        explicit = explicit.join(stray, on="place", how="anti", maintain_order="left")
        open_ones = pl.concat([open_ones, stray])
    answers = pl.concat([explicit, _inferred(open_ones, context)])
    result = cells.join(answers, on="place", how="left", maintain_order="left")
    number, extension = pl.col("number"), pl.col("extension")
    value = pl.when(extension.is_null()).then(number).otherwise(number + ";ext=" + extension)
    problem = pl.coalesce("problem", pl.when(number.is_null()).then(_doubt(pl.col("written"))))
    status = pl.coalesce(_status(problem), "status", pl.lit("invalid"))
    why = pl.coalesce(problem, "why", pl.lit(reasons.NOT_PHONE))
    return result.select(outcome(value, _change(), status, why))


def _problem(text: pl.Expr) -> pl.Expr:
    masked = (text.str.contains(_MASKED) & ~text.str.contains(_CARRIER)) | text.str.contains(VIRTUAL)
    return (
        pl.when(text.str.contains(SCIENTIFIC)).then(pl.lit(reasons.LOST_DIGITS))
        .when(masked).then(pl.lit(reasons.MASKED))
        .when(text.str.contains(_SEVERAL_SURELY)).then(pl.lit(reasons.SEVERAL_VALUES))
    )  # fmt: skip


def _doubt(text: pl.Expr) -> pl.Expr:
    """What may be wrong with a text that the parser could not read; it takes some such texts for a number."""
    several = text.str.contains(_SEVERAL)
    return (
        pl.when(several).then(pl.lit(reasons.SEVERAL_VALUES))
        .when(text.str.contains(_STAR)).then(pl.lit(reasons.MASKED))
    )  # fmt: skip


def _status(problem: pl.Expr) -> pl.Expr:
    damaged = problem.is_in([reasons.LOST_DIGITS, reasons.MASKED])
    return pl.when(damaged).then(pl.lit("damaged")).when(problem.is_not_null()).then(pl.lit("ambiguous"))


def _change() -> pl.Expr:
    """Why the number is written in another way."""
    return (
        pl.when(pl.col("assumed")).then(pl.lit(reasons.PHONE_REGION))
        .when(pl.col("written").str.contains(_FLOAT)).then(pl.lit(reasons.SPREADSHEET_NUMBER))
        .when(pl.col("extension").is_not_null()).then(pl.lit(reasons.PHONE_EXTENSION))
        .otherwise(pl.lit(reasons.PHONE_FORMAT))
    )  # fmt: skip


def _answers(cells: pl.DataFrame, status: pl.Expr, why: pl.Expr) -> pl.DataFrame:
    return cells.select(
        "place", "number", "extension", "assumed", status=status.cast(pl.String), why=why.cast(pl.String)
    )


def _in_region(cells: pl.DataFrame, region: str) -> pl.DataFrame:
    """`place`, `number` and `extension` of cells as numbers of a region."""
    return cells.select("place").hstack(numbers(cells.with_columns(region=pl.lit(region))))


def _explicit(cells: pl.DataFrame) -> pl.DataFrame:
    """Numbers with a calling code, or in a row that names its country."""
    digits, number = pl.col("digits"), pl.col("number")
    cells = cells.with_columns(numbers(cells)).with_columns(assumed=pl.lit(value=False), doubt=pl.lit(value=False))
    mobiles = cells.filter(number.is_null() & digits.str.contains(f"{_MAINLAND_MOBILE}|{_MAINLAND_ABROAD}"))
    if mobiles.height:
        mobiles = mobiles.with_columns(digits=digits.str.replace(_MAINLAND_ABROAD, "+$1"))
        found = _in_region(mobiles, "CN").with_columns(doubt=~mobiles["digits"].str.starts_with("+"))
        found = found.filter(number.is_not_null())
        # 0086 is understood everywhere, also where another prefix leads abroad.
        cells = cells.update(found.filter(~pl.col("doubt")), on="place").update(
            found.filter("doubt").select("place", "doubt"), on="place"
        )
    return _answers(
        cells, pl.when("doubt").then(pl.lit("ambiguous")), pl.when("doubt").then(pl.lit(reasons.OTHER_REGION))
    )


def _inferred(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Numbers that do not say where they belong: mainland mobiles, then what the context's regions make of them."""
    digits, number = pl.col("digits"), pl.col("number")
    asked = context.regions if context.likely else ()
    prefix = _MAINLAND_ABROAD if asked else _ABROAD
    abroad = digits.str.contains(prefix).fill_null(value=False)
    coded = cells.filter(abroad).with_columns(digits=digits.str.replace(prefix, "+$1"))
    cells = cells.filter(~abroad)
    readings = [_in_region(cells, region) for region in asked]
    if not context.regions or "CN" in context.regions:
        mobile = digits.str.contains(_MAINLAND_MOBILE) & pl.col("text").str.contains(_BARE)
        readings.append(_in_region(cells.filter(mobile), "CN").with_columns(certain=pl.lit(value=True)))
    possible = (
        pl.concat([_nobody(), *(reading.filter(number.is_not_null()) for reading in readings)], how="diagonal")
        .group_by("place")
        .agg(
            pl.col("number").filter("certain").first().alias("mobile"),
            pl.col("number").n_unique().alias("readings"),
            pl.col("number", "extension").min(),
            pl.col("extension").filter("certain").first().alias("mobile extension"),
        )
    )
    cells = cells.drop("extension").join(possible, on="place", how="left", maintain_order="left")
    certain, single = pl.col("mobile").is_not_null(), pl.col("readings") == 1
    several = pl.col("readings") > 1
    cells = cells.with_columns(
        number=pl.coalesce("mobile", pl.when(single).then("number")),
        extension=pl.when(certain).then("mobile extension").when(single).then("extension"),
        assumed=single & ~certain,
    )
    hopeless = (digits.str.len_bytes() < _SHORTEST) | (pl.col("settled") & digits.is_null())
    if asked:
        hopeless |= ~several.fill_null(value=False)
    status = pl.when(hopeless).then(pl.lit("invalid")).otherwise(pl.lit("ambiguous"))
    answers = _answers(cells, status, pl.when(~hopeless).then(pl.lit(reasons.NO_REGION)))
    return pl.concat([answers, _explicit(coded)])


def _nobody() -> pl.DataFrame:
    schema = {"place": pl.Int64, "number": pl.String, "extension": pl.String, "certain": pl.Boolean}
    return pl.DataFrame(schema=schema)


PHONE = Normaliser(_apply, by_region=True, plain=is_e164)
