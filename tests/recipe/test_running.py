"""A recipe is one run: published as a whole or not at all, planned beforehand, and tried without a trace."""

from __future__ import annotations

from pathlib import Path

import pytest

CLEANED = (
    "id,full_name,email,city\n1,Ann Lee,ann@example.com,Berlin\n2,Bob Ray,bob@example.org,\n3,,x@example.net,Leeds\n"
)
IMPORT = "import: {files: [customers.csv], into: customers}"
STRICT = "checks:\n  - {kind: required, field: full_name}\n"


def test_a_recipe_is_one_run(folder, recipe):
    recipe(f"{IMPORT}\nclean: {{dataset: customers}}\nexport: {{dataset: customers, output: out/c.csv}}")
    done = folder("run", "r.yaml")
    assert done.err.splitlines()[-1] == "run 1 is published; see: crmctl show 1"
    assert (folder.folder / "out" / "c.csv").read_text(encoding="utf-8") == CLEANED
    assert [(row["run"], row["what"], row["kind"], row["status"]) for row in folder("history").rows] == [
        (1, "r", "recipe", "done")
    ]
    assert [row["name"] for row in folder("show", "1").rows] == ["import", "import", "clean", "export"]


def test_the_same_recipe_twice_gives_the_same_bytes(folder, recipe):
    recipe(
        f"{IMPORT}\nclean: {{dataset: customers}}\nexport: {{dataset: customers, output: c.xlsx}}\nreport: {{dataset: customers, output: r.html}}"
    )
    folder("run", "r.yaml", "--as-of", "2026-01-31")
    first = [(folder.folder / name).read_bytes() for name in ("c.xlsx", "r.html")]
    folder("--store", "other.duckdb", "run", "r.yaml", "--as-of", "2026-01-31")
    assert [(folder.folder / name).read_bytes() for name in ("c.xlsx", "r.html")] == first


def test_a_failing_step_publishes_nothing_of_the_steps_before_it(folder, recipe):
    folder("import", "customers.csv", "--into", "customers")
    before = folder("query", "select * from customers").out
    (folder.folder / "strict.yaml").write_text(STRICT, encoding="utf-8")
    recipe(
        "clean: {dataset: customers}\nremove: {dataset: customers, where: city is missing, reason: no city, into: kept}\ncheck: {dataset: customers, checks: strict.yaml}"
    )
    done = folder("run", "r.yaml", code=1)
    assert done.err.splitlines()[-1] == "error: r.yaml:5:5: step 3 (check): 1 checks failed, 0 gave a warning"
    assert folder("query", "select * from customers").out == before
    assert [row["dataset"] for row in folder("datasets").rows] == ["customers"]
    newest = folder("history", "--limit", "1").rows[0]
    assert (newest["status"], newest["message"]) == ("failed", "step 3 (check): 1 checks failed, 0 gave a warning")


def test_an_error_of_the_data_names_the_step_and_publishes_nothing(folder, recipe):
    recipe(f"{IMPORT}\nclean: {{dataset: customers, fields: [emial]}}")
    done = folder("run", "r.yaml", code=2)
    assert done.err.splitlines()[-1] == (
        "error: r.yaml:4:5: step 2 (clean): no column called 'emial'; did you mean 'email'?"
        " The columns are id, full_name (name), email, city"
    )
    assert folder("datasets").out == ""


def test_a_chain_of_row_wise_steps_writes_one_version(folder, recipe):
    recipe(
        f"{IMPORT}\nclean: {{dataset: customers}}\nremove: {{dataset: customers, where: city is missing, reason: no city}}\nclassify: {{dataset: customers, rules: [customer-type]}}"
    )
    folder("run", "r.yaml")
    assert [row["rows"] for row in folder("store", "versions").rows] == [3, 2]
    ledger = [
        (row["name"], row["rows_in"], row["rows_out"], row["removed"])
        for row in folder("show").rows
        if row["subject"] == "dataset"
    ]
    assert ledger == [("import", 0, 3, 0), ("clean", 3, 3, 0), ("remove", 3, 2, 1), ("classify", 2, 2, 0)]


def test_a_chain_gives_what_its_steps_give_one_by_one(folder, recipe):
    steps = [
        "clean: {dataset: customers, level: likely}",
        "remove: {dataset: customers, where: city is missing, reason: x}",
        "clean: {dataset: customers}",
    ]
    recipe("\n".join([IMPORT, *steps]))
    folder("run", "r.yaml")
    chained = folder("export", "customers", "-o", "-").out
    folder("--store", "b.duckdb", "import", "customers.csv", "--into", "customers")
    for line in (
        "clean customers --level likely",
        "remove customers --where 'city is missing' --reason x",
        "clean customers",
    ):
        import shlex

        folder("--store", "b.duckdb", *shlex.split(line))
    assert folder("--store", "b.duckdb", "export", "customers", "-o", "-").out == chained


