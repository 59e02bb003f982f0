from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmctl.cleaning import NORMALISERS
from crmctl.yamlfile import load

GROUPS = load(Path(__file__).with_name("cases.yaml")).data


def _name(group: dict[str, Any]) -> str:
    return "-".join([group["type"], group["level"], *group.get("regions", [])])


@pytest.mark.parametrize("group", GROUPS, ids=_name)
def test_every_hand_picked_cell_becomes_what_the_list_says(bench, group):
    inputs = [case[0] for case in group["cases"]]
    bench.table({'e "mail"': group["type"]}, [[text] for text in inputs])
    rows, findings = bench.clean(level=group["level"], regions=group.get("regions", []))
    found = {row_id: (status, reason, value, new) for row_id, _, status, reason, value, new in findings}
    for number, (case, (cell,)) in enumerate(zip(group["cases"], rows, strict=True), 1):
        text, value, status, *reason = case
        said, why, before, after = found.get(number, ("ok", None, text, text))
        assert (text, cell, said) == (text, value, status)
        assert (before, after) == (text, value)
        assert [why] == reason or not reason


MAINLAND = {"mobile", "uscc", "id_card"}


def test_the_list_covers_the_registry_and_is_half_chinese():
    cases = [(group["type"], case[0]) for group in GROUPS for case in group["cases"]]
    chinese = [text for kind, text in cases if kind in MAINLAND or any(letter >= "\u2e80" for letter in text)]
    assert len(cases) >= 120
    assert len(chinese) * 2 >= len(cases)
    same_reader = {"given_name", "job_title", "district", "region", "language"}
    assert set(NORMALISERS) - same_reader <= {kind for kind, _ in cases}
