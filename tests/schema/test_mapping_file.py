"""A mapping that was kept reads the next file in the same way."""

from __future__ import annotations

import pytest

from crmctl.errors import UsageError
from crmctl.schema import load_mapping, load_schema, map_headers, save_mapping

HEADERS = ['e "mail"', "select", "手机（必填）", "", "NO", "备注", "备注", "Wer: was?"]
NAMES = ['e "mail"', "select", "手机（必填）", "c4", "NO", "备注", "备注_2", "Wer: was?"]


def test_what_is_saved_is_what_is_loaded(tmp_path):
    schema = load_schema("customer")
    given = {'e "mail"': "email", "Wer: was?": "full_name", "c4": "qq", "备注_2": "nickname"}
    mapping = map_headers(HEADERS, NAMES, schema, given)
    path = tmp_path / "map.yaml"
    save_mapping(path, mapping, NAMES, schema="customer", preset="wukong")
    saved = load_mapping(path)
    assert (saved.schema_name, saved.preset) == ("customer", "wukong")
    again, missing = saved.given(HEADERS, NAMES)
    assert missing == []
    repeated = map_headers(HEADERS, NAMES, schema, again)
    assert repeated.columns == mapping.columns
    assert {match.reason for match in repeated.matches} == {"given"}


def test_headers_that_a_file_lacks_are_told_and_those_without_a_field_are_not(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text("schema: customer\nmap: {Mail: email, Fax: fax, Extra: ''}\n", encoding="utf-8")
    given, missing = load_mapping(path).given(["MAIL ", "City"], ["MAIL ", "City"])
    assert given == {"Mail": "email"}
    assert missing == ["Fax"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mapp: {a: b}", "{path}:1:1: unknown key 'mapp'; did you mean 'map'?"),
        ("map: [a]", "{path}:1:1: map has to be a mapping; write key: value"),
        ("map: {a: b, a: c}", "{path}:1:13: the key 'a' stands here twice; remove one"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused_with_its_place(tmp_path, text, message):
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load_mapping(path)
    assert str(error.value) == message.format(path=path)
