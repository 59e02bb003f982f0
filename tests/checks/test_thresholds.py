"""Thresholds: exact at the boundary, and refused where they are met always or never."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmctl.checks import parse_check, parse_threshold
from crmctl.errors import UsageError
from crmctl.yamlfile import load

CASES = load(Path(__file__).with_name("threshold_cases.yaml")).data


@pytest.mark.parametrize("case", CASES["understood"], ids=str)
def test_a_threshold_is_exact_at_its_boundary(case: dict[str, Any]) -> None:
    assert parse_threshold(case["threshold"]).met(case["failed"], case["rows"]) is case["met"]


@pytest.mark.parametrize("case", CASES["refused"], ids=str)
def test_a_threshold_that_cannot_work_is_refused_with_the_cure(case: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_threshold(case["threshold"])
    assert case["says"] in str(caught.value)
    assert caught.value.cure


@pytest.mark.parametrize("case", CASES["silent"], ids=str)
def test_a_warning_that_the_failure_always_drowns_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"is never reached, since fail .* make warn smaller than fail"):
        parse_check({"kind": "required", "field": "a", **case})


@pytest.mark.parametrize("case", CASES["audible"], ids=str)
def test_a_warning_that_can_be_heard_alone_is_accepted(case: dict[str, str]) -> None:
    assert parse_check({"kind": "required", "field": "a", **case}).warn == case["warn"]
