"""Undo brings back exactly what was, whatever kind of run it takes back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

State = Callable[[Path], dict[str, Any]]
QUOTED = 'it\'s "quoted"'

COMMANDS: dict[str, list[str]] = {
    "import, upsert": ["import", "{changed}", "--into", "contacts", "--source", "crm", "--mode", "upsert"],
    "import, append": ["import", "{changed}", "--into", "contacts", "--source", "crm", "--mode", "append"],
    "import, replace": ["import", "{changed}", "--into", "contacts", "--source", "crm", "--mode", "replace"],
    "import, snapshot": ["import", "{changed}", "--into", "contacts", "--source", "crm", "--mode", "snapshot"],
    "import, new dataset": ["import", "{changed}", "--into", 'new "one"', "--source", "x"],
    "clean": ["clean", "contacts"],
    "remove": ["remove", "contacts", "--where", "email is missing", "--reason", "no e-mail"],
    "sql, new dataset": ["sql", "select status, count(*) as n from orders group by all", "--into", "select"],
    "sql, the dataset itself": ["sql", "select id, email from contacts", "--into", "contacts", "--key", "id"],
    "sql over ids": ["sql", "select * from contacts_ids", "--into", "known", "--key", "source_id"],
    "deduplicate in place": ["deduplicate", "contacts", "--merge-at", "0.5", "--review-at", "0.3"],
    "deduplicate into another": ["deduplicate", "contacts", "--into", QUOTED + " merged"],
    "deduplicate into one that is there": [
        "deduplicate",
        "contacts",
        "--into",
        "customers",
        "--merge-at",
        "0.5",
        "--review-at",
        "0.3",
    ],
    "classify": ["classify", "customers", "--rules", "lifecycle,rfm"],
    "segment": ["segment", "customers", "--as-of", "2025-01-01"],
    "recipe": ["run", "{recipe}", "--set", "file={changed}"],
}

RECIPE = """
recipe: everything
params:
  file: {type: path, help: The file.}
steps:
  - import: {files: ["${file}"], into: contacts, source: crm, schema: customer}
  - clean: {dataset: contacts}
  - deduplicate: {dataset: contacts, into: customers, merge_at: 0.5, review_at: 0.3}
  - remove: {dataset: contacts, where: phone is missing, reason: no phone}
  - classify: {dataset: customers, rules: [value-tier], orders: orders}
  - segment: {dataset: customers, segments: default}
