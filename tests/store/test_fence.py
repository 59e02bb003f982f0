"""A user's SQL reaches the datasets it is given, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crmctl import yamlfile
from crmctl.errors import UsageError
from crmctl.sql import sql
from crmctl.store import Store, fenced_select, open_store
from crmctl.store.fence import _BARE, _REFUSED, check_select, tables_read

CASES: dict[str, Any] = yamlfile.load(Path(__file__).with_name("fence_cases.yaml")).data
DATASETS = ["contacts", "select"]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with open_store(None) as opened:
        for name in DATASETS:
            opened.con.execute(f"create view \"{name}\" as select 'Ann' as name").fetchall()
        yield opened


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["sql"])
def test_what_is_no_plain_select_is_refused_with_a_cure(store: Store, case: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        fenced_select(store, case["sql"], DATASETS)
    assert str(caught.value) == case["says"]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", CASES["accepted"])
def test_a_harmless_select_passes_and_can_be_spliced(store: Store, text: str) -> None:
    query = fenced_select(store, text, DATASETS)
    assert query.values == []
    assert store.rows(sql("select * from ({query})", query=query))


def test_every_function_that_duckdb_itself_calls_volatile_is_refused(store: Store) -> None:
    volatile = store.con.execute(
        "select distinct function_name from duckdb_functions()"
        " where function_type = 'scalar' and stability <> 'CONSISTENT' and function_name <> 'error'"
    ).fetchall()
    assert {name for (name,) in volatile} <= _REFUSED | _BARE


def test_every_word_that_duckdb_answers_without_parentheses_is_refused() -> None:
    with duckdb.connect() as con:
        words = con.execute("select keyword_name from duckdb_keywords()").fetchall()
        names = con.execute("select distinct function_name from duckdb_functions()").fetchall()
        for word in sorted({str(row[0]) for row in [*words, *names]}):
            if word.isidentifier() and _answers(con, word):
                with pytest.raises(UsageError):
                    check_select(f"select {word}")


def _answers(con: duckdb.DuckDBPyConnection, word: str) -> bool:
    try:
        con.execute(f"select {word} as answer").fetchall()
    except duckdb.Error:
        return False
    return word not in {"null", "true", "false"}


def test_the_tables_a_query_reads_leave_its_own_expressions_out(store: Store) -> None:
    text = "with a as (select * from contacts), b as (select * from a) select * from b, \"Select\", 'x.csv'"
    assert tables_read(store, text) == {"contacts", "select", "x.csv"}


def test_a_recipe_s_query_is_checked_before_its_datasets_exist() -> None:
    check_select("select * from datasets_to_come")
    with pytest.raises(UsageError, match="getenv"):
        check_select("with a as (select getenv('HOME')) select * from a")


@pytest.mark.parametrize("command", [["sql"], ["query"]])
@pytest.mark.parametrize(
    "text", ["select * from read_csv('other.csv')", "with x as (copy contacts to 'x.csv') select 1"]
)
def test_the_commands_refuse_it_too(cli: Any, poisoned: Path, command: list[str], text: str) -> None:
    cli("import", poisoned, "--into", "contacts")
    into = ["--into", "x"] if command == ["sql"] else []
    assert cli(*command, text, *into, code=2).err.startswith("error: ")
    assert not (cli.folder / "x.csv").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("select nope from contacts",
         'error: the query fails: Binder Error: Referenced column "nope" not found in FROM clause!'),
        ("select nope(id) from contacts",
         "error: the query fails: Catalog Error: Scalar Function with name nope does not exist!"),
        ('select "select"::int as n from contacts',
         "error: the query fails: Conversion Error: Could not convert string 'north' to INT32"),
    ],
)  # fmt: skip
def test_a_query_that_fails_is_the_user_s_to_mend(cli: Any, poisoned: Path, text: str, says: str) -> None:
    cli("import", poisoned, "--into", "contacts")
    answer = cli("sql", text, "--into", "x", code=2)
    assert answer.err.splitlines()[-1].startswith(says)
    assert answer.err.endswith("; mend the query\n")
