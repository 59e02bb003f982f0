"""Numbers, money and percentages as plain decimal text. Digits are moved as text: no float ever holds them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.normaliser import Context, Normaliser, outcome

_FLOAT = r"^-?\d+\.0+$"
_PLAIN = r"^-?\d+(?:\.\d+)?$"
_SCIENTIFIC = r"^[-+]?\d(?:\.\d+)?[eE][-+]?\d{1,3}$"
_CODES = r"rmb|cny|usd|eur|gbp|hkd|jpy|us\$|hk\$|nt\$|人民币|美元|欧元|英镑|日元|港币|[¥￥$€£₩₹₽]"
_UNITS = {"千万": 7, "百万": 6, "万亿": 12, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}
_PATTERN = (
    rf"^(?i)(?P<open>\(\s*)?(?P<before>[-+−]\s*)?(?P<currency>(?:{_CODES})\s*)?(?P<between>[-+−]\s*)?"
    rf"(?P<body>\d(?:[\d.,'’ ]*\d)?\.?|\.\d+)\s*(?P<unit>{'|'.join(_UNITS)})?\s*"
    rf"(?P<suffix>(?:元整|元|圆|块钱?|{_CODES})\s*)?(?P<percent>%)?(?P<close>\s*\))?(?P<after>[-−])?$"
)
_COMMAS = r"^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$"
_OTHER_MARKS = r"^[1-9]\d{0,2}(?:[ '’]\d{3})+(?:\.\d*)?$"
_DOTS = r"^[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})$"
_DECIMAL_COMMA = r"^\d+,\d+$"
_SIMPLE = r"^\d+\.?\d*$|^\.\d+$"


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one semantic type allows around the digits."""

    currency: bool = False
    percent: bool = False
    whole: bool = False
    scientific: bool = False


def _digits(body: pl.Expr, context: Context) -> pl.Expr:
    """The body with a point as its decimal mark and nothing between its digits; null where it has another reading."""
    return (
        pl.when(body.str.contains(_SIMPLE)).then(body)
        .when(body.str.contains(_COMMAS)).then(body.str.replace_all(",", "", literal=True))
        .when(body.str.contains(_OTHER_MARKS)).then(body.str.replace_all(r"[ '’]", ""))
        .when(body.str.contains(_DOTS)).then(body.str.replace_all(".", "", literal=True).str.replace(",", "."))
        .when(pl.lit(context.likely) & body.str.contains(_DECIMAL_COMMA)).then(body.str.replace(",", "."))
    )  # fmt: skip


def _scaled(digits: pl.Expr, unit: pl.Expr) -> pl.Expr:
    """The digits times their unit (万 …), by moving the point; other zeros stay as they are."""
    whole = digits.str.extract(r"^(\d*)").fill_null("")
    part = digits.str.extract(r"\.(\d*)$").fill_null("")
    value = pl.concat_str(whole.str.replace(r"^$", "0"), pl.when(part == "").then(pl.lit("")).otherwise("." + part))
    for name, places in _UNITS.items():
        moved = pl.concat_str(whole, part.str.pad_end(places, "0").str.slice(0, places)).str.replace(r"^0+(\d)", "$1")
        rest = part.str.slice(places).str.strip_chars_end("0")
        shifted = pl.concat_str(moved, pl.when(rest == "").then(pl.lit("")).otherwise("." + rest))
        value = pl.when(unit == name).then(shifted).otherwise(value)
    return pl.when(digits.is_not_null()).then(value)


def _parsed(cells: pl.DataFrame, kind: _Kind, context: Context) -> pl.DataFrame:
    """Add `value` (plain decimal text or null) and `currency percent unit body`, the marks that were found."""
    cells = cells.select("text").with_columns(found=pl.col("text").str.extract_groups(_PATTERN)).unnest("found")
    signs = pl.concat_str([pl.col(name).fill_null("") for name in ("before", "between", "after")]).str.strip_chars()
    in_brackets = pl.col("open").is_not_null()
    money = pl.col("currency").is_not_null() | pl.col("suffix").is_not_null()
    allowed = (in_brackets == pl.col("close").is_not_null()) & (signs.str.len_chars() + in_brackets <= 1)
    allowed &= pl.lit(kind.currency) | ~money
    allowed &= pl.lit(kind.percent) | pl.col("percent").is_null()
    cells = cells.with_columns(money=money, digits=_digits(pl.col("body"), context))
    number = _scaled(pl.col("digits"), pl.col("unit"))
    if kind.whole:
        number = number.str.replace(r"\.0*$", "")
    negative = in_brackets | signs.is_in(["-", "−"])
    signed = pl.concat_str(pl.when(negative).then(pl.lit("-")).otherwise(pl.lit("")), number)
    plain = pl.col("text").str.contains(_PLAIN) & ~pl.lit(kind.whole)
    return cells.with_columns(value=pl.when(plain).then(pl.col("text")).when(allowed).then(signed))


def _changed() -> pl.Expr:
    return (
        pl.when(pl.col("text").str.contains(_FLOAT)).then(pl.lit(reasons.SPREADSHEET_NUMBER))
        .when(pl.col("unit").is_not_null()).then(pl.lit(reasons.NUMBER_WORD))
        .when(pl.col("money")).then(pl.lit(reasons.CURRENCY_SIGN))
        .when(pl.col("percent").is_not_null()).then(pl.lit(reasons.FORMAT))
        .when(pl.col("body").str.contains(rf"{_COMMAS}|{_OTHER_MARKS}|{_DOTS}")).then(pl.lit(reasons.THOUSANDS))
        .when(pl.col("body").str.contains(_DECIMAL_COMMA)).then(pl.lit(reasons.DECIMAL_COMMA))
        .otherwise(pl.lit(reasons.FORMAT))
    )  # fmt: skip


def _normaliser(kind: _Kind) -> Normaliser:
    def apply(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
        cells = _parsed(cells, kind, context)
        value, text = pl.col("value"), pl.col("text")
        scientific = text.str.contains(_SCIENTIFIC)
        if kind.scientific:
            value = pl.when(scientific).then(text).otherwise(value)
        comma = pl.col("body").str.contains(_DECIMAL_COMMA) & ~pl.col("body").str.contains(_COMMAS)
        broken = pl.lit(kind.whole) & value.str.contains(".", literal=True)
        cases = [
            (scientific & ~pl.lit(kind.scientific), "damaged", reasons.LOST_DIGITS),
            (text.str.contains(r"^#+$"), "damaged", reasons.LOST_DIGITS),
            (comma & value.is_null(), "ambiguous", reasons.DECIMAL_COMMA),
            (broken, "invalid", reasons.NOT_WHOLE),
            (value.is_null(), "invalid", reasons.NOT_NUMBER),
        ]
        status = pl.coalesce([pl.when(case).then(pl.lit(status)) for case, status, _ in cases])
        problem = pl.coalesce([pl.when(case).then(pl.lit(reason)) for case, _, reason in cases])
        return cells.select(outcome(pl.when(status.is_null()).then(value), _changed(), status, problem))

    return Normaliser(apply)


INTEGER = _normaliser(_Kind(whole=True))
NUMBER = _normaliser(_Kind(scientific=True))
MONEY = _normaliser(_Kind(currency=True))
PERCENT = _normaliser(_Kind(percent=True, scientific=True))
