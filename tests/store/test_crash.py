"""A process that is killed leaves the store as it was or as it should be, and nothing behind that stays."""

from __future__ import annotations

import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmctl.sampling import generate
from crmctl.sql import ident, sql
from crmctl.store.versions import heads

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")

State = Callable[[Path], dict[str, Any]]
DRIVER = Path(__file__).with_name("dying.py")

QUICK = """
recipe: quick
as_of: 2026-06-30
params:
  data: {type: path, help: The folder with the exports.}
steps:
  - import: {files: ["${data}/crm.csv"], into: contacts, source: crm, schema: customer, mode: replace}
  - remove: {dataset: contacts, where: email is missing, reason: no e-mail}
  - sql: {query: "select city, count(*) as n from contacts group by city", into: it's "cities", key: [city]}
  - segment: {dataset: contacts, segments: default}
"""


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Today's files; the store holds yesterday's."""
    out = tmp_path_factory.mktemp("today")
    generate(out, customers=40, seed=9)
    return out


@pytest.fixture
def quick(filled: Any, today: Path) -> list[str]:
    """The arguments of a short run over yesterday's store with today's files."""
    (filled.folder / "quick.yaml").write_text(QUICK, encoding="utf-8")
    return ["run", "quick.yaml", "--set", f"data={today}"]


def data_of(cli: Any) -> dict[str, list[Any]]:
    """What every dataset shows, whatever its row ids."""
    with cli.open(read_only=True) as store:
        return {
            head.dataset: store.rows(sql("from {view} order by all", view=ident("main", head.dataset)))
            for head in heads(store)
        }


def assert_tidy(cli: Any) -> None:
    """No table without a version, no version without a table, no intermediate result, no temporary directory."""
    with cli.open(read_only=True) as store:
        tables = {row[0] for row in store.rows(sql("select table_name from duckdb_tables()"
                  " where regexp_full_match(table_name, '(v|scratch)[0-9]+')"))}  # fmt: skip
        assert tables == {f"v{row[0]}" for row in store.rows(sql("select version from _crmctl.versions"))}
        running = sql("select run from _crmctl.runs where status = 'running'")
        assert store.rows(running) == []
    assert list(Path(cli.environment["TMPDIR"]).glob("crmctl-*")) == []


def die(cli: Any, commit: str, moment: str, count: int, *arguments: str) -> None:
    process = cli.start(DRIVER, commit, moment, count, *arguments)
    _, err = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, err


@pytest.mark.parametrize(
    ("commit", "moment", "count"),
    [("start", "before", 1), ("start", "after", 1), ("step", "before", 1), ("step", "after", 1), ("step", "after", 3),
     ("step", "after", 4), ("publish", "before", 1), ("publish", "after", 1), ("prune", "before", 1),
     ("prune", "after", 1)],
)  # fmt: skip
def test_killed_around_a_commit_the_store_is_the_old_or_the_new_one(
    filled: Any, quick: list[str], state: State, commit: str, moment: str, count: int
) -> None:
    old = state(filled.store)
    die(filled, commit, moment, count, *quick)
    found = state(filled.store)
    published = commit == "prune" or (commit, moment) == ("publish", "after")
    assert (found == old) is not published
    if published:
        assert filled("history", "--limit", 1).rows[0]["status"] == "done"
        filled("undo")
        assert state(filled.store) == old
    filled(*quick)
    assert_tidy(filled)
    assert set(data_of(filled)) == {*old["content"], 'it\'s "cities"'}
    filled("undo")
    assert state(filled.store) == old


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_while_the_store_is_made(cli: Any, poisoned: Path, moment: str) -> None:
    die(cli, "create", moment, 1, "import", str(poisoned), "--into", "a")
    cli("import", poisoned, "--into", "a")
    assert len(data_of(cli)["a"]) == 5
    assert_tidy(cli)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_while_a_failure_is_noted(filled: Any, sample: Path, state: State, moment: str) -> None:
    old = state(filled.store)
    few = filled.write("few.csv", [["1"]], ["Customer ID"])
    failing = [
        "import",
        str(few),
        "--into",
        "contacts",
        "--source",
        "crm",
        "--schema",
        "customer",
        "--mode",
        "snapshot",
    ]
    die(filled, "end", moment, 1, *failing)
    assert state(filled.store) == old
    filled(*failing, code=1)
    filled("clean", "contacts")
    assert_tidy(filled)
    assert [row["status"] for row in filled("history", "--limit", 3).rows] == [
        "done", "failed", "failed" if moment == "after" else "interrupted",
    ]  # fmt: skip


def test_killed_in_an_undo_the_run_is_in_effect_or_not(filled: Any, state: State) -> None:
    before = state(filled.store)
    filled("clean", "contacts")
    after = state(filled.store)
    die(filled, "publish", "before", 1, "undo")
    assert state(filled.store) == after
    die(filled, "publish", "after", 1, "undo")
    assert state(filled.store) == before


def test_a_failed_run_leaves_the_store_as_it_was(filled: Any, state: State) -> None:
    before = state(filled.store)
    (filled.folder / "failing.yaml").write_text(
        "recipe: failing\nsteps:\n  - clean: {dataset: contacts}\n"
        '  - sql: {query: select "City"::int as n from contacts, into: broken}\n',
        encoding="utf-8",
    )
    counts = []
    for _ in range(2):
        filled("run", "failing.yaml", code=2)
        assert state(filled.store) == before
        counts.append(len(filled("store", "versions").rows))
    assert counts[0] == counts[1], "failed runs must not pile up"
    filled("clean", "contacts")
    assert_tidy(filled)


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_ever_mixed(filled: Any, quick: list[str], state: State) -> None:
    untouched = filled.folder / "untouched.duckdb"
    shutil.copy(filled.store, untouched)
    old = state(filled.store)
    begun = time.monotonic()
    filled.process(*quick)
    seconds = time.monotonic() - begun
    new, expected = state(filled.store), data_of(filled)
    assert old != new
    chance, killed, seen = random.Random(20260630), 0, set()  # noqa: S311 - moments, no secrets
    for _ in range(30):
        for leftover in filled.folder.glob("crm.duckdb*"):
            leftover.unlink()
        shutil.copy(untouched, filled.store)
        process = filled.start("-m", "crmctl", *quick)
        time.sleep(chance.uniform(0.2, 1.0) * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        killed += process.returncode == -signal.SIGKILL
        found = state(filled.store)
        assert found in (old, new)
        seen.add(found == old)
        filled(*quick)
        assert data_of(filled) == expected
        assert_tidy(filled)
    assert killed > 15
    assert True in seen
