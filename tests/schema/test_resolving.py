"""A user's word finds its column, or says why it does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import UsageError
from crmctl.schema import TYPES, Column, columns_from_json, columns_to_json, load_schema, map_headers, resolve_column

HEADERS = ["客户编号", "手机号码", 'e "mail"', "select", "Email", "Remark"]
COLUMNS = map_headers(HEADERS, HEADERS, load_schema("customer")).columns


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("mobile", "mobile"),
        ("手机号码", "mobile"),
        ("手机", "mobile"),
        ("Mobile", "mobile"),
        ("移动电话", "mobile"),
        ("cell phone", "mobile"),
        ('e "mail"', 'e "mail"'),
        ("select", "select"),
        ("SELECT", "select"),
        ("E-Mail", "email"),
        ("邮箱", "email"),
        ("id", "id"),
        ("客户ID", "id"),
        ("Customer ID", "id"),
        ("备注", "notes"),
        ("* 备注（选填）：", "notes"),
    ],
)
def test_a_column_goes_by_its_name_header_label_and_aliases(word, name):
    assert resolve_column(COLUMNS, word).name == name


def test_a_name_goes_before_the_header_of_another_column():
    columns = [Column("phone", "Work"), Column("phone_2", "phone")]
    assert resolve_column(columns, "phone").header == "Work"


def test_the_exact_spelling_goes_before_a_similar_one():
    columns = [Column("E-mail", "E-mail"), Column("Email", "Email")]
    assert [resolve_column(columns, word).name for word in ("E-mail", "Email")] == ["E-mail", "Email"]


def test_an_ambiguous_word_lists_the_candidates():
    columns = [Column("E-mail", "E-mail"), Column("mail", "Email "), Column("e_mail", "Work")]
    with pytest.raises(UsageError) as error:
        resolve_column(columns, "EMAIL")
    assert str(error.value) == "'EMAIL' could mean E-mail, e_mail (Work); write the column's own name"


def test_an_alias_of_two_columns_is_ambiguous():
    columns = [Column("a", "A", aliases=("Tel",)), Column("b", "B", aliases=("tel.",))]
    with pytest.raises(UsageError) as error:
        resolve_column(columns, "tel")
    assert str(error.value) == "'tel' could mean a (A), b (B); write the column's own name"


def test_a_misspelt_column_gets_a_suggestion():
    with pytest.raises(UsageError) as error:
        resolve_column(COLUMNS[:2], "mobil")
    assert str(error.value) == (
        "no column called 'mobil'; did you mean 'mobile'? The columns are id (客户编号), mobile (手机号码)"
    )


@pytest.mark.parametrize("word", ["", "  ", "***", "loyalty"])
def test_an_unknown_column_lists_those_there_are(word):
    with pytest.raises(UsageError) as error:
        resolve_column(COLUMNS[:2], word)
    assert str(error.value) == f"no column called {word!r}; the columns are id (客户编号), mobile (手机号码)"


TEXT = st.text(max_size=8)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            Column,
            name=TEXT,
            header=TEXT,
            type=st.sampled_from(sorted(TYPES)),
            labels=st.dictionaries(TEXT, TEXT, max_size=2),
            aliases=st.lists(TEXT, max_size=3).map(tuple),
            pii=st.booleans(),
            event=st.booleans(),
            definition=TEXT,
        ),
        max_size=4,
    )
)
def test_columns_survive_json(columns):
    assert columns_from_json(columns_to_json(columns)) == columns
