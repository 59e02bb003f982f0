"""`check`: what fails is told in every form: rows with their lines, JUnit, Markdown, annotations, exit code."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

HEAD = ["id", "name", "email", "birthday"]
ROWS = [
    ["1", "Ann Lee", "ann@example.com", "1990-02-01"],
    ["2", "Bob", "not an address", "2999-01-01"],
    ["2", "Cyd", "cyd@example.com", ""],
    ["", "Dee", "dee@example.com", ""],
]


@pytest.fixture
def people(cli) -> Path:
    return cli.write("people.csv", ROWS, HEAD)


def outcomes(rows):
    return {row["check"]: (row["outcome"], row["failed"]) for row in rows if row["outcome"] != "skipped"}


def test_every_check_has_its_outcome_and_the_exit_code_is_1(cli, people):
    done = cli("check", people, "--as-of", "2026-01-01", code=1)
    assert outcomes(done.rows) == {
        "unique(id)": ("failed", 1), "type(birthday)": ("passed", 0), "range(birthday)": ("passed", 0),
        "type(email)": ("failed", 1), "length(email)": ("passed", 0), "required(id)": ("failed", 1),
        "condition(birthday <= as_of)": ("failed", 1),
    }  # fmt: skip
    assert done.err.splitlines()[-1] == "error: 4 checks failed, 0 gave a warning"
    assert cli("check", people, "--fail-on", "never").code == 0


def test_failing_rows_come_with_file_line_and_rule_and_personal_values_masked(cli, people):
    cli("check", people, "--as-of", "2026-01-01", "--failures", "masked.csv", code=1)
    cli("check", people, "--as-of", "2026-01-01", "--failures", "plain.csv", "--unmask", code=1)
    with (cli.folder / "masked.csv").open(encoding="utf-8", newline="") as file:
        masked = list(csv.DictReader(file))
    with (cli.folder / "plain.csv").open(encoding="utf-8", newline="") as file:
        plain = list(csv.DictReader(file))
    assert [(row["line"], row["field"], row["rule"]) for row in plain] == [
        (row["line"], row["field"], row["rule"]) for row in masked
    ]
    found = {(row["line"], row["field"], row["value"]) for row in plain}
    assert {
        ("3", "email", "not an address"),
        ("3", "id", "2"),
        ("4", "id", "2"),
        ("3", "birthday", "2999-01-01"),
    } <= found
    hidden = {row["value"] for row in masked if row["field"] == "email"}
    assert "not an address" not in hidden
    assert all("*" in value for value in hidden)
    assert {row["dataset"] for row in plain} == {"people"}


def test_results_are_written_as_junit_markdown_and_annotations(cli, people):
    cli(
        "check", people, "--as-of", "2026-01-01", "--report", "junit=j.xml", "--report", "markdown=m.md", "--report",
        "github=g.txt", "--fail-on", "never",
    )  # fmt: skip
    suite = ET.parse(cli.folder / "j.xml").getroot()  # noqa: S314 - written by ourselves
    suite = suite if suite.tag == "testsuite" else suite.find("testsuite")
    assert suite is not None
    failed = {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None}
    assert failed == {"unique(id)", "type(email)", "required(id)", "condition(birthday <= as_of)"}
    assert int(str(suite.get("failures"))) == 4
    markdown = (cli.folder / "m.md").read_text(encoding="utf-8")
    assert "| " in markdown
    assert "type(email)" in markdown
    annotations = (cli.folder / "g.txt").read_text(encoding="utf-8").splitlines()
    assert annotations
    assert all(line.startswith(("::error", "::warning", "::notice")) for line in annotations)


def test_own_checks_are_added_to_the_schema_s(cli, people):
    (cli.folder / "own.yaml").write_text(
        "checks:\n  - {kind: condition, condition: name is not missing, severity: warn}\n"
        "  - {kind: length, field: name, max: 3, severity: warn}\n",
        encoding="utf-8",
    )
    done = cli("check", people, "--checks", "own.yaml", "--fail-on", "never")
    assert outcomes(done.rows)["length(name)"][0] == "warned"
    ids_only = cli.write("good.csv", [["1", "Ann Lee", "ann@example.com", "1990-02-01"]], HEAD)
    assert cli("check", ids_only, "--checks", "own.yaml", "--fail-on", "warn", code=1).err.splitlines()[-1] == (
        "error: 0 checks failed, 1 gave a warning"
    )
    assert cli("check", ids_only, "--checks", "own.yaml").code == 0


def test_a_broken_checks_file_is_told_with_its_place(cli, people):
    (cli.folder / "own.yaml").write_text("checks:\n  - {kind: lenght, field: name}\n", encoding="utf-8")
    done = cli("-q", "check", people, "--checks", "own.yaml", code=2)
    assert done.err.startswith("error: own.yaml:2:")
    assert "did you mean 'length'?" in done.err


def test_several_inputs_are_checked_together(cli, people):
    cli.write("good.csv", [["1", "Ann Lee", "ann@example.com", "1990-02-01"]], HEAD)
    done = cli("check", people, "good.csv", "--fail-on", "never", "--report", "junit=j.xml", "--failures", "f.csv")
    assert {row["dataset"] for row in done.rows} == {"people", "good"}
    assert "people: unique(id)" in (cli.folder / "j.xml").read_text(encoding="utf-8")
    assert "good," not in (cli.folder / "f.csv").read_text(encoding="utf-8")


def test_a_reference_finds_a_customer_by_every_id_it_ever_had(cli):
    cli.write(
        "customers.csv",
        [["1", "Ann Lee", "ann@example.com", "1990-02-01"], ["2", "Lee Ann", "ann@example.com", "1990-02-01"]],
        HEAD,
    )
    cli("import", "customers.csv", "--into", "contacts")
    cli("deduplicate", "contacts", "--into", "customers", "--merge-at", "0.6")
    assert cli("query", "select count(*) as n from customers").rows == [{"n": 1}]
    cli.write(
        "orders.csv", [["1", "1", "2026-01-01", "5"], ["2", "2", "2026-01-01", "5"], ["3", "3", "2026-01-01", "5"]],
        ["order id", "customer id", "order date", "amount"],
    )  # fmt: skip
    cli("import", "orders.csv")
    rows = cli("check", "orders", code=1).rows
    [reference] = [row for row in rows if row["check"].startswith("reference")]
    assert (reference["outcome"], reference["failed"], reference["rows"]) == ("failed", 1, 3)


def test_an_empty_file_fails_unless_that_is_allowed(cli):
    cli.write("empty.csv", [], HEAD)
    assert cli("check", "empty.csv", "--schema", "customer", code=1).err.splitlines()[-1].startswith("error: ")
    assert cli("check", "empty.csv", "--schema", "customer", "--allow-empty").code == 0


def test_what_has_no_schema_needs_one(cli):
    cli.write("stock.csv", [["mint", "1"]], ["flavour", "weight"])
    assert (
        cli("-q", "check", "stock.csv", code=2).err
        == "error: nothing to check in stock; name a --schema or a --checks file\n"
    )
