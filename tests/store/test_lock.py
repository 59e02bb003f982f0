"""One process writes or many read; who waits is told for whom, and private files are private."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crmctl.store import connection, open_store
from crmctl.store.workdir import WorkDir, remove_dead

HOLDER = Path(__file__).with_name("holding.py")


@pytest.fixture
def stocked(cli: Any, poisoned: Path) -> Any:
    """A store with one dataset."""
    cli("import", poisoned, "--into", "a")
    return cli


@contextlib.contextmanager
def held(cli: Any, how: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that has the store open, and its private directory."""
    process = cli.start(HOLDER, cli.store, how)
    try:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
    finally:
        process.communicate("\n", timeout=30)


@pytest.mark.parametrize("command", [["clean", "a"], ["datasets"], ["clean", "a", "--dry-run"], ["undo"]])
def test_a_held_store_is_exit_4_and_names_the_holder(stocked: Any, command: list[str]) -> None:
    with held(stocked, "write") as (process, _):
        begun = time.monotonic()
        answer = stocked(*command, "--wait", 0.5, code=4)
        assert 0.5 <= time.monotonic() - begun < 10
        last = answer.err.splitlines()[-1]
        assert last.startswith(f"error: crm.duckdb is held by process {process.pid} (holding.py {stocked.store} write)")
        assert last.endswith("; wait for it to end, or give it longer with --wait (waited 0.5 s)")
        since = json.loads((stocked.folder / "crm.duckdb.lock").read_text(encoding="utf-8"))["since"]
        assert f" since {since};" in last


def test_a_waiting_command_goes_on_when_the_holder_ends(stocked: Any) -> None:
    with held(stocked, "write") as (process, _):
        assert process.stdin is not None
        threading.Timer(0.7, process.stdin.close).start()
        answer = stocked("clean", "a", "--wait", 30)
        assert f"is held by process {process.pid}" in answer.err
        process.wait(30)
        process.stdin = None


def test_readers_read_side_by_side_and_keep_a_writer_out(stocked: Any) -> None:
    with held(stocked, "read") as (first, _), held(stocked, "read") as (second, _):
        assert len(stocked("query", "from a").rows) == 5
        assert len(stocked("datasets").rows) == 1
        stocked("clean", "a", "--dry-run")
        answer = stocked("clean", "a", "--wait", 0, code=4)
        assert any(f"crm.duckdb is held by process {process.pid};" in answer.err for process in (first, second))


def test_a_stale_lock_file_is_harmless(stocked: Any) -> None:
    lock = stocked.folder / "crm.duckdb.lock"
    for content in ("{}", "not json", json.dumps({"pid": 1, "command": "x", "since": "y"}), "[1]"):
        lock.write_text(content, encoding="utf-8")
        stocked("datasets")
        stocked("clean", "a")
        assert not lock.exists()
    lock.mkdir()
    stocked("clean", "a")


def test_another_holder_than_the_lock_file_says_is_named_by_its_number(stocked: Any) -> None:
    with held(stocked, "write") as (process, _):
        lock = stocked.folder / "crm.duckdb.lock"
        lock.write_text(json.dumps({"pid": 1, "command": "x", "since": "y"}), encoding="utf-8")
        answer = stocked("datasets", "--wait", 0, code=4)
        assert answer.err.startswith(f"error: crm.duckdb is held by process {process.pid};")


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_store_log_lock_and_names_are_the_owner_s_alone(stocked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOG_LIMIT", 0)
    seen: dict[str, set[int]] = {}

    def note() -> None:
        for path in stocked.folder.glob("crm.duckdb*"):
            seen.setdefault(path.name, set()).add(stat.S_IMODE(path.stat().st_mode))
        for path in Path(os.environ["TMPDIR"]).glob("crmctl-*"):
            seen.setdefault("work directory", set()).add(stat.S_IMODE(path.stat().st_mode))

    execute = connection.Store.execute

    def watched(store: connection.Store, query: Any) -> None:
        execute(store, query)
        note()

    monkeypatch.setattr(connection.Store, "execute", watched)
    before = os.umask(0o022)
    try:
        stocked("import", stocked.folder / "a 'quote.csv", "--into", "a", "--mode", "append")
        stocked("clean", "a")
    finally:
        os.umask(before)
    note()
    assert seen == {
        "crm.duckdb": {0o600}, "crm.duckdb.wal": {0o600}, "crm.duckdb.lock": {0o600}, "crm.duckdb.names": {0o600},
        "work directory": {0o700},
    }  # fmt: skip


def test_directories_of_the_dead_are_removed_and_those_of_the_living_are_not(stocked: Any) -> None:
    with held(stocked, "read") as (_, living):
        with held(stocked, "read") as (process, dead):
            process.kill()
            process.wait(30)
            assert dead.is_dir()
        stocked("datasets")
        assert living.is_dir()
        assert not dead.exists()
    assert not living.exists()


def test_only_marked_directories_of_one_s_own_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "crmctl-notes").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "owner.lock").touch()
    with contextlib.suppress(OSError):
        (tmp_path / "crmctl-link").symlink_to(elsewhere)
    with WorkDir() as mine:
        assert remove_dead() == []
        assert mine.path.is_dir()
    (tmp_path / "crmctl-dead").mkdir()
    (tmp_path / "crmctl-dead" / "owner.lock").touch()
    assert remove_dead() == [tmp_path / "crmctl-dead"]
    assert (tmp_path / "crmctl-notes").is_dir()
    assert (elsewhere / "owner.lock").exists()


