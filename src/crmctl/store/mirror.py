"""A private store that sees another one's datasets without touching it: dry runs, and reading beside other readers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from crmctl.errors import FileError
from crmctl.sql import SQL, ident, sql
from crmctl.store.access import POLL_SECONDS, is_locked, locked, open_store, unreadable
from crmctl.store.connection import Settings, Store
from crmctl.store.workdir import private_files

_COPIED = (
    "runs", "inputs", "versions", "heads", "moves", "ids", "contents", "aliases", "golden_ids", "memberships",
    "segment_sizes",
    "decisions", "files_seen", "tombstones",
)  # fmt: skip


@contextlib.contextmanager
def private_store(
    base: Path | None = None,
    *,
    wait: float = 10.0,
    settings: Settings | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Iterator[Store]:
    """A store in memory, with the heads of the store at ``base`` in it where that exists.

    Raises:
        FileError: ``base`` cannot be read or is no store.
        StoreLocked: Another process goes on writing to it.
    """
    with open_store(None, settings=settings) as store:
        if base is not None and base.exists():
            _attach(store, base, wait, waiting)
            _copy_registers(store, base)
        yield store


def _attach(store: Store, base: Path, wait: float, waiting: Callable[[str], None] | None) -> None:
    deadline = time.monotonic() + wait
    statement = sql("attach {path} as base (read_only)", path=str(base)).literal
    told = False
    while True:
        try:
            with private_files():
                store.con.execute(statement)
        except duckdb.Error as error:
            if not is_locked(error):
                raise unreadable(base, error) from None
            if time.monotonic() >= deadline:
                raise locked(base, str(error), wait) from None
            if waiting and not told:
                waiting(locked(base, str(error), wait).cause)
                told = True
            time.sleep(POLL_SECONDS)
        else:
            return


def _copy_registers(store: Store, base: Path) -> None:
    known = {
        str(row[0])
        for row in store.rows(
            sql("select table_name from duckdb_tables() where database_name = 'base' and schema_name = '_crmctl'")
        )
    }
    if "meta" not in known:
        raise FileError("{path} is not a crmctl store", cure="name another file with --store", path=base)
    for name in _COPIED:
        table = ident("_crmctl", name)
        store.execute(sql("insert into {table} select * from {base}", table=table, base=ident("base", "_crmctl", name)))
    store.execute(
        sql(
            "insert into _crmctl.memberships select * from base._crmctl.memberships where"
            " (lower(dataset), segment, run) in (select (lower(dataset), segment, max(run)) from"
            "   base._crmctl.segment_sizes join base._crmctl.runs using (run) where effective"
            "   group by lower(dataset), segment)"
        )
    )
    store.execute(sql("delete from _crmctl.meta"))
    store.execute(sql("insert into _crmctl.meta select * from base._crmctl.meta"))
    for row in store.rows(sql("select version from _crmctl.heads order by version")):
        name = f"v{row[0]}"
        store.execute(
            sql(
                "create view {view} as select * from {table}",
                view=ident("_crmctl", name),
                table=ident("base", "_crmctl", name),
            )
        )


def whole_log(store: Store, name: str) -> SQL:
    """A register that a private store does not copy: the one of the store that it mirrors, else its own."""
    mirrored = store.scalar(
        sql(
            "select count(*) from duckdb_tables() where database_name = 'base' and schema_name = '_crmctl'"
            " and table_name = {name}",
            name=name,
        )
    )
    return ident("base", "_crmctl", name) if mirrored else ident("_crmctl", name)
