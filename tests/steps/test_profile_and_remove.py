"""`profile` counts what is there; `remove` takes rows out by name."""

from __future__ import annotations

import pytest

HEAD = ["id", "name", "email", "birthday", "amount", "空"]
ROWS = [
    ["1", " Ann ", "ann@example.com", "1990-02-01", "10.50", ""],
    ["2", "Bob", "ann@example.com", "31.12.1985", "9", " "],
    ["3", "Ann", "", "not known", "-100.25", ""],
    ["4", "  ", "x", "", "1e3", ""],
]


@pytest.fixture
def profile(cli):
    cli.write("p.csv", ROWS, HEAD)
    return {row["field"]: row for row in cli("profile", "p.csv").rows}


def test_the_numbers_are_those_that_a_hand_counts(profile):
    assert profile["full_name"] == {
        "field": "full_name", "header": "name", "type": "name", "rows": 4, "filled": 3, "fill_rate": 75.0, "distinct": 2,
        "misfits": 0, "shortest": 3, "longest": 3, "smallest": "Ann", "largest": "Bob", "top_values": "Ann (2), Bob (1)",
    }  # fmt: skip
    email = profile["email"]
    assert (email["filled"], email["distinct"], email["top_values"]) == (3, 2, "ann@example.com (2), x (1)")
    empty = profile["空"]
    assert (empty["filled"], empty["fill_rate"], empty["distinct"], empty["smallest"], empty["top_values"]) == (
        0,
        0.0,
        0,
        None,
        None,
    )


def test_typed_fields_are_compared_by_value_and_misfits_counted(profile):
    birthday = profile["birthday"]
    assert (birthday["type"], birthday["filled"], birthday["misfits"]) == ("date", 3, 2)
    assert (birthday["smallest"], birthday["largest"]) == ("1990-02-01", "1990-02-01")


def test_as_many_of_the_commonest_values_as_asked_for(cli):
    cli.write("p.csv", ROWS, HEAD)
    rows = {row["field"]: row for row in cli("profile", "p.csv", "--top", "1").rows}
    assert rows["full_name"]["top_values"] == "Ann (2)"


def test_a_dataset_and_its_file_have_the_same_profile(cli):
    cli.write("p.csv", ROWS, HEAD)
    cli("import", "p.csv", "--into", "people")
    assert cli("profile", "people").rows == cli("profile", "p.csv").rows


def test_a_removal_is_counted_under_its_reason(cli):
    cli.write("p.csv", ROWS, HEAD)
    cli("import", "p.csv", "--into", "people")
    done = cli("remove", "people", "--where", "email is missing", "--reason", "no e-mail")
    assert "people: rows in 4 = out 3 + merged 0 + removed 1 - added 0; changed 0 (no e-mail: 1)" in done.err
    assert [row["reasons"] for row in cli("show").rows] == ['{"no e-mail": 1}']
    assert [row["id"] for row in cli("query", "select id from people").rows] == ["1", "2", "4"]
    cli("undo")
    assert len(cli("query", "select id from people").rows) == 4


def test_a_removal_that_finds_nothing_and_one_without_a_reason(cli):
    cli.write("p.csv", ROWS, HEAD)
    done = cli("remove", "p.csv", "--where", "id = '99'", "--reason", "x")
    assert "removed 0" in done.err
    assert done.data == (cli.folder / "p.csv").read_bytes()
    refused = cli("-q", "remove", "p.csv", "--where", "id = '1'", "--reason", " ", code=2)
    assert refused.err == "error: a removal needs a reason; say why with --reason\n"
