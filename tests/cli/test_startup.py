"""Help and completion are fast: they load nothing heavy. Completion knows commands, options, datasets and fields."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

HEAVY = ["duckdb", "polars", "pyarrow", "pydantic", "rich", "numpy", "yaml", "phonenumbers", "jinja2"]
PROGRAM = f"""
import json, sys
from crmctl.cli.root import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(set({HEAVY!r}) & set(sys.modules)), len(sys.modules)]), file=sys.stderr)
"""
Start = Callable[..., "tuple[str, list[str]]"]


@pytest.fixture
def start(cli) -> Start:
    """Run a command line in a fresh interpreter; its output, and what it loaded of what is heavy."""

    def run(*arguments: str, **environment: str) -> tuple[str, list[str]]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments], cwd=cli.folder, env=cli.environment | environment, check=True,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        code, heavy, _ = json.loads(done.stderr.splitlines()[-1])
        assert code == 0
        return done.stdout, heavy

    return run


@pytest.fixture
def complete(cli, start) -> Callable[[str], list[str]]:
    """What bash is offered for the last word of a line."""

    def run(line: str) -> list[str]:
        words = line.split(" ")
        out, heavy = start(_CRMCTL_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
        assert heavy == []
        return [text.split(",", 1)[1] for text in out.splitlines() if text.startswith("plain,")]

    return run


@pytest.fixture
def stored(cli) -> None:
    cli.write("customers.csv", [["1", "a@example.com", "13910284471", "Berlin"]], ["id", "email", "手机", "city"])
    cli("import", "customers.csv", "--into", "customers")
    cli("import", "customers.csv", "--into", "customers old")


@pytest.mark.parametrize(
    "line", ["--help", "-h", "--version", "clean --help", "import --help", "history --help", "store --help"]
)
def test_help_loads_nothing_heavy(start, line):
    out, heavy = start(*line.split())
    assert heavy == []
    assert out.startswith(("Usage: crmctl", "crmctl 0."))


def test_commands_options_and_choices_are_completed(complete):
    assert complete("crmctl cl") == ["clean", "classify"]
    assert complete("crmctl store ") == ["retention", "versions"]
    assert {"--fields", "--level", "--into", "--output"} <= set(complete("crmctl clean --"))
    assert complete("crmctl clean x --level ") == ["safe", "likely"]


def test_datasets_and_their_fields_are_completed_without_opening_the_store(complete, stored):
    assert complete("crmctl clean cust") == ["customers", "customers old"]
    assert complete("crmctl datasets ") == ["customers", "customers old"]
    assert complete("crmctl clean customers --fields ") == ["id", "email", "mobile", "city"]
    assert complete("crmctl export customers --columns id,e") == ["id,email"]


def test_shipped_rules_schemas_and_recipes_are_completed(complete):
    assert complete("crmctl classify x --rules rfm,l") == ["rfm,lifecycle"]
    assert complete("crmctl check x --schema cust") == ["customer"]
    assert complete("crmctl run night") == ["nightly"]


def test_completion_finds_the_store_that_is_named(cli, start, stored):
    environment = {"_CRMCTL_COMPLETE": "bash_complete", "COMP_CWORD": "2", "COMP_WORDS": "crmctl clean cust"}
    elsewhere = cli.folder / "elsewhere"
    elsewhere.mkdir()
    cli.store.with_name("crm.duckdb.names").rename(elsewhere / "b.duckdb.names")
    assert "plain,customers" not in start(**environment)[0]
    assert "plain,customers" in start(**environment, CRMCTL_STORE="elsewhere/b.duckdb")[0]
    named = {"COMP_CWORD": "4", "COMP_WORDS": "crmctl --store elsewhere/b.duckdb clean cust"}
    assert "plain,customers" in start(**environment | named)[0]


def test_a_broken_names_file_is_no_obstacle(cli, complete, stored):
    (cli.folder / "crm.duckdb.names").write_text("{broken", encoding="utf-8")
    assert complete("crmctl clean cust") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_line_that_switches_completion_on(cli, shell):
    assert f"_CRMCTL_COMPLETE={shell}_source crmctl" in cli("completion", shell).out
