"""The column arithmetic against python-stdnum."""

from __future__ import annotations

import random

import polars as pl
from stdnum.cn import ric, uscc

from crmctl.cleaning import normalise

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_uscc_check_digits_agree_with_stdnum():
    chance = random.Random(7)  # noqa: S311 - seeded test data
    stems = ["91310000" + "".join(chance.choices(LETTERS, k=9)) for _ in range(500)]
    numbers = [stem + letter for stem in stems for letter in (uscc.calc_check_digit(stem), chance.choice(LETTERS))]
    valid = [status == "ok" for status in normalise(pl.Series(numbers), "uscc")["status"]]
    assert valid == [uscc.is_valid(number) for number in numbers]


def test_resident_id_check_digits_agree_with_stdnum():
    chance = random.Random(7)  # noqa: S311 - seeded test data
    stems = [
        f"110105{chance.randint(1940, 2010)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}" for _ in range(500)
    ]
    stems = [stem + f"{chance.randint(1, 999):03}" for stem in stems]
    numbers = [
        stem + letter for stem in stems for letter in (ric.calc_check_digit(stem + "0"), chance.choice("0123456789X"))
    ]
    valid = [status == "ok" for status in normalise(pl.Series(numbers), "id_card")["status"]]
    assert valid == [number[-1] == ric.calc_check_digit(number) for number in numbers]


def test_a_resident_id_with_an_impossible_birthday_is_invalid():
    stem = "11010519490230002"
    number = stem + ric.calc_check_digit(stem + "0")
    assert normalise(pl.Series([number]), "id_card")["status"].to_list() == ["invalid"]
