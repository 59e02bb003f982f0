"""The one-line and the YAML form of conditions; the cases are in `conditions.yaml`."""

from pathlib import Path

import pytest

from crmctl.errors import Place, UsageError
from crmctl.rules import Duration, explain_condition, fields_of, parse_condition, segments_of
from crmctl.yamlfile import load

CASES = load(Path(__file__).with_name("conditions.yaml")).data


@pytest.mark.parametrize("case", CASES["said"], ids=lambda case: case["when"])
def test_a_condition_is_said_in_both_languages(case):
    condition = parse_condition(case["when"])
    assert explain_condition(condition, "en") == case["en"]
    assert explain_condition(condition, "zh") == case["zh"]


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["when"])
def test_what_cannot_be_parsed_names_the_column_and_the_cure(case):
    with pytest.raises(UsageError) as caught:
        parse_condition(case["when"])
    assert str(caught.value) == case["says"]


@pytest.mark.parametrize("case", CASES["structures"], ids=lambda case: case["same"])
def test_the_yaml_form_means_the_same_as_a_line(case):
    assert parse_condition(case["when"]) == parse_condition(case["same"])


@pytest.mark.parametrize("case", CASES["misfits"], ids=lambda case: str(case["when"]))
def test_a_misshapen_yaml_form_is_refused(case):
    with pytest.raises(UsageError) as caught:
        parse_condition(case["when"])
    assert str(caught.value) == case["says"]


def test_an_error_carries_the_place_of_the_file():
    with pytest.raises(UsageError) as caught:
        parse_condition({"any": ["a = 1", "b ="]}, Place("rules.yaml", 3, 9))
    assert str(caught.value) == (
        "rules.yaml:3:9: expected a value, found the end (column 4 of 'b ='); put text in quotes"
    )


def test_fields_and_segments_of_a_condition_are_listed_as_written():
    condition = parse_condition("a = 1 and not (`b c` > `d` or in segment vip) and in segment new")
    assert fields_of(condition) == {"a", "b c", "d"}
    assert segments_of(condition) == {"vip", "new"}


def test_nesting_has_a_limit():
    with pytest.raises(UsageError, match="nested too deeply"):
        parse_condition("(" * 100 + "a = 1" + ")" * 100)


def test_quoted_text_is_never_a_moment():
    assert parse_condition('a = "as_of"') != parse_condition("a = as_of")


@pytest.mark.parametrize(("text", "said"), [("365d", "365d"), (" 12W ", "12w"), ("1y", "1y")])
def test_a_duration_is_a_number_and_a_unit(text, said):
    assert str(Duration.parse(text)) == said


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5y", "999999d", "1h"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(UsageError) as caught:
        Duration.parse(text)
    assert str(caught.value) == f"{text!r} is no duration; write a number and one of d, w, m, q, y, such as 90d"
