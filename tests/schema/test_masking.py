"""Hidden parts of a value are seen, and nothing else is taken for one."""

from __future__ import annotations

import duckdb
import pytest

from crmctl.schema.masking import masked, masked_phone
from crmctl.sql import sql


def ask(predicate, text):
    query = sql("select {p}", p=predicate(sql("{t}::varchar", t=text)))
    with duckdb.connect() as con:
        return con.execute(query.text, query.values).fetchall()[0][0]


@pytest.mark.parametrize(
    "text",
    ["138****1234", "138＊＊＊＊1234", "138●●●●1234", "1380013XXXX", "****1234", "18400000000转1234", "18400000000-1234",
     "+86 18400000000转123", "张*", "a***@b.com", "t**1", "1101**********002X"],
)  # fmt: skip
def test_a_value_with_a_hidden_part_is_masked(text):
    assert ask(masked, text)


@pytest.mark.parametrize(
    "text",
    [
        "13812345670",
        "+86 138-1234-5670",
        "021-62345678转801",
        "020 7946 0991 x12",
        "Alexxx",
        "",
        None,
        "张伟",
        "a@b.com",
    ],
)
def test_a_whole_value_is_not(text):
    assert not ask(masked, text)
    assert not ask(masked_phone, text)