def test_an_output_takes_the_place_of_a_new_version(folder, recipe):
    recipe(
        f"{IMPORT}\nclean: {{dataset: customers, output: cleaned.csv}}\ndeduplicate: {{dataset: customers, output: merged.csv, merge_at: 0.7}}\nexport: {{dataset: customers, output: raw.csv}}"
    )
    folder("run", "r.yaml")
    assert "ann@example.com" in (folder.folder / "cleaned.csv").read_text(encoding="utf-8")
    assert "ann@EXAMPLE.com " in (folder.folder / "raw.csv").read_text(encoding="utf-8")
    assert [row["version"] for row in folder("store", "versions").rows if row["head"]] != []
    assert len(folder("store", "versions").rows) == 1
    assert folder("query", "select count(*) as n from customers_ids join customers using (_id)", code=None).code in (
        0,
        2,
    )


def test_a_file_that_a_step_writes_is_no_input_of_a_later_one(folder, recipe):
    recipe("clean: {dataset: customers.csv, output: cleaned.csv}\nimport: {files: [cleaned.csv], into: customers}")
    refused = folder("run", "r.yaml", code=2)
    assert refused.err.startswith("error: r.yaml:3:5: step 1 (clean): cleaned.csv is the input; choose another output")
    assert not folder.store.exists()


def test_the_plan_says_what_is_read_and_made_and_runs_nothing(folder, recipe):
    recipe(
        f"{IMPORT}\nclean: {{dataset: customers, name: tidy}}\nclassify: {{dataset: customers, rules: [customer-type]}}\nexport: {{dataset: customers, output: c.csv}}"
    )
    assert folder("run", "r.yaml", "--plan").rows == [
        {"step": 1, "verb": "import", "reads": "customers.csv", "makes": "customers", "output": ""},
        {"step": 2, "verb": "tidy", "reads": "customers", "makes": "", "output": ""},
        {"step": 3, "verb": "classify", "reads": "customers", "makes": "customers", "output": ""},
        {"step": 4, "verb": "export", "reads": "customers", "makes": "", "output": "c.csv"},
    ]
    assert sorted(path.name for path in folder.folder.iterdir()) == ["customers.csv", "r.yaml"]


def test_a_dry_run_leaves_store_and_folder_byte_for_byte(folder, recipe):
    folder("import", "customers.csv", "--into", "customers")
    recipe(
        "clean: {dataset: customers}\n"
        "check: {dataset: customers, failures: failing.csv, report: {junit: junit.xml}, fail_on: never}\n"
        "deduplicate: {dataset: customers, clusters: clusters.csv}\n"
        "clean: {dataset: customers, output: cleaned.csv}\n"
        "segment: {dataset: customers}\n"
        "export: {dataset: customers, output: out/c.csv}"
    )
    before = {path.name: path.read_bytes() for path in folder.folder.iterdir()}
    done = folder("run", "r.yaml", "--dry-run")
    assert done.err.splitlines()[-1] == "dry run: nothing was changed"
    assert "customers: rows in 3 = out 3 + merged 0 + removed 0 - added 0; changed 1" in done.err
    assert {path.name: path.read_bytes() for path in folder.folder.iterdir()} == before


@pytest.mark.parametrize(
    "line",
    [
        "clean customers", "import customers.csv --into customers", "import customers.csv --into new",
        "deduplicate customers --into merged", "deduplicate customers --clusters clusters.csv",
        "remove customers --where city=Berlin --reason x", "classify customers --rules customer-type",
        "segment customers", "check customers --fail-on never --failures f.csv --report junit=j.xml", "clean customers.csv -o out.csv",
    ],
)  # fmt: skip
def test_a_dry_run_of_one_step_leaves_store_and_folder_byte_for_byte(folder, once, line):
    once("recipes", lambda: folder("import", "customers.csv", "--into", "customers"))
    before = {path.name: path.read_bytes() for path in folder.folder.iterdir()}
    done = folder(*line.split(), "--dry-run")
    assert done.err.splitlines()[-1] == "dry run: nothing was changed"
    assert [row for row in done.rows if "members" not in row and "outcome" not in row] == []
    assert {path.name: path.read_bytes() for path in folder.folder.iterdir()} == before


