from __future__ import annotations

import re

from crmctl.matching import roles, words
from crmctl.schema.column import Column


def test_there_are_at_least_150_nicknames_all_folded() -> None:
    pairs = [(short, full) for short, full in words.nickname_pairs() if short != full]
    assert len(pairs) >= 150
    assert ("bob", "robert") in pairs
    assert all(re.fullmatch("[a-z]+", name) for pair in pairs for name in pair)


def test_chinese_family_names_of_two_characters_are_tried_first() -> None:
    assert re.match(words.surnames().pattern, "欧阳娜娜").group() == "欧阳"
    assert re.match(words.surnames().pattern, "王小明").group() == "王"


def test_a_column_takes_its_role_from_its_type_else_from_its_name() -> None:
    columns = [
        Column("a", "a", "given_name"), Column("Last Name", "Last Name"), Column("手机号码", "手机号码"),
        Column("fax", "fax", "phone"),
        Column("created_at", "created_at", "datetime"), Column("dob", "dob", "date"),
        Column("nickname", "nickname", "name"),
        Column("ship_city", "ship_city", "city"), Column("city", "city", "city"), Column("id", "id", "id"),
    ]  # fmt: skip
    chosen = {role: [c.name for c in found] for role, found in roles.assign_roles(columns).columns.items()}
    assert chosen == {
        "given": ["a"],
        "family": ["Last Name"],
        "phone": ["手机号码"],
        "birthday": ["dob"],
        "city": ["city"],
    }