def test_processes_that_start_together_leave_each_other_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    faults: list[Path] = []

    def work() -> None:
        for _ in range(60):
            with WorkDir() as mine:
                if not (mine.path / "owner.lock").exists():
                    faults.append(mine.path)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"id,name\n1,Ann\n" * 900, "is not a DuckDB file; name another file with --store"),
     (None, "is a folder, not a store; name a file with --store")],
)  # fmt: skip
def test_what_is_no_store_is_said_so(cli: Any, poisoned: Path, content: bytes | None, says: str) -> None:
    if content is None:
        cli.store.mkdir()
    else:
        cli.store.write_bytes(content)
    assert cli("import", poisoned, code=3).err.endswith(f"crm.duckdb {says}\n")


@pytest.mark.parametrize("command", [["import", "a 'quote.csv"], ["datasets"], ["undo"], ["clean", "a", "--dry-run"]])
def test_somebody_s_own_database_is_not_made_into_a_store(cli: Any, poisoned: Path, command: list[str]) -> None:
    with duckdb.connect(str(cli.store)) as con:
        con.execute("create table a (b int)")
    before = cli.store.read_bytes()
    assert cli(*command, code=3).err == "error: crm.duckdb is not a crmctl store; name another file with --store\n"
    with duckdb.connect(str(cli.store), read_only=True) as con:
        assert con.execute("select distinct schema_name from duckdb_tables()").fetchall() == [("main",)]
    assert cli.store.read_bytes() == before


def test_a_store_of_another_format_is_refused(stocked: Any) -> None:
    with duckdb.connect(str(stocked.store)) as con:
        con.execute("update _crmctl.meta set value = '99' where key = 'format'")
    says = "error: crm.duckdb has store format 99, this crmctl knows 2; use the crmctl that wrote it\n"
    assert stocked("datasets", code=3).err == says
    assert stocked("clean", "a", code=3).err == says


def test_reading_makes_no_store(cli: Any) -> None:
    says = "error: no store at crm.duckdb; import a file first, or name the store with --store\n"
    assert cli("datasets", code=3).err == says
    assert not cli.store.exists()


def test_any_duckdb_client_sees_a_dataset_as_a_view_of_its_name_wherever_the_file_lies(
    cli: Any, poisoned: Path
) -> None:
    cli("import", poisoned, "--into", 'it\'s "mine"')
    moved = cli.store.rename(cli.folder / "elsewhere.db")
    with duckdb.connect(str(moved), read_only=True) as con:
        found = con.execute('select count(*), min(created_at) from "it\'s ""mine"""').fetchall()
        assert str(found) == "[(5, datetime.datetime(2026, 1, 5, 0, 0))]"
        assert con.execute('select count(*) from "it\'s ""mine""_ids"').fetchall() == [(5,)]


def test_a_private_store_needs_no_file() -> None:
    with open_store(None) as store:
        assert store.path is None
        assert store.take_ids(3) + 3 == store.next_id()