def test_a_dry_run_shows_what_would_change(folder):
    done = folder("clean", "customers.csv", "--dry-run")
    assert done.err.splitlines()[-4:-1] == [
        "| Source | Line | Field | Before | After |",
        "| --- | --- | --- | --- | --- |",
        '| customers | 2 | email | "ann@EXAMPLE.com " | ann@example.com |',
    ]


def test_a_dry_run_makes_blanks_visible_and_says_how_much_it_leaves_out(folder):
    rows = "".join(f'{number},"Ann\t",a{number}@example.com\n' for number in range(1, 21))
    (folder.folder / "blank.csv").write_text("id,name,email\n" + rows, encoding="utf-8")
    lines = folder("clean", "blank.csv", "--dry-run").err.splitlines()
    assert "| blank | 2 | full_name | Ann\\t | Ann |" in lines
    assert lines[-2:] == ["10 of 20 changed cells", "dry run: nothing was changed"]


ORDERS = "order id,customer id,order date,amount\n1,1,2026-03-05,10\n"


@pytest.mark.parametrize(
    ("head", "given", "as_of", "source"),
    [
        ("", [], "2026-03-05", "orders.ordered_at"),
        ("as_of: 2026-04-01\n", [], "2026-04-01", "given"),
        ("as_of: 2026-04-01\n", ["--as-of", "2026-05-01"], "2026-05-01", "given"),
        ("as_of: ${day}\nparams: {day: {type: date, default: 2026-06-01}}\n", [], "2026-06-01", "given"),
        ("as_of: ${day}\nparams: {day: {type: date}}\n", ["--set", "day=2026-06-02"], "2026-06-02", "given"),
    ],
)
def test_the_as_of_date_is_the_command_line_s_then_the_recipe_s_then_the_data_s(
    folder, recipe, head, given, as_of, source
):
    (folder.folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    recipe(f"{IMPORT}\nimport: {{files: [orders.csv], into: orders}}\nsegment: {{dataset: customers}}", head)
    folder("run", "r.yaml", *given)
    assert folder("history").rows[0]["as_of"] == as_of
    assert f"as_of_source: {source}\n" in folder("show").err


STEP = '''\
"""A step of this project's own."""

from crmctl.sql import sql
from crmctl.step import Dataset, step


@step(row_wise=True)
def shout(dataset: Dataset, *, mark: str = "!"):
    """Mark every city.

    Args:
        dataset: The rows.
        mark: What is put behind it.

    Examples:
        crmctl shout customers
    """
    return sql("select * replace (city || {mark} as city) from {rows}", mark=mark, rows=dataset)
'''


def test_a_recipe_uses_the_project_s_own_steps(folder, recipe, monkeypatch):
    monkeypatch.setattr("crmctl.step.registry._used", {})
    steps = folder.folder / "steps"
    steps.mkdir()
    (steps / "mine.py").write_text(STEP, encoding="utf-8")
    recipes = folder.folder / "recipes"
    recipes.mkdir()
    recipe(f"{IMPORT}\nshout: {{dataset: customers, mark: '?'}}", "use: [../steps/mine.py]\n", "recipes/r.yaml")
    folder("run", "recipes/r.yaml")
    assert folder("query", "select city from customers where id = '1'").rows == [{"city": "Berlin?"}]
    wrong = recipe("shout: {dataset: customers, marc: '?'}", "use: [steps/mine.py]\n")
    done = folder("run", wrong.name, code=2)
    assert done.err == "error: r.yaml:4:33: step 1 (shout): unknown key 'marc'; did you mean 'mark'?\n"


def test_nightly_publishes_once_and_again_finds_the_same_ids(folder):
    folder("-q", "sample", "--customers", "80", "--out", "s")
    for _ in range(2):
        assert folder("-q", "run", "nightly", "--set", "data=s", "--set", "out=out").err == ""
    first, second = (folder("show", run).rows for run in ("1", "2"))
    made, again = ([row["of"] for row in rows if row["name"] != "import"] for rows in (first, second))
    assert made == again
    read = [row for row in second if row["name"] == "import"]
    assert {(row["subject"], row["loaded"], row["read"] - row["skipped"]) for row in read} == {("file", 0, 0)}
    customers = next(row for row in second if row["name"] == "deduplicate")
    assert (customers["removed"], customers["added"]) == (0, 0)
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "best-customers.xlsx",
        "customers.csv",
        "report.html",
    ]
