"""A recipe's files: never its inputs, in place once the run is published, and gone with a run that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crmctl.errors import CrmctlError, FileError, UsageErrors
from crmctl.recipe import load_recipe, run_recipe
from crmctl.recipe.running import located

IMPORT = "import: {files: [customers.csv], into: customers}"
STRICT = "checks:\n  - {kind: required, field: city}\n"


@pytest.mark.parametrize(
    "step",
    [
        "export: {dataset: customers, output: crm.duckdb, format: csv}",
        "check: {dataset: customers, report: {junit: ./crm.duckdb}, fail_on: never}",
        "check: {dataset: customers, failures: crm.duckdb.names, fail_on: never}",
        "deduplicate: {dataset: customers, clusters: crm.duckdb}",
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_the_store_is_never_an_output(folder, recipe, step, there):
    if there:
        folder("import", "customers.csv", "--into", "customers")
    before = folder.store.read_bytes() if there else None
    recipe(f"{IMPORT}\n{step}")
    assert "belongs to the store" in folder("run", "r.yaml", code=2).err
    assert (folder.store.read_bytes() if there else None) == before
    assert folder.store.exists() == there


@pytest.mark.parametrize("name", ["./customers.csv", "link.csv", "r.yaml"])
def test_an_output_is_no_input_of_any_step(folder, recipe, name):
    (folder.folder / "link.csv").symlink_to(folder.folder / "customers.csv")
    recipe(f"{IMPORT}\nexport: {{dataset: customers, output: {name}, format: csv}}")
    before = (folder.folder / name).read_bytes()
    refused = folder("run", "r.yaml", code=2)
    assert "r.yaml:4:5: step 2 (export): " in refused.err
    assert "is the input; choose another output" in refused.err
    assert (folder.folder / name).read_bytes() == before
    assert not folder.store.exists()


def test_a_failed_run_leaves_its_old_outputs(folder, recipe):
    names = ("e.csv", "page.html", "c.csv", "clusters.csv", "p.csv")
    for name in names:
        (folder.folder / name).write_text("old", encoding="utf-8")
    (folder.folder / "strict.yaml").write_text(STRICT, encoding="utf-8")
    steps = [
        IMPORT, "export: {dataset: customers, output: e.csv}", "report: {dataset: customers, output: page.html}",
        "clean: {dataset: customers, output: c.csv}", "deduplicate: {dataset: customers, clusters: clusters.csv}",
        "profile: {dataset: customers, output: p.csv}",
        "check: {dataset: customers, report: {junit: a.xml}, fail_on: never}",
        "check: {dataset: customers, checks: strict.yaml, report: {junit: b.xml}, failures: f.csv, output: t.csv}",
    ]  # fmt: skip
    recipe("\n".join(steps))
    folder("run", "r.yaml", code=1)
    assert {(folder.folder / name).read_text(encoding="utf-8") for name in names} == {"old"}
    written = {path.name for path in folder.folder.iterdir()} - {*names, "customers.csv", "strict.yaml", "r.yaml"}
    assert written == {"crm.duckdb", "a.xml", "b.xml", "f.csv", "t.csv"}
    steps[-1] = steps[-1].replace("output: t.csv", "fail_on: never")
    recipe("\n".join(steps))
    folder("run", "r.yaml")
    assert all((folder.folder / name).read_text(encoding="utf-8") != "old" for name in names)
    assert not list(folder.folder.glob(".*"))


def test_a_row_step_over_a_file_says_what_becomes_of_its_result(folder, recipe):
    recipe(
        "clean: {dataset: ./customers.csv}\n"
        "remove: {dataset: ./customers.csv, where: city is missing, reason: x, output: o.csv}"
    )
    refused = folder("run", "r.yaml", code=2)
    assert refused.err == (
        "error: r.yaml:3:5: step 1 (clean): nothing is done with its result; say 'into' or 'output',"
        " and let the next step read that, not ./customers.csv\n"
    )
    recipe(
        "clean: {dataset: ./customers.csv, into: cleaned}\n"
        "remove: {dataset: cleaned, where: city is missing, reason: x, output: o.csv}"
    )
    folder("run", "r.yaml")
    assert "ann@example.com" in (folder.folder / "o.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "step", ["export: {dataset: people, output: '-', format: csv}", "clean: {dataset: people, output: '-'}"]
)
def test_a_reader_that_goes_away_does_not_undo_the_run(folder, recipe, step):
    folder.write("people.csv", [[str(n), f"p{n}@example.com"] for n in range(20_000)], ["id", "email"])
    recipe(f"import: {{files: [people.csv], into: people}}\n{step}")
    line = f'set -o pipefail; "{sys.executable}" -m crmctl run r.yaml | head -1'
    done = subprocess.run(["bash", "-c", line], cwd=folder.folder, env=folder.environment, capture_output=True,
                          check=False, timeout=120)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"id,email\n")
    assert [(row["dataset"], row["rows"]) for row in folder("datasets").rows] == [("people", 20_000)]


def test_missing_inputs_together_are_files_that_cannot_be_read(folder):
    with pytest.raises(CrmctlError) as caught:
        run_recipe(load_recipe("nightly"), store=Path("crm.duckdb"), given={"data": "nowhere", "out": "out"})
    assert len(caught.value.parts) > 1
    assert caught.value.exit_code == 3
    assert folder("run", "nightly", "--set", "data=nowhere", code=3).code == 3


def test_errors_of_a_step_keep_their_common_exit_code(folder, recipe):
    step = load_recipe(recipe(IMPORT)).steps[0]
    assert located(UsageErrors([FileError("no a"), FileError("no b")]), step).exit_code == 3
