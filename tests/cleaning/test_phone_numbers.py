"""The patterns against phonenumbers' own parser, which is the judge."""

from __future__ import annotations

import polars as pl
import pytest
from phone_mutations import examples, mutations

from crmctl.cleaning import normalise
from crmctl.cleaning.phone_numbers import is_e164
from crmctl.cleaning.phone_texts import numbers, parse, split
from crmctl.schema.masking import VIRTUAL

# What is read before the parser is asked: hidden digits, a second number, 0086 where another prefix leads abroad, and
# numbers that a platform lends.
PREPARED = (
    rf"{VIRTUAL}|"
    r"[0-9][\s-]*\*[\s-]*\*|(?:[0-9][\s()-]*){7,}[;,][\s+(]*(?:[0-9][\s()-]*){7,}|(?:^|\D)00\D*86|[xX]{2}"
)


def _frame(count: int, seed: int, *, full_width: bool = True) -> pl.DataFrame:
    rows = mutations(count, seed, full_width=full_width)
    return pl.DataFrame(rows, schema={"text": pl.String, "region": pl.String}, orient="row").unique(maintain_order=True)


def _disagreements(found: pl.DataFrame) -> list[tuple[object, ...]]:
    """Rows whose `number` and `extension` are not the parser's."""
    judged = [parse.__wrapped__(text, region) for text, region in found.select("text", "region").iter_rows()]
    expected = pl.DataFrame(judged, schema={"judged number": pl.String, "judged extension": pl.String}, orient="row")
    same = pl.col("number").eq_missing(pl.col("judged number"))
    same &= pl.col("extension").eq_missing(pl.col("judged extension"))
    return found.hstack(expected).filter(~same).rows()


def test_numbers_validity_and_extensions_are_the_parsers_in_every_region():
    texts = _frame(8_000, 20_240_305)
    found = texts.hstack(numbers(split(texts)))
    assert _disagreements(found) == []
    assert 2_000 < found["number"].count() < found.height
    assert found["extension"].count() > 150
    assert {region for region, _, _ in examples()} - {None} <= set(texts["region"])


@pytest.mark.parametrize("region", ["CN", "US", "GB", "DE", "AR", "BR", "IT", "RU", "KZ", "JE", "AG", "JP"])
def test_cleaning_with_a_default_region_says_what_the_parser_says(region):
    texts = _frame(5_000, 7, full_width=False).filter(
        (pl.col("region") == region) & ~pl.col("text").str.contains(PREPARED)
    )
    cleaned = normalise(texts["text"], "phone", level="likely", regions=[region])
    valid = pl.when(pl.col("status").is_in(["ok", "fixed"])).then("value")
    parts = cleaned.select(number=valid.str.extract(r"^([^;]*)"), extension=valid.str.extract(r";ext=(.*)$"))
    assert _disagreements(texts.hstack(parts)) == []
    assert parts["number"].count() > 0


def test_the_country_of_the_row_is_the_parsers_default_region(bench):
    # Three have no ISO code of their own, and NA in a column of countries mostly means that there is none.
    known = pl.col("region").is_not_null() & ~pl.col("region").is_in(["AC", "TA", "XK", "NA"])
    texts = _frame(2_000, 11, full_width=False).filter(known & ~pl.col("text").str.contains(PREPARED))
    rows, findings = bench.table(
        {"country": "country", "phone": "phone"}, texts.select("region", "text").rows()
    ).clean()
    wrong = {row for row, field, status, *_ in findings if field == "phone" and status not in {"fixed", "placeholder"}}
    expected = [parse.__wrapped__(text, region) for text, region in texts.rows()]
    for position, ((number, extension), (_, cell)) in enumerate(zip(expected, rows, strict=True), 1):
        assert (position in wrong) == (number is None)
        if number is not None:
            assert cell == (f"{number};ext={extension}" if extension else number)


def test_an_american_number_with_an_extension_is_no_number_that_a_platform_lends(bench):
    rows = [["US", "16502530000,123"], ["CN", "13912345670,123"]]
    cells, findings = bench.table({"country": "country", "phone": "phone"}, rows).clean()
    assert cells == [("US", "+16502530000;ext=123"), ("CN", "13912345670,123")]
    assert [finding[2] for finding in findings] == ["fixed", "masked"]


def test_a_number_called_fine_is_what_the_parser_writes():
    texts = [f"+{code}{national}" for _, code, national in examples()]
    texts += [text for text, _ in mutations(4_000, 3, full_width=False) if text.startswith("+")]
    fine = pl.Series(texts).filter(is_e164(pl.Series(texts)))
    assert fine.len() > 500
    assert [parse.__wrapped__(text, None) for text in fine] == [(text, None) for text in fine]


def test_plain_numbers_never_reach_the_parser():
    parse.cache_clear()
    texts = [f"139 {number:04} 1234" for number in range(1_000)] + [
        f"+86-10-6200{number:04}" for number in range(1_000)
    ]
    texts += ["021-62345678转801", "(021) 6234 5678 ext. 12", "13912345670.0", "138****1234", "12345", "微信同号"]
    cleaned = normalise(pl.Series(texts), "phone", level="likely", regions=["CN"])
    assert cleaned["status"].to_list().count("fixed") == 2_003
    assert parse.cache_info().misses == 0
