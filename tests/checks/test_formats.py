"""Result formats: what CI servers, pull requests and people read."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

from crmctl.checks import CheckReport, CheckResult, parse_check, to_github, to_junit, to_markdown
from crmctl.sql import sql

CHECKS: list[dict[str, Any]] = [
    {"kind": "required", "field": 'e "mail"', "name": "mail: 100%, <all>"},
    {"kind": "values", "field": "a|b", "values": ["x"], "severity": "warn"},
    {"kind": "unique", "field": "a|b", "fail": ">1"},
    {"kind": "reference", "field": "a|b", "to": "nowhere"},
    {"kind": "row_count", "min": 9},
]
ROWS = [["", "x"], ["m", "p|q\n\x07`r`"], ["m", "x"]]


def _report(run: Any) -> Any:
    return run({'e "mail"': "text", "a|b": "text"}, ROWS, CHECKS)[0]


def test_junit_is_xml_with_a_case_for_each_check(run: Any) -> None:
    root = ET.fromstring(to_junit(_report(run), name="cust & co"))  # noqa: S314 - our own output
    suite = root.find("testsuite")
    assert suite is not None
    assert suite.attrib == {
        "name": "cust & co", "tests": "5", "failures": "2", "skipped": "1", "errors": "0", "time": "0",
    }  # fmt: skip
    cases = {case.get("name"): case for case in suite}
    assert [child.tag for case in suite for child in case] == ["failure", "system-out", "skipped", "failure"]
    failure = cases["mail: 100%, <all>"].find("failure")
    assert failure is not None
    assert failure.get("message") == "blank in 1 of 3 rows"
    assert failure.text == 'file:2: e "mail"'
    assert "\ufffd" in str(cases["values(a|b)"].findtext("system-out"))


def test_markdown_keeps_values_in_their_cells(run: Any) -> None:
    text = to_markdown(_report(run))
    lines = text.splitlines()
    assert lines[0] == "1 passed, 1 warned, 2 failed, 1 skipped; 3 rows"
    assert lines[4] == "| failed | mail: 100%, \\<all\\> | 1 | 3 | 33.33% | blank in 1 of 3 rows |"
    assert "| file | 3 | a\\|b | p\\|q \x07\\`r\\` |" in lines
    for line in lines:
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") in {5, 7}


def test_github_gets_an_annotation_on_each_failing_line(run: Any) -> None:
    report = _report(run)
    assert to_github(report, file="data/a,b.csv").splitlines() == [
        "::error file=data/a%2Cb.csv,line=2,title=mail%3A 100%25%2C <all>::blank in 1 of 3 rows",
        "::warning file=data/a%2Cb.csv,line=3,title=values(a|b)::1 of 3 values not allowed: p|q%0A\x07`r`",
        "::error file=data/a%2Cb.csv,title=row_count(9..)::3 rows, expected 9..",
    ]
    assert "file=file,line=2" in to_github(report)


def test_nothing_to_say_is_nothing_written(run: Any) -> None:
    assert to_github(run({"a": "text"}, [["x"]], [{"kind": "required", "field": "a"}])[0]) == ""


def test_plain_data_are_json_with_counts_and_denominators(run: Any) -> None:
    data = json.loads(json.dumps(_report(run).to_dict()))
    assert {key: data[key] for key in ("outcome", "rows", "passed", "warned", "failed", "skipped")} == {
        "outcome": "failed", "rows": 3, "passed": 1, "warned": 1, "failed": 2, "skipped": 1,
    }  # fmt: skip
    first = data["results"][0]
    assert (first["rows"], first["failed"], round(first["share"], 4)) == (3, 1, 0.3333)
    assert first["examples"] == [{"line": 2, "source": "file", "field": 'e "mail"', "value": ""}]


def test_a_share_that_is_not_nothing_never_shows_as_nothing() -> None:
    check = parse_check({"kind": "required", "field": "a"})
    for failed, shown in ((0, "| 0.00% |"), (1, "| \\<0.01% |"), (99_999, "| \\>99.99% |"), (100_000, "| 100.00% |")):
        result = CheckResult(check, "a", "required", "a", 100_000, failed, "failed", "")
        assert shown in to_markdown(CheckReport([result], sql("nowhere"), 100_000))
