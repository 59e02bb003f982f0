"""The patterns against email-validator, which is the judge."""

from __future__ import annotations

import polars as pl
from odd_addresses import odd_addresses

from crmctl.cleaning import address_kinds, normalise, proposed_addresses
from crmctl.cleaning.email import addresses, validated

# What folding takes away before the library is asked, and what it makes plain.
FOLDED = r"^\s|\s$|[\p{Cc}\p{Cf}\x{FF00}-\x{FFEF}\x{A0}\x{2000}-\x{200B}\x{2028}]"


def test_verdict_and_form_of_every_odd_address_are_the_librarys():
    texts = odd_addresses()
    expected = [validated.__wrapped__(text) for text in texts]
    found = addresses(pl.Series(texts)).to_list()
    assert [row for row in zip(texts, found, expected, strict=True) if row[1] != row[2]] == []
    assert len(texts) > 5_000
    assert 1_500 < sum(address is not None for address in expected) < len(texts) // 2


def test_a_column_is_cleaned_as_the_library_would():
    texts = pl.Series(odd_addresses(8)).to_frame("text").filter(~pl.col("text").str.contains(FOLDED))["text"]
    cleaned = normalise(texts, "email")
    wrong = [
        (text, value, status)
        for text, value, status in zip(texts, cleaned["value"], cleaned["status"], strict=True)
        if status in {"ok", "fixed", "invalid", "ambiguous"}
        and (value if status in {"ok", "fixed"} else None) != validated(text)
    ]
    assert wrong == []


def test_ascii_addresses_never_reach_the_library():
    validated.cache_clear()
    texts = [f"User.{number}@Mail{number % 9}.Example.com" for number in range(1_000)]
    texts += ["a b@x.com", "a@x", "@x.com", "a@x..com", "a@ab--c.com", "a@localhost", "INFO@x.com"]
    statuses = normalise(pl.Series(texts), "email")["status"].to_list()
    assert (statuses.count("fixed"), statuses.count("invalid")) == (1_001, 6)
    assert validated.cache_info().misses == 0


def test_a_mistyped_domain_is_proposed_and_never_put_right():
    typed = pl.Series(["Li@gmial.com", "li@QQ.CON", "li@gmail.com", "li@gmial.com.example.com", None])
    assert proposed_addresses(typed).to_list() == ["Li@gmail.com", "li@qq.com", None, None, None]
    for level in ("safe", "likely"):
        assert normalise(pl.Series(["li@gmial.com"]), "email", level=level)["status"].to_list() == ["ok"]


def test_mailboxes_of_a_function_and_those_to_throw_away_are_told_apart():
    typed = pl.Series(["Sales+eu@x.com", "sales.wang@x.com", "info@yopmail.com", "a@Mailinator.com", "li@qq.com", None])
    assert address_kinds(typed).to_list() == ["role", None, "disposable", "disposable", None, None]
