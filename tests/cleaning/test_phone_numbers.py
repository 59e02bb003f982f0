"""The patterns against phonenumbers' own parser, which is the judge."""

from __future__ import annotations

import random

import phonenumbers
import polars as pl

from crmctl.cleaning.phone_numbers import e164, parse

KINDS = ("fixed_line", "mobile", "toll_free", "voip", "uan", "premium_rate", "shared_cost")


def _spoilt(chance: random.Random, digits: str) -> str:
    letters = list(digits)
    for _ in range(chance.choice([0, 0, 1, 2])):
        letters[chance.randrange(len(letters))] = chance.choice("0123456789")
    return "".join(letters) + chance.choice(["", "", "", "7"])


def _numbers() -> pl.DataFrame:
    chance = random.Random(20_240_305)  # noqa: S311 - seeded test data
    rows: list[tuple[str, str | None]] = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        data = phonenumbers.PhoneMetadata.metadata_for_region(region)
        examples = [kind.example_number for kind in (getattr(data, name) for name in KINDS) if kind]
        prefix, code = data.national_prefix or "", str(data.country_code)
        for example in filter(None, examples):
            rows += [
                (_spoilt(chance, start + example), region) for start in ("", prefix, code, f"00{code}", prefix * 2)
            ]
            rows += [(f"+{code}" + start + _spoilt(chance, example), None) for start in ("", prefix)]
        rows += [("".join(chance.choices("0123456789", k=chance.randint(3, 14))), region) for _ in range(4)]
    return pl.DataFrame(rows, schema=["digits", "region"], orient="row")


def test_the_patterns_say_what_the_parser_says_in_every_region():
    numbers = _numbers()
    expected = [parse(digits, region) for digits, region in numbers.iter_rows()]
    assert numbers.with_columns(found=e164(numbers), expected=pl.Series(expected)).filter(
        ~pl.col("found").eq_missing(pl.col("expected"))
    ).rows() == []  # fmt: skip
    assert 2_000 < sum(number is not None for number in expected) < numbers.height


def test_plain_mainland_numbers_never_reach_the_parser():
    parse.cache_clear()
    digits = [f"139{number:08}" for number in range(1_000)] + [
        f"+8610{number:08}" for number in range(62_000_000, 62_001_000)
    ]
    found = e164(pl.DataFrame({"digits": digits, "region": ["CN"] * 1_000 + [None] * 1_000}))
    assert found.null_count() == 0
    assert parse.cache_info().misses == 0
