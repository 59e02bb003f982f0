"""One open store: its settings, transactions, fence and counters. Versions, runs and undo have files of their own."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from crmctl.errors import FileError, UsageError
from crmctl.sql import SQL, Hole, ident, sql
from crmctl.store.workdir import WorkDir, private_files

FORMAT = "2"
DEFAULT_MEMORY = "1GB"
DEFAULT_RETENTION = 10
LOG_LIMIT = 64_000_000
"""Bytes of DuckDB's log from which a commit writes it into the store's file."""


_MEMORY = re.compile(r"\s*\d+(\.\d+)?\s*([kmgt](i?b)?|bytes?|b|%)\s*", re.IGNORECASE)


def _whole_number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise UsageError("{name} is {text!r}", cure="write it as a whole number", name=name, text=text)
    return int(text)


@dataclass(frozen=True)
class Settings:
    """What bounds a store's use of the machine.

    Args:
        memory_limit: DuckDB's limit, such as ``"1GB"``.
        threads: Worker threads; 0 leaves the choice to DuckDB.
        retention: The versions of how many runs are kept.
    """

    memory_limit: str = field(default_factory=lambda: os.environ.get("CRMCTL_MEMORY", DEFAULT_MEMORY))
    threads: int = field(default_factory=lambda: _whole_number("CRMCTL_THREADS", os.environ.get("CRMCTL_THREADS", "0")))
    retention: int = DEFAULT_RETENTION

    def __post_init__(self) -> None:
        if not _MEMORY.fullmatch(self.memory_limit):
            raise UsageError(
                "{limit!r} is no memory limit", cure="write CRMCTL_MEMORY as a size such as 2GB or 75%",
                limit=self.memory_limit,
            )  # fmt: skip

    def config(self) -> dict[str, str | bool | int | float | list[str]]:
        """The options with which DuckDB is opened: nothing is ever fetched or installed."""
        options: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": self.memory_limit,
        }
        if self.threads:
            options["threads"] = str(self.threads)
        return options


class Store:
    """An open DuckDB connection with the store's tables in it."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path | None,
        workdir: WorkDir,
        *,
        read_only: bool,
        settings: Settings,
    ) -> None:
        self.con, self.path, self.workdir = connection, path, workdir
        self.read_only, self.settings = read_only, settings
        self._temporary = 0

    def prepare(self) -> None:
        """Set what every connection needs, and create or check the internal tables."""
        spill = self.workdir.path / "spill"
        self.con.execute("set enable_progress_bar = false")
        self.con.execute(sql("set temp_directory = {spill}", spill=str(spill)).literal)
        self.con.execute("set timezone = 'UTC'")
        if self.read_only:
            self._check_format()
            return
        # DuckDB would write its log into the file by itself, and make a new one that others may read.
        self.con.execute("set checkpoint_threshold = '1TB'")
        if not self._is_store():
            self._check_empty()
            with self.transaction("create"):
                layout = Path(__file__).with_name("layout.sql").read_text(encoding="utf-8")
                for statement in self.con.extract_statements(layout):
                    self.con.execute(statement)
                for key, value in (
                    ("format", FORMAT),
                    ("next_id", "1"),
                    ("next_version", "1"),
                    ("erasure_key", secrets.token_hex(32)),
                ):
                    self.execute(sql("insert into _crmctl.meta values ({k}, {v})", k=key, v=value))
        self._check_format()

    def _is_store(self) -> bool:
        return bool(
            self.rows(sql("select 1 from duckdb_tables() where schema_name = '_crmctl' and table_name = 'meta'"))
        )

    def _check_empty(self) -> None:
        """Somebody's own database is not made into a store."""
        if self.rows(sql("select 1 from duckdb_tables() where not internal union all select 1 from duckdb_views()"
                         " where not internal limit 1")):  # fmt: skip
            raise FileError("{path} is not a crmctl store", cure="name another file with --store", path=self.path)

    def _check_format(self) -> None:
        if not self._is_store():
            raise FileError("{path} is not a crmctl store", cure="name another file with --store", path=self.path)
        found = self.scalar(sql("select value from _crmctl.meta where key = 'format'"))
        if found != FORMAT:
            raise FileError(
                "{path} has store format {found}, this crmctl knows {known}",
                cure="use the crmctl that wrote it", path=self.path, found=found, known=FORMAT,
            )  # fmt: skip

    def fence(self, directories: Sequence[Path]) -> None:
        """From now on no statement reaches a file outside these directories, and no setting can be changed."""
        allowed = sorted({str(folder.resolve()) for folder in [*directories, self.workdir.path]})
        self.con.execute(sql("set allowed_directories = {allowed}", allowed=allowed).literal)
        self.con.execute("set enable_external_access = false")
        self.con.execute("set lock_configuration = true")

    def execute(self, query: SQL) -> None:
        """Run a statement for its effect."""
        self.con.execute(query.text, query.values).fetchall()

    def rows(self, query: SQL) -> list[tuple[Any, ...]]:
        """All rows of a (small) result."""
        return self.con.execute(query.text, query.values).fetchall()

    def dicts(self, query: SQL) -> list[dict[str, Any]]:
        """All rows of a (small) result, by column name."""
        cursor = self.con.execute(query.text, query.values)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def scalar(self, query: SQL) -> Any:
        """The one value of a result."""
        row = self.con.execute(query.text, query.values).fetchall()
        return row[0][0] if row else None

    def insert(self, table: SQL, **values: Hole) -> None:
        """Add one row of named values to a table."""
        from crmctl.sql import idents, join

        columns = idents(values)
        cells = join([sql("{v}", v=value) for value in values.values()])
        self.execute(sql("insert into {table} ({columns}) values ({cells})", table=table, columns=columns, cells=cells))

    @contextlib.contextmanager
    def transaction(self, name: str) -> Iterator[None]:
        """All or nothing; ``name`` says which of the store's commits this is."""
        with private_files():
            self.con.execute("begin transaction")
            try:
                yield
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    self.con.execute("rollback")
                raise
            self.commit(name)
            self._shorten_log()

    def _shorten_log(self) -> None:
        """Write a long log into the file, and make the next one here, where its rights are the owner's alone."""
        if self.path is None or not self._log_is_long(self.path.with_name(self.path.name + ".wal")):
            return
        with contextlib.suppress(duckdb.TransactionException):
            self.con.execute("checkpoint")
        # Only a change makes a new log.
        self.execute(sql("insert or replace into _crmctl.meta values ('log', {mark})", mark=secrets.token_hex(8)))

    @staticmethod
    def _log_is_long(log: Path) -> bool:
        return log.exists() and log.stat().st_size > LOG_LIMIT

    def commit(self, name: str) -> None:
        """The one place where a transaction ends well. ``name`` is for those who watch commits."""
        del name
        self.con.execute("commit")

    def next_id(self) -> int:
        """The first row id that is still free."""
        return self._counter("next_id")

    def take_ids(self, count: int) -> int:
        """Allot ``count`` row ids for good; returns the first."""
        return self._take("next_id", count)

    def take_version(self) -> int:
        """Allot a version number for good."""
        return self._take("next_version", 1)

    def _counter(self, key: str) -> int:
        return int(self.scalar(sql("select value from _crmctl.meta where key = {key}", key=key)))

    def _take(self, key: str, count: int) -> int:
        first = self._counter(key)
        self.execute(sql("update _crmctl.meta set value = {v} where key = {key}", v=str(first + count), key=key))
        return first

    def drop_temporary(self) -> None:
        """Drop every temporary table and view: what a step made on its way."""
        found = self.rows(
            sql(
                "select 'view', view_name from duckdb_views() where temporary and not internal"
                " union all select 'table', table_name from duckdb_tables() where temporary"
            )
        )
        for kind, name in found:
            self.execute(sql("drop {kind} temp.{name}", kind=SQL((str(kind),)), name=ident(str(name))))

    def main(self, name: str) -> SQL:
        """The full name of a view that users see: without its catalog it could mean a temporary one."""
        return ident(str(self.scalar(sql("select current_database()"))), "main", name)

    def temporary(self, purpose: str) -> SQL:
        """A fresh name for a temporary table."""
        self._temporary += 1
        return ident(f"run_{purpose}_{self._temporary}")
