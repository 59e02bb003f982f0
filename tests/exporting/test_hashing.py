"""Hashes for advertising platforms, against the examples of their own documentation where they give some."""

from __future__ import annotations

import hashlib

import duckdb
import pytest

from crmctl.exporting.hashing import FORMS, hashed
from crmctl.sql import sql

CASES = [
    # Meta's documentation: John_Smith@gmail.com, 1(650)555-1212, Mary, 37
    ("email", "John_Smith@gmail.com", "john_smith@gmail.com"),
    ("digits", "+16505551212", "16505551212"),
    ("letters", "Mary-Ann O'Neil ", "maryannoneil"),
    ("letters", "Valéry", "valéry"),
    ("letters", "정", "정"),
    ("email", "  Ann@Example.COM ", "ann@example.com"),
    ("gmail", "J.o.h.n+spam@Gmail.com", "john@gmail.com"),
    ("gmail", "j.o+x@googlemail.com", "jo@googlemail.com"),
    ("gmail", "j.o+x@example.com", "j.o+x@example.com"),
    ("phone", "+8613800138000", "+8613800138000"),
    ("postal_code", "94016-1234", "94016"),
    ("postal_code", "WC2H 8LG", "wc2h8lg"),
    ("text", " CN ", "cn"),
    ("email", "a@b", None),
    ("email", "a@b@c.de", None),
    ("email", "a***@b.cn", None),
    ("phone", "13800138000", None),
    ("phone", "+86138****8000", None),
    ("digits", "-", None),
    ("text", "  ", None),
    ("email", None, None),
]


@pytest.mark.parametrize(("form", "value", "normal"), CASES)
def test_a_valid_value_is_hashed_in_its_normal_form_and_any_other_not_at_all(form, value, normal):
    cell = sql("{v}::varchar", v=value)
    query = sql("select nullif({n}, ''), {h}", n=FORMS[form](cell), h=hashed(cell, form))
    found = duckdb.execute(query.text, query.values).fetchone()
    assert found == (normal, hashlib.sha256(normal.encode()).hexdigest() if normal else None)


def test_the_hash_is_the_one_that_meta_shows():
    query = sql("select {h}", h=hashed(sql("'John_Smith@gmail.com'"), "email"))
    shown = duckdb.execute(query.text, query.values).fetchone()[0]
    assert shown.startswith("62a14e44f765419d10fe")
