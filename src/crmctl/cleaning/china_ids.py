"""The two Chinese numbers with a check digit: 统一社会信用代码 (GB 32100) and 居民身份证号 (GB 11643).

The sums are python-stdnum's, as column arithmetic at many times its speed; the tests hold the two against each other.
Whether an ID's county ever existed is not asked: no list of them is complete.
"""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.codes import damage, without_fraction
from crmctl.cleaning.folding import without_blanks
from crmctl.cleaning.normaliser import Context, Normaliser, outcome

_USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_SHAPE = r"^\d{8}[0-9A-HJ-NPQRTUWXY]{10}$"
_USCC_WEIGHTS = [pow(3, place, 31) for place in range(17)]
_ID_SHAPE = r"^\d{17}[\dX]$"
_ID_WEIGHTS = [pow(2, 17 - place, 11) for place in range(17)]


def _weighted_sum(number: pl.Expr, weights: list[int], letters: str) -> pl.Expr:
    values = {letter: value for value, letter in enumerate(letters)}
    digits = (
        number.str.slice(place, 1).replace_strict(values, default=None, return_dtype=pl.Int64)
        for place in range(len(weights))
    )
    return pl.sum_horizontal(digit * weight for digit, weight in zip(digits, weights, strict=True))


def _date_valid(digits: pl.Expr) -> pl.Expr:
    return digits.str.to_date("%Y%m%d", strict=False).is_not_null()


def _answer(cells: pl.DataFrame, shape: pl.Expr, valid: pl.Expr) -> pl.DataFrame:
    number, bad = pl.col("number"), damage(pl.col("number"))
    value = pl.when(valid).then(number)
    status = pl.when(bad.is_null()).then(pl.lit("invalid")).otherwise(pl.lit("damaged"))
    wrong = pl.when(shape).then(pl.lit(reasons.WRONG_CHECKSUM)).otherwise(pl.lit(reasons.WRONG_SHAPE))
    same = number == pl.col("text").str.to_uppercase()
    changed = pl.when(same).then(pl.lit(reasons.CASE)).otherwise(pl.lit(reasons.INNER_BLANKS))
    return cells.select(outcome(value, changed, status, pl.coalesce(bad, wrong)))


def _compact(cells: pl.DataFrame) -> pl.DataFrame:
    bare = without_blanks(without_fraction(pl.col("text"))).str.replace_all(r"^['`’]|[\-]", "")
    return cells.select("text", number=bare.str.to_uppercase())


def _uscc(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    number = pl.col("number")
    shape = number.str.contains(_USCC_SHAPE)
    check = (31 - _weighted_sum(number, _USCC_WEIGHTS, _USCC_LETTERS) % 31) % 31
    letter = check.replace_strict(dict(enumerate(_USCC_LETTERS)), default=None, return_dtype=pl.String)
    return _answer(_compact(cells), shape, shape & (letter == number.str.slice(17, 1)))


def _id_card(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    number = pl.col("number")
    shape = number.str.contains(_ID_SHAPE)
    letter = (_weighted_sum(number, _ID_WEIGHTS, "0123456789") % 11).replace_strict(
        dict(enumerate("10X98765432")), default=None, return_dtype=pl.String
    )
    current = shape & (letter == number.str.slice(17, 1)) & _date_valid(number.str.slice(6, 8))
    # Cards issued before 1999: fifteen digits, no check digit, a year without its century.
    old = number.str.contains(r"^\d{15}$") & _date_valid(pl.concat_str(pl.lit("19"), number.str.slice(6, 6)))
    return _answer(_compact(cells), shape, current | old)


USCC = Normaliser(_uscc)
ID_CARD = Normaliser(_id_card)
