from __future__ import annotations

import phonenumbers
import polars as pl
import pytest

from crmctl.cleaning import missing_words, normalise, suspect_values
from crmctl.cleaning.words import word_list


def test_all_249_countries_have_two_codes_and_names_in_both_languages():
    table = word_list("countries")
    codes = set(table.values())
    assert len(codes) == 249
    for code in codes:
        spellings = [spelling for spelling, target in table.items() if target == code]
        assert any(len(spelling) == 3 and spelling.isascii() for spelling in spellings)
        assert any("\u4e00" <= spelling[0] <= "\u9fff" for spelling in spellings)


def test_every_region_of_phonenumbers_is_a_country_here_but_for_three():
    # Ascension, Tristan da Cunha and Kosovo have calling codes, and no ISO code of their own.
    assert set(phonenumbers.SUPPORTED_REGIONS) - set(word_list("countries").values()) == {"AC", "TA", "XK"}


@pytest.mark.parametrize("name", ["booleans", "genders", "currencies", "countries"])
def test_no_spelling_of_a_word_list_is_empty_or_doubled(name):
    assert "" not in word_list(name)


def test_words_for_missing_are_lower_case_and_keep_out_of_types_where_they_mean_something():
    assert missing_words() >= {"n/a", "-", "无", "未知"}
    assert all(word == word.lower().strip() for word in missing_words())
    assert "无" in missing_words("name")
    assert "无" not in missing_words("boolean")
    assert "0000-00-00" in missing_words("date")


def test_suspect_values_are_listed_as_typed_and_as_cleaned():
    assert suspect_values("mobile") >= {"13800138000", "+8613800138000", "123456"}
    assert "test@test.com" in suspect_values("email")
    assert "1900-01-01" in suspect_values("date")
    assert suspect_values("notes") == frozenset()
    assert suspect_values("no such type") == frozenset()


@pytest.mark.parametrize("semantic_type", ["email", "mobile", "date", "datetime", "name", "company", "postal_code"])
def test_a_cleaned_suspect_is_still_in_the_list_that_matching_reads(semantic_type):
    listed = sorted(suspect_values(semantic_type))
    cleaned = normalise(pl.Series(listed), semantic_type)
    assert set(cleaned["status"]) == {"placeholder"}
    assert {value.lower() for value in cleaned["value"]} <= suspect_values(semantic_type)
