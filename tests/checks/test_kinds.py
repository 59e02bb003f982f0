"""Every kind against its cases, which are data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmctl.checks import KINDS
from crmctl.yamlfile import load

GROUPS = load(Path(__file__).with_name("cases.yaml")).data["groups"]
CASES = [
    pytest.param(group, case, id=f"{group['check']['kind']}: {case['title']}")
    for group in GROUPS
    for case in group["cases"]
]


@pytest.mark.parametrize(("group", "case"), CASES)
def test_a_check_counts_and_lists_what_was_worked_out_by_hand(run: Any, group: Any, case: Any) -> None:
    check = {**group["check"], **case.get("with", {})}
    report, failures = run(
        group["columns"], case["rows"], [check], references=group.get("references"), allow_empty=True
    )

    [result] = report.results
    assert (result.outcome, result.rows, result.failed) == (case["outcome"], case["applies"], case["failed"])
    assert sorted(line for _, line, _, _ in failures) == case["lines"]
    if "groups" in case:
        assert f"duplicate groups: {case['groups']}" in result.message
    if result.outcome != "skipped":
        assert str(result.rows) in result.message


def test_every_kind_has_cases_for_passing_failing_nulls_blanks_and_no_rows() -> None:
    for kind in KINDS:
        titles = " ".join(
            case["title"] for group in GROUPS if group["check"]["kind"] == kind for case in group["cases"]
        )
        for wanted in ("passing", "failing", "null", "blank", "empty"):
            assert wanted in titles, f"{kind} has no case for {wanted}"
