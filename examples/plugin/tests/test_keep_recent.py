"""The step against its cases."""

from pathlib import Path

import pytest

from crmctl.testing import load_cases, outcome


@pytest.mark.parametrize("case", load_cases(Path(__file__).parent / "cases" / "keep-recent.yaml"), ids=str)
def test_keep_recent_makes_of_a_table_what_its_case_says(case, tmp_path):
    assert outcome(case, tmp_path) == case.expected
