"""Opening the store: waiting for its lock, naming its holder, creating it. What is in it is said elsewhere."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from crmctl.errors import FileError, StoreLocked
from crmctl.store.connection import Settings, Store
from crmctl.store.workdir import WorkDir, private_files

_HOLDER = re.compile(r"PID (\d+)")
_LOCKED = re.compile(r"could not set lock on|conflicting lock|used by another process", re.IGNORECASE)
POLL_SECONDS = 0.1


@contextlib.contextmanager
def open_store(
    path: Path | None,
    *,
    read_only: bool = False,
    create: bool = True,
    wait: float = 10.0,
    settings: Settings | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Iterator[Store]:
    """The store at ``path``, or a private one in memory where it is None.

    Args:
        path: The DuckDB file.
        read_only: Many readers may hold it at once; nothing is written.
        create: Whether a missing file is made; else it is an error.
        wait: Seconds to wait for a lock before giving up.
        settings: Memory limit and threads.
        waiting: Told once, in a sentence, that another process is being waited for.

    Raises:
        FileError: The file is missing, is no store, or cannot be read or written.
        StoreLocked: Another process holds it, and went on holding it.
    """
    with WorkDir() as workdir:
        settings = settings or Settings()
        if path is None:
            connection = duckdb.connect(":memory:", config=settings.config())
        else:
            _check_path(path, create=create and not read_only)
            connection = _connect(path, read_only, wait, settings, waiting)
        try:
            with _announced(path, read_only):
                store = Store(connection, path, workdir, read_only=read_only, settings=settings)
                store.prepare()
                yield store
        finally:
            with private_files():
                connection.close()


def _check_path(path: Path, *, create: bool) -> None:
    if path.exists():
        if path.is_dir():
            raise FileError("{path} is a folder, not a store", cure="name a file with --store", path=path)
        return
    if not create:
        raise FileError("no store at {path}", cure="import a file first, or name the store with --store", path=path)
    if not path.parent.is_dir():
        raise FileError("no folder {folder}", cure="create it, or name another store", folder=path.parent)


def _connect(
    path: Path, read_only: bool, wait: float, settings: Settings, waiting: Callable[[str], None] | None
) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + wait
    told = False
    while True:
        try:
            with private_files():
                return duckdb.connect(str(path), read_only=read_only, config=settings.config())
        except duckdb.IOException as error:
            if not is_locked(error):
                raise unreadable(path, error) from None
            if time.monotonic() >= deadline:
                raise locked(path, str(error), wait) from None
            if waiting and not told:
                waiting(locked(path, str(error), wait).cause)
                told = True
            time.sleep(POLL_SECONDS)
        except duckdb.Error as error:
            raise unreadable(path, error) from None


def is_locked(error: duckdb.Error) -> bool:
    """Whether the error says that another process holds the file; the path may hold any word."""
    return isinstance(error, duckdb.IOException) and bool(_LOCKED.search(str(error)))


def unreadable(path: Path, error: duckdb.Error) -> FileError:
    """The error for a store that cannot be opened, with its cure."""
    problem = str(error).split("\n", 1)[0]
    if "not a valid DuckDB database file" in problem:
        return FileError("{path} is not a DuckDB file", cure="name another file with --store", path=path)
    if isinstance(error, duckdb.IOException) and ("permission" in problem.lower() or "read-only" in problem.lower()):
        return FileError(
            "cannot write {path}: permission denied", cure="choose a folder you can write to with --store", path=path
        )
    return FileError("cannot open {path}: {problem}", cure="check the file and its folder", path=path, problem=problem)


def locked(path: Path, problem: str, wait: float) -> StoreLocked:
    """The error for a store that another process holds: its PID, command and since when."""
    found = _HOLDER.search(problem)
    pid = int(found.group(1)) if found else None
    holder = _read_holder(path)
    if pid is not None and holder.get("pid") == pid:
        return StoreLocked(
            "{path} is held by process {pid} ({command}) since {since}",
            cure="wait for it to end, or give it longer with --wait (waited {wait:g} s)",
            path=path, pid=pid, command=holder["command"], since=holder["since"], wait=wait,
        )  # fmt: skip
    return StoreLocked(
        "{path} is held by process {pid}",
        cure="wait for it to end, or give it longer with --wait (waited {wait:g} s)",
        path=path, pid=pid if pid is not None else "?", wait=wait,
    )  # fmt: skip


def _holder_file(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _read_holder(path: Path) -> dict[str, str | int]:
    try:
        data = json.loads(_holder_file(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) and {"pid", "command", "since"} <= data.keys() else {}


@contextlib.contextmanager
def _announced(path: Path | None, read_only: bool) -> Iterator[None]:
    """While the store is held for writing, a file beside it says by whom: DuckDB's own error knows only the PID."""
    if path is None or read_only:
        yield
        return
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
    since = datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    file = _holder_file(path)
    with contextlib.suppress(OSError), private_files():
        file.write_text(json.dumps({"pid": os.getpid(), "command": command, "since": since}), encoding="utf-8")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.unlink()
