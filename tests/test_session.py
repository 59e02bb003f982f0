"""The Python face: the steps as functions over files and stores, errors as exceptions, results as Polars or Arrow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import crmctl

CSV = "id,name,email,Total Spent\n1,Ann,ann@EXAMPLE.com ,10.50\n2,Bob,bob@example.org,\n3,Ann,ann@example.com,7\n"


@pytest.fixture
def file(cli) -> Path:
    path = cli.folder / "f.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


@pytest.fixture
def store(cli, file) -> crmctl.Session:
    session = crmctl.open(cli.store)
    session.import_(file, into="people")
    return session


def test_a_file_is_cleaned_into_a_frame_without_a_store(cli, file):
    frame = crmctl.clean("f.csv").polars()
    assert isinstance(frame, pl.DataFrame)
    assert frame.columns == ["id", "name", "email", "Total Spent"]
    assert frame["email"].to_list() == ["ann@example.com", "bob@example.org", "ann@example.com"]
    assert [path.name for path in cli.folder.iterdir()] == ["f.csv"]


def test_paths_options_and_outcomes(cli, file):
    outcome = crmctl.clean(file, fields=["email"], output=cli.folder / "g.csv")
    assert (cli.folder / "g.csv").read_text(encoding="utf-8") == CSV.replace("ann@EXAMPLE.com ", "ann@example.com")
    assert outcome.report.files == [cli.folder / "g.csv"]
    assert outcome.report.findings == {"fixed": 1}
    assert crmctl.remove("f.csv", where="email is missing", reason="x").arrow().num_rows == 3
    assert crmctl.profile(file, top=1).arrow().column("top_values").to_pylist()[1] == "Ann (2)"
    assert crmctl.clean(file, dry_run=True).report.sample[0]["after"] == "ann@example.com"


def test_importing_crmctl_loads_nothing_heavy():
    program = "import sys, crmctl; print([n for n in ('duckdb', 'polars', 'pyarrow', 'click', 'pydantic') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_session_runs_steps_in_its_store(store, cli):
    assert store.datasets() == ["people"]
    store.clean("people", level="safe")
    store.deduplicate("people", into="customers", merge_at=0.6)
    assert store.datasets() == ["customers", "people"]
    table = store["people"]
    assert isinstance(table, pa.Table)
    assert table.column_names == ["id", "full_name", "email", "total_spent"]
    assert [float(value) for value in table.column("total_spent").to_pylist() if value is not None] == [10.5, 7.0]
    with pytest.raises(crmctl.UsageError, match="the rows went into the store or a file; read them from there"):
        store.clean("people").polars()


def test_a_query_answers_with_arrow_and_is_fenced(store, file):
    table = store.query("select full_name, count(*) as n from people group by 1 order by 1")
    assert table.to_pylist() == [{"full_name": "Ann", "n": 2}, {"full_name": "Bob", "n": 1}]
    with pytest.raises(crmctl.UsageError, match="the table function read_csv is not allowed"):
        store.query("select * from read_csv('f.csv')")
    with pytest.raises(crmctl.UsageError, match="no dataset called 'peple'; did you mean 'people'"):
        store.query("select * from peple")


def test_an_undo_takes_a_run_back(store):
    store.clean("people")
    assert store["people"].column("email").to_pylist()[0] == "ann@example.com"
    done = store.undo()
    assert (done.run, done.undone) == (3, [2])
    assert store["people"].column("email").to_pylist()[0] == "ann@EXAMPLE.com "
    store.undo(done.run)
    assert store["people"].column("email").to_pylist()[0] == "ann@example.com"


RECIPE = """\
recipe: small
params:
  into: {default: people}
steps:
  - import: {files: [f.csv], into: "${into}"}
  - clean: {dataset: "${into}"}
