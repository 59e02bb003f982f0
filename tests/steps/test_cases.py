"""Every step against its cases: a small table in, the expected table out."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.step import registry
from crmctl.testing import Case, load_cases, outcome

FOLDER = Path(__file__).parent / "cases"
CASES = [case for file in sorted(FOLDER.glob("*.yaml")) for case in load_cases(file)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_step_makes_of_a_table_what_its_case_says(case: Case, tmp_path: Path):
    assert outcome(case, tmp_path) == case.expected


@pytest.mark.parametrize("name", sorted(registry.index()))
def test_every_step_over_rows_has_a_case(name: str):
    declaration = registry.declared(name)
    assert declaration is not None
    if declaration.kind in ("rows", "answer") and declaration.input is not None:
        assert name in {case.step for case in CASES}


def test_a_case_that_does_not_come_true_fails(tmp_path: Path):
    case = next(case for case in CASES if case.step == "remove" and "output" in case.expected)
    wrong = Case(case.step, case.title, case.input + "9,x@example.com,Berlin\n", case.files, case.given, case.as_of,
                 case.expected)  # fmt: skip
    assert outcome(wrong, tmp_path) != case.expected
