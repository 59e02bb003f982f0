"""Phone numbers in E.164: phonenumbers' answer for whole columns. Finding the region of a number is not done here.

Its metadata are patterns; run over a column they settle nearly every number a hundred times as fast as its parser does.
Where the parser could still read a number in another way they settle nothing, and it goes there, once per distinct one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import polars as pl

_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost",
    "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip


def e164(numbers: pl.DataFrame) -> pl.Series:
    """The numbers in E.164.

    Args:
        numbers: `digits` (an optional leading plus, then digits only) and `region` (ISO code; null where `digits` has
            a plus).

    Returns:
        One text each, null where the number is not valid.
    """
    plus = pl.col("digits").str.starts_with("+")
    keyed = numbers.select(
        "digits",
        place=pl.int_range(pl.len()),
        region=pl.when(~plus).then(pl.col("region")),
        calling_code=pl.when(plus).then(pl.col("digits").str.extract(_calling_code_pattern())),
    )
    parts = [
        _by_pattern(part, region, calling_code).select("place", "digits", "region", "number", "settled")
        for (region, calling_code), part in keyed.partition_by("region", "calling_code", as_dict=True).items()
    ]
    if not parts:
        return pl.Series("number", [], dtype=pl.String)
    found = pl.concat(parts)
    settled = found.filter(pl.col("settled")).drop("settled")
    return pl.concat([settled, _parsed(found.filter(~pl.col("settled")))]).sort("place")["number"]


def _parsed(open_ones: pl.DataFrame) -> pl.DataFrame:
    """The numbers that no pattern settled, through the parser."""
    distinct = open_ones.select("digits", "region").unique(maintain_order=True)
    answers = [parse(digits, region) for digits, region in distinct.iter_rows()]
    table = distinct.with_columns(number=pl.Series(answers, dtype=pl.String))
    joined = open_ones.drop("number", "settled").join(table, on=["digits", "region"], how="left", nulls_equal=True)
    return joined.select("place", "digits", "region", "number")


@lru_cache(maxsize=200_000)
def parse(digits: str, region: str | None) -> str | None:
    """One number in E.164 by phonenumbers' own parser; None where it is not valid."""
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@cache
def known_regions() -> frozenset[str]:
    """The ISO codes of all regions that phonenumbers knows."""
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


@cache
def _calling_code_pattern() -> str:
    import phonenumbers

    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    return rf"^\+({'|'.join(str(code) for code in codes)})\d{{4,}}$"


@dataclass(frozen=True, slots=True)
class _Rules:
    """The patterns of one region that are needed here; `valid` is those of all number types in one."""

    calling_code: int
    international_prefix: str
    national_prefix: str
    transforms: bool
    viable: str
    valid: str
    lengths: tuple[int, ...]
    leading_digits: str

    def is_viable(self, national: pl.Expr) -> pl.Expr:
        return national.str.contains(self.viable)

    def is_valid(self, national: pl.Expr) -> pl.Expr:
        return self.is_viable(national) & national.str.contains(self.valid)

    def keeps(self, national: pl.Expr) -> pl.Expr:
        """Long enough that the parser lets go of the trunk prefix before it."""
        length = national.str.len_bytes()
        return length.is_in(list(self.lengths)) | (length > max(self.lengths))


