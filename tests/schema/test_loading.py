"""A schema file that cannot be meant is refused, with the place, the cause and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl import yamlfile
from crmctl.errors import FileError, UsageError
from crmctl.schema import load_schema

BROKEN = yamlfile.load(Path(__file__).parent / "broken.yaml").data


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write_schema(text: str) -> str:
        Path("members.yaml").write_text(text, encoding="utf-8")
        return "members.yaml"

    return write_schema


@pytest.mark.parametrize("case", BROKEN, ids=[case["name"] for case in BROKEN])
def test_a_broken_schema_is_explained(case, write):
    with pytest.raises(UsageError) as error:
        load_schema(write(case["schema"]))
    assert str(error.value) == case["message"]


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(UsageError) as error:
        load_schema("custmer")
    assert str(error.value) == "no schema called 'custmer'; did you mean 'customer'?"


def test_a_name_like_no_other_lists_the_shipped_schemas():
    with pytest.raises(UsageError) as error:
        load_schema("zzz")
    assert str(error.value) == (
        "no schema called 'zzz'; give a file, or one of account, campaign, contact, contract, customer, feedback,"
        " interaction, lead, opportunity, order, order_item, quote, supplier, survey_response, task, ticket"
    )


@pytest.mark.parametrize("path", ["schemas/members.yaml", "members.yml"])
def test_a_missing_file_is_a_missing_file(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError) as error:
        load_schema(path)
    assert str(error.value) == f"no file {path}; check the name"


def test_a_file_that_changes_is_read_again(write):
    assert list(load_schema(write("name: m\nfields: {a: {}}\n")).fields) == ["a"]
    assert list(load_schema(write("name: m\nfields: {a: {}, bb: {}}\n")).fields) == ["a", "bb"]


def test_a_users_field_answers_to_the_common_headers_of_its_name(write):
    schema = load_schema(write("name: m\nfields:\n  mobile: {type: mobile}\n  cell: {labels: {zh: 移动电话}}\n"))
    assert schema.known["手机号码"].field == "mobile"
    assert [schema.known[word].field for word in ("cell", "移动电话")] == ["cell", "cell"]


def test_poisoned_names_are_fields_like_any_other(write):
    text = (
        "name: m\nkey: [select]\nfields:\n  'e \"mail\"': {type: email}\n  select: {type: id}\n  手机: {type: mobile}\n"
    )
    assert list(load_schema(write(text)).fields) == ['e "mail"', "select", "手机"]


def test_limits_and_patterns_that_fit_are_taken(write):
    schema = load_schema(write(
        "name: m\nfields:\n  score: {type: integer, min: 0, max: 10}\n  born: {type: date, min: 1900-01-01}\n"
        "  word: {pattern: '\\p{Han}+', max_length: 4, values: [是, no]}\n"
    ))  # fmt: skip
    assert (schema.fields["score"].max, schema.fields["born"].min) == (10, "1900-01-01")
    assert schema.fields["word"].values == ["是", "no"]


def test_a_loaded_schema_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load_schema("customer").fields["email"].type = "text"
