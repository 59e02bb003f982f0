"""Checks from a YAML file: every mistake at once, each with its place and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.checks import load_checks, parse_check
from crmctl.errors import FileError, UsageError


def _write(folder: Path, text: str) -> Path:
    path = folder / "checks.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_gives_one_check_for_each_field(tmp_path: Path) -> None:
    checks = load_checks(
        _write(
            tmp_path,
            """checks:
  - {kind: required, fields: [姓名, email], severity: warn}
  - {kind: unique, fields: [手机, email], name: one contact}
  - {kind: values, field: grade, values: [1, NO, true]}
""",
        )
    )
    assert [check.title for check in checks] == [
        "required(姓名)", "required(email)", "one contact", "values(grade)",
    ]  # fmt: skip
    assert str(checks[2].place).endswith("checks.yaml:3:5")


def test_every_mistake_is_reported_with_its_place_and_cure(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        """checks:
  - {kind: requird, field: a}
  - {kind: length, field: a, maxx: 3}
  - {kind: required}
  - {kind: range, field: a}
  - {kind: range, field: a, min: 5, max: 1}
  - {kind: length, field: a, max: long}
  - {kind: required, field: a, fail: '>200%'}
  - {kind: row_count, min: 1, field: a}
  - {kind: row_count, min: 1, fail: '>5%'}
  - {kind: values, field: a, values: []}
  - {kind: unique, fields: [a, a]}
  - {field: a}
  - {kind: type, field: a, type: dat}
  - just text
  - {kind: required, field: a, name: twice}
  - {kind: required, field: b, name: twice}
""",
    )
    with pytest.raises(UsageError) as caught:
        load_checks(path)
    shown = str(caught.value).replace(f"{path}:", "")
    assert shown.splitlines() == [
        "2:6: unknown kind 'requird'; did you mean 'required'?",
        "3:30: unknown key 'maxx'; did you mean 'max'?",
        "4:5: required needs a field; add field: or fields:",
        "5:5: range needs a bound; add min: or max:",
        "6:5: min 5 is above max 1; swap them",
        "7:5: the bounds of length are whole numbers from 0; write max: 20",
        "8:5: the threshold '>200%' can never be met; write '>=100%' for all rows, or a smaller share",
        "9:5: row_count takes no field; remove it",
        "10:5: row_count takes no fail or warn; remove them, or write severity: warn",
        "11:30: values: list should have at least 1 item after validation, not 0, not []",
        "12:5: unique names a field twice; name each field once",
        "13:5: a check without a kind; add kind: one of required, unique, type, values, range, length, pattern, "
        "reference, condition, row_count",
        "14:5: unknown type 'dat'; did you mean 'date'?",
        "15:5: 'just text' is no check; write kind: and the field",
        "17:5: two checks are called 'twice'; rename one",
    ]


@pytest.mark.parametrize("text", ["", "[]", "checks: {}", "checks: required"])
def test_a_file_without_a_list_of_checks_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="no list of checks"):
        load_checks(_write(tmp_path, text))


def test_a_misspelt_top_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"checks.yaml:2:1: unknown key 'check'"):
        load_checks(_write(tmp_path, "checks: []\ncheck: []\n"))


def test_a_missing_file_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        load_checks(tmp_path / "nowhere.yaml")


def test_field_and_fields_together_are_refused() -> None:
    with pytest.raises(UsageError, match="has both field and fields"):
        parse_check({"kind": "required", "field": "a", "fields": ["b"]})


def test_a_number_is_no_field() -> None:
    with pytest.raises(UsageError, match="field"):
        parse_check({"kind": "required", "field": 5})
