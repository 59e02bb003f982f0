"""What a run keeps beside rows: misfits, fingerprints; and what it refuses before it does any work."""

from __future__ import annotations

import duckdb
import pytest
from tests.conftest import CommandLine

from crmctl.sql import sql

SCHEMA = "name: people\nkey: [id]\nfields:\n  id: {type: id}\n  born: {type: date}\n"


def test_a_cell_that_does_not_fit_its_type_is_a_finding_of_the_import(cli: CommandLine) -> None:
    (cli.folder / "people.yaml").write_text(SCHEMA)
    cli.write("p.csv", [["1", "2026-01-05"], ["2", "soon"], ["3", " "]], ["id", "born"])
    cli("import", "p.csv", "--into", "people", "--schema", "people.yaml")
    with cli.open(read_only=True) as store:
        found = store.rows(sql("select field, status, reason, value, line from _crmctl.findings"))
    assert found == [("born", "invalid", "does not fit its type", "soon", 3)]


def test_a_fingerprint_follows_the_schema_file_and_not_the_run(cli: CommandLine) -> None:
    cli.write("p.csv", [["1", "2026-01-05"]], ["id", "born"])
    found = []
    for name, schema in (("a", SCHEMA), ("b", SCHEMA), ("c", SCHEMA + "  city: {type: city}\n")):
        (cli.folder / "people.yaml").write_text(schema)
        cli("--store", f"{name}.duckdb", "import", "p.csv", "--into", "people", "--schema", "people.yaml")
        with duckdb.connect(str(cli.folder / f"{name}.duckdb")) as con:
            found += con.execute("select fingerprint from _crmctl.versions").fetchall()
    assert found[0] == found[1] != found[2]


def test_a_table_of_the_users_own_is_not_taken_for_a_dataset(cli: CommandLine) -> None:
    cli.write("p.csv", [["1", "x"]], ["id", "city"])
    cli("import", "p.csv", "--into", "other")
    with duckdb.connect(str(cli.store)) as con:
        con.execute("create table people (a integer)")
    assert "people" in cli("import", "p.csv", "--into", "people", code=2).err
    with cli.open(read_only=True) as store:
        assert not store.rows(sql("select 1 from _crmctl.runs where status = 'running'"))


@pytest.mark.parametrize(("name", "value"), [("CRMCTL_THREADS", "abc"), ("CRMCTL_MEMORY", "xyz")])
def test_a_setting_that_makes_no_sense_is_wrong_usage(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    cli.write("p.csv", [["1", "x"]], ["id", "city"])
    monkeypatch.setenv(name, value)
    assert name in cli("import", "p.csv", code=2).err


def test_a_query_may_begin_with_a_comment(cli: CommandLine) -> None:
    cli("sql", "/* c */ select 1 as a", "--into", "z")
    cli("sql", "-- c\nvalues (1)", "--into", "y", code=None)
    assert cli("query", "select a from z", "--format", "csv").out.split() == ["a", "1"]
