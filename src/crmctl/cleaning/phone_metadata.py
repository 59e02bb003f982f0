"""phonenumbers' metadata as patterns for Polars' regular expressions. How they are used is not said here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost",
    "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip
_LONGEST = 17


@dataclass(frozen=True, slots=True)
class Rules:
    """What the metadata of one region, or of one calling code without a region, say.

    Args:
        calling_code: Its calling code.
        international_prefix: What is dialled before a calling code, as a pattern for the start of a number.
        national_prefix: What is dialled before a national number, likewise; empty where nothing is.
        groups: How many groups that pattern has.
        transform: What takes the place of a national prefix whose last group is there, with `${1}` for groups.
        viable: The pattern of every number.
        lengths: The lengths of every number.
        local_lengths: Lengths that numbers have only within their own area.
        types: Pattern and lengths of each type of number; no lengths means any.
        leading_digits: What tells the region from others with its calling code; empty where that does not decide.
    """

    calling_code: int
    international_prefix: str
    national_prefix: str
    groups: int
    transform: str
    viable: str
    lengths: tuple[int, ...]
    local_lengths: tuple[int, ...]
    types: tuple[tuple[str, tuple[int, ...]], ...]
    leading_digits: str

    def is_viable(self, national: pl.Expr) -> pl.Expr:
        """Whether it looks like a number of the region at all; lengths are not asked."""
        return national.str.contains(self.viable)

    def is_valid(self, national: pl.Expr) -> pl.Expr:
        """Whether it is a number of any type."""
        length = national.str.len_bytes()
        kinds = [
            national.str.contains(pattern) & length.is_in(list(lengths)) if lengths else national.str.contains(pattern)
            for pattern, lengths in self.types
        ]
        fits = length.is_in([size for size in self.lengths if size <= _LONGEST])
        return fits & self.is_viable(national) & pl.any_horizontal(pl.lit(value=False), *kinds)

    def is_too_long(self, national: pl.Expr) -> pl.Expr:
        """Whether it is longer than any number of the region."""
        length = national.str.len_bytes()
        return ~length.is_in(list(self.local_lengths)) & (length > max(self.lengths))

    def is_long_enough(self, national: pl.Expr) -> pl.Expr:
        """Whether the parser lets go of a national prefix before it."""
        length = national.str.len_bytes()
        possible = length.is_in(list(self.lengths)) | (length > max(self.lengths))
        return possible & ~length.is_in(list(self.local_lengths))


@cache
def region_rules(region: str) -> Rules | None:
    """The rules of a region; None where phonenumbers does not know it."""
    import phonenumbers

    return _rules(phonenumbers.PhoneMetadata.metadata_for_region(region, None))


@cache
def code_rules(calling_code: int) -> Rules | None:
    """The rules that numbers written with a calling code are read by: those of its main region."""
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(calling_code)
    return _rules(phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region))


@cache
def rules_of_code(calling_code: int) -> Sequence[Rules]:
    """The rules of all regions of a calling code, in the order in which a number's region is looked for."""
    import phonenumbers

    regions = phonenumbers.region_codes_for_country_code(calling_code)
    if len(regions) == 1:
        only = code_rules(calling_code)
        return [only] if only else []
    return [rules for rules in map(region_rules, regions) if rules]


@cache
def known_regions() -> frozenset[str]:
    """The ISO codes of all regions that phonenumbers knows."""
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


@cache
def calling_code_pattern() -> str:
    """A calling code after its plus, as a group."""
    import phonenumbers

    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    return rf"\A\+({'|'.join(str(code) for code in codes)})"


def _rules(data: Any) -> Rules | None:
    if data is None:
        return None
    kinds = [kind for kind in (getattr(data, name) for name in _TYPES) if kind and kind.national_number_pattern]
    patterns: dict[tuple[int, ...], list[str]] = {}
    for kind in kinds:
        patterns.setdefault(tuple(kind.possible_length or ()), []).append(kind.national_number_pattern)
    prefix = data.national_prefix_for_parsing or ""
    return Rules(
        calling_code=data.country_code,
        international_prefix=_start(data.international_prefix or "NonMatch"),
        national_prefix=_start(prefix) if prefix else "",
        groups=re.compile(prefix).groups,
        transform=re.sub(r"\\(\d)", r"${\1}", data.national_prefix_transform_rule or ""),
        viable=_whole(data.general_desc.national_number_pattern),
        lengths=tuple(data.general_desc.possible_length),
        local_lengths=tuple(data.general_desc.possible_length_local_only),
        types=tuple((_whole("|".join(f"(?:{p})" for p in group)), lengths) for lengths, group in patterns.items()),
        leading_digits=_start(data.leading_digits) if data.leading_digits else "",
    )


def _whole(pattern: str) -> str:
    return rf"\A(?:{_plain(pattern)})\z"


def _start(pattern: str) -> str:
    return rf"\A(?:{_plain(pattern)})"


def _plain(pattern: str) -> str:
    """The pattern for the ten digits only; those of all scripts would make it a hundred times as large."""
    return pattern.replace(r"\d", "[0-9]")