"""


def test_a_recipe_runs_with_its_parameters_as_keywords(cli, file):
    (cli.folder / "small.yaml").write_text(RECIPE, encoding="utf-8")
    reports = crmctl.open(cli.store).run("small.yaml", into="folk")
    assert [(report.command, report.dataset) for report in reports] == [("import", "folk"), ("clean", "folk")]
    assert crmctl.open(cli.store).datasets() == ["folk"]
    loaded = crmctl.load_recipe("small.yaml")
    assert loaded.name == "small"
    crmctl.run_recipe(loaded, store=cli.store)
    crmctl.run_recipe("small.yaml", store=cli.store, dry_run=True, into="none")
    assert crmctl.open(cli.store).datasets() == ["folk", "people"]
    with pytest.raises(crmctl.UsageError, match="recipe small has no parameter 'inot'; did you mean 'into'"):
        crmctl.run_recipe("small.yaml", store=cli.store, inot="x")


def test_the_default_store_is_the_environment_s_or_the_folder_s(cli, file, monkeypatch):
    crmctl.import_("f.csv", into="people")
    assert cli.store.exists()
    monkeypatch.setenv("CRMCTL_STORE", "other.duckdb")
    crmctl.import_("f.csv", into="others")
    assert crmctl.open().datasets() == ["others"]
    assert crmctl.open("crm.duckdb").datasets() == ["people"]


def test_errors_are_exceptions_with_their_exit_codes(cli, store, file):
    with pytest.raises(crmctl.FileError) as missing:
        crmctl.clean("nofile.csv")
    assert (missing.value.exit_code, str(missing.value)) == (3, "no file nofile.csv; check the name and the folder")
    with pytest.raises(crmctl.UsageError) as wrong:
        crmctl.clean(file, feilds=["email"])
    assert str(wrong.value) == "clean: unknown key 'feilds'; did you mean 'fields'?"
    with pytest.raises(crmctl.UsageError, match="clean takes one input, not 2"):
        crmctl.clean(file, file)
    with pytest.raises(crmctl.UsageError, match="'fields' has to be a list"):
        crmctl.clean(file, fields="email")
    (cli.folder / "strict.yaml").write_text("checks:\n  - {kind: unique, field: name}\n", encoding="utf-8")
    with pytest.raises(crmctl.DataFailed) as failed:
        store.check("people", checks="strict.yaml")
    assert failed.value.exit_code == 1
    with pytest.raises(AttributeError, match="has no attribute 'cleen'"):
        _ = crmctl.cleen
    with pytest.raises(AttributeError, match="crmctl has no step 'cleen'; did you mean 'clean'"):
        store.cleen("people")
    assert all(issubclass(kind, crmctl.CrmctlError) for kind in (crmctl.StoreLocked, crmctl.InternalFault))


def test_the_functions_carry_the_steps_documentation():
    assert crmctl.clean.__name__ == "clean"
    assert "Repair values" in str(crmctl.clean.__doc__)
    assert {"open", "run_recipe", "Session"} <= set(dir(crmctl))


def test_one_as_of_moment_holds_for_a_session(cli, file):
    session = crmctl.open(cli.store, as_of="2026-03-01")
    session.import_(file, into="people")
    session.segment("people")
    assert cli("history", "--limit", "1").rows[0]["as_of"] == "2026-03-01"


def test_a_listener_is_told_how_it_goes_on(cli, file):
    told: list[str] = []

    class Listener:
        def run_started(self, run: int, total: int) -> None:
            told.append(f"run {run}")

        def step_started(self, step: int, total: int, name: str) -> None:
            told.append(f"{name} starts")

        def step_finished(self, report: object) -> None:
            told.append("ends")

        def note(self, text: str) -> None:
            told.append("note")

    session = crmctl.open(cli.store, listener=Listener())
    session.import_(file, into="people")
    assert told == ["run 1", "import starts", "ends"]
    (cli.folder / "small.yaml").write_text(RECIPE, encoding="utf-8")
    session.run("small.yaml")
    assert told[3:] == ["run 2", "import starts", "ends", "clean starts", "ends"]