"""


@pytest.fixture
def arguments(filled: Any, sample: Path) -> Callable[[str], list[str]]:
    """A command of the list above, with its files in place."""
    with (sample / "crm.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    kept = [[*row[:-1], "changed"] for row in rows[3:]] + [["new", *rows[0][1:]]]
    changed = filled.write("changed.csv", kept, header)
    recipe = filled.folder / "everything.yaml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return lambda name: [part.format(changed=changed, recipe=recipe) for part in COMMANDS[name]]


@pytest.mark.parametrize("name", COMMANDS)
def test_undo_restores_everything_and_undoing_it_brings_it_back(
    filled: Any, arguments: Callable[[str], list[str]], state: State, name: str
) -> None:
    before = state(filled.store)
    filled(*arguments(name))
    after = state(filled.store)
    assert after != before
    filled("undo")
    assert state(filled.store) == before
    undo = filled("history", "--limit", 1).rows[0]["run"]
    filled("undo", undo)
    assert state(filled.store) == after


def test_undo_without_a_number_goes_back_run_by_run_to_the_empty_store(filled: Any, state: State) -> None:
    for _ in range(6):
        filled("undo")
    assert state(filled.store) == {"content": {}, "ids": {}, "members": [], "merged": []}
    assert filled("undo", code=2).err == "error: there is no run to undo; see: crmctl history\n"


def test_a_run_that_later_runs_read_is_not_undone_alone(filled: Any, state: State) -> None:
    before = state(filled.store)
    answer = filled("undo", 1, code=1)
    assert answer.err == (
        "error: run 1 cannot be undone alone: later runs read what it made: 4, 5, 6;"
        " undo them first, or all together with --cascade\n"
    )
    assert state(filled.store) == before


def test_cascade_takes_the_later_readers_along_and_nothing_else(filled: Any, state: State) -> None:
    before = state(filled.store)
    answer = filled("undo", 1, "--cascade")
    assert [line for line in answer.err.splitlines() if "is undone" in line] == [
        f"run {run} is undone" for run in (1, 4, 5, 6)
    ]
    after = state(filled.store)
    assert set(after["content"]) == {"orders", QUOTED}
    assert after["content"].items() <= before["content"].items()
    filled("undo", 7)
    assert state(filled.store) == before


def test_a_run_that_only_reads_ids_depends_on_the_dataset(filled: Any) -> None:
    filled("sql", "select source_id from contacts_ids", "--into", "known", "--key", "source_id")
    assert "4, 5, 6, 7" in filled("undo", 1, code=1).err


def test_undoing_an_undo_is_refused_where_a_later_run_built_on_it(filled: Any, state: State) -> None:
    filled("clean", "contacts")
    filled("undo")
    filled("remove", "contacts", "--where", "email is missing", "--reason", "no e-mail")
    assert "later runs read what it made: 9;" in filled("undo", 8, code=1).err
    filled("undo", 8, "--cascade")
    filled("undo", 7)
    filled("undo", 11, "--cascade")
    assert filled("history", "--limit", 1).rows[0]["run"] == 12


@pytest.mark.parametrize(
    ("run", "message"),
    [(99, "error: there is no run 99; see: crmctl history\n"),
     (6, "error: run 6 is not in effect (done); see: crmctl history\n")],
)  # fmt: skip
def test_only_a_run_in_effect_can_be_undone(filled: Any, run: int, message: str) -> None:
    filled("undo", 6)
    assert filled("undo", run, code=2).err == message


def test_diff_names_rows_and_cells_by_field(cli: Any, poisoned: Path) -> None:
    cli("import", poisoned, "--into", QUOTED, "--source", "fair")
    changed = [
        ["1", "Ann.Lee@Example.com ", "south", "138 0013 8000", "2026-01-05"],
        ["2", "bob@example.net", "it's", "", "2026-02-11"],
        ["6", "new@example.org", "east", "", ""],
    ]
    cli("import", cli.write("next.csv", changed), "--into", QUOTED, "--source", "fair", "--mode", "replace")
    assert cli("diff").rows == [
        {"dataset": QUOTED, "what": "rows", "before": 5, "after": 3, "added": 1, "removed": 3, "changed": 2},
        {"dataset": QUOTED, "what": 'e "mail"', "before": None, "after": None, "added": None, "removed": None,
         "changed": 1},
        {"dataset": QUOTED, "what": "select", "before": None, "after": None, "added": None, "removed": None,
         "changed": 1},
    ]  # fmt: skip
    cells = cli("diff", QUOTED, "--cells", 9).rows
    assert [(row["field"], row["before"], row["after"]) for row in cells] == [
        ("select", "north", "south"), ('e "mail"', "bob@example.org", "bob@example.net"),
    ]  # fmt: skip


def test_an_undo_can_be_undone_and_redone_at_any_depth(cli: Any) -> None:
    cli.write("ab.csv", [["1", "Ann"], ["2", "Bob"]], ["id", "First Name"])
    cli("import", "ab.csv", "--into", "p", "--schema", "customer")
    cli("remove", "p", "--where", "id = 2", "--reason", "x")

    def people() -> int:
        return int(cli("query", "select count(*) as n from p").rows[0]["n"])

    assert people() == 1
    for undone, expected in ((2, 2), (3, 1), (4, 2), (5, 1)):
        cli("undo", undone)
        assert people() == expected