def _whole(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


def _start(pattern: str) -> str:
    return rf"\A(?:{pattern})"


@cache
def _rules(region: str) -> _Rules | None:
    import phonenumbers

    data: Any = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if data is None:
        return None
    kinds = [kind for kind in (getattr(data, name) for name in _TYPES) if kind and kind.national_number_pattern]
    return _Rules(
        calling_code=data.country_code,
        international_prefix=_start(data.international_prefix or "NonMatch"),
        national_prefix=_start(data.national_prefix_for_parsing) if data.national_prefix_for_parsing else "",
        transforms=bool(data.national_prefix_transform_rule),
        viable=_whole(data.general_desc.national_number_pattern),
        valid=_whole("|".join(f"(?:{kind.national_number_pattern})" for kind in kinds)),
        lengths=tuple(data.general_desc.possible_length),
        leading_digits=_start(data.leading_digits) if data.leading_digits else "",
    )


def _by_pattern(part: pl.DataFrame, region: str | None, calling_code: str | None) -> pl.DataFrame:
    """What the patterns say of one region's or one calling code's `digits`: `number`, and whether that is `settled`."""
    import phonenumbers

    if calling_code is not None:
        region = phonenumbers.region_code_for_country_code(int(calling_code))
    rules = _rules(region) if region is not None else None
    if rules is None:
        return part.with_columns(number=pl.lit(None, dtype=pl.String), settled=pl.lit(value=False))
    if calling_code is not None:
        start = 1 + len(calling_code)
        part = part.with_columns(national=pl.col("digits").str.slice(start), settled=pl.lit(value=True))
    else:
        # With its international prefix before it the parser takes the number for another region's.
        foreign = pl.col("digits").str.contains(rules.international_prefix)
        part = _without_calling_code(part.with_columns(national="digits", settled=~foreign), rules)
    part = _without_national_prefix(part, rules)
    shorter = rules.keeps(pl.col("rest"))
    part = part.with_columns(national=pl.when(shorter).then(pl.col("rest")).otherwise(pl.col("national")))
    valid, certain = _valid_for(pl.col("national"), rules.calling_code)
    number = pl.when(valid).then(pl.concat_str(pl.lit(f"+{rules.calling_code}"), pl.col("national")))
    return part.with_columns(number=number, settled=pl.col("settled") & certain)


def _without_calling_code(part: pl.DataFrame, rules: _Rules) -> pl.DataFrame:
    """`national` without a calling code that was written without its plus."""
    code, national, whole = str(rules.calling_code), pl.col("national"), pl.col("whole")
    starts = national.str.starts_with(code)
    coded = part.filter(starts).with_columns(whole="national", national=national.str.slice(len(code)))
    if coded.is_empty():
        return part
    coded = _without_national_prefix(coded, rules)
    better = ~rules.is_viable(whole) & rules.is_viable(pl.col("rest"))
    too_long = whole.str.len_bytes() > max(rules.lengths)
    coded = coded.with_columns(national=pl.when(better | too_long).then("rest").otherwise("whole"))
    return pl.concat([part.filter(~starts), coded.select(part.columns)])


def _without_national_prefix(part: pl.DataFrame, rules: _Rules) -> pl.DataFrame:
    """Add `rest`, the national number without its trunk prefix; what that is may be for the parser to settle."""
    national, cut = pl.col("national"), pl.col("cut")
    if not rules.national_prefix:
        return part.with_columns(rest="national")
    if rules.transforms:
        certain = ~national.str.contains(rules.national_prefix)
        return part.with_columns(rest="national", settled=pl.col("settled") & certain)
    part = part.with_columns(cut=national.str.replace(rules.national_prefix, ""))
    prefixed, plain = part.filter(cut != national), part.filter(cut == national)
    stays = rules.is_viable(national) & ~rules.is_viable(cut)
    prefixed = prefixed.with_columns(rest=pl.when(stays).then("national").otherwise("cut"))
    return pl.concat([prefixed, plain.with_columns(rest="national")]).drop("cut")


def _valid_for(national: pl.Expr, calling_code: int) -> tuple[pl.Expr, pl.Expr]:
    """Whether it is valid in a region of the calling code, and whether that is certain.

    Where regions of one code are told apart by leading digits, such numbers are left to the parser.
    """
    import phonenumbers

    shared = [_rules(region) for region in phonenumbers.region_codes_for_country_code(calling_code)]
    known = [rules for rules in shared if rules is not None]
    if len(known) == 1:
        return known[0].is_valid(national), pl.lit(value=True)
    valid = [rules.is_valid(national) for rules in known if not rules.leading_digits]
    led = [national.str.contains(rules.leading_digits) for rules in known if rules.leading_digits]
    return _any(valid), ~_any(led)


def _any(conditions: list[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *conditions)
