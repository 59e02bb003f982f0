"""SQLite files: the tables of a database read as text, and one table written."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crmctl.errors import FileError, UsageError
from crmctl.formats.loading import Rejects, prove
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import column_names
from crmctl.formats.reading import fingerprint
from crmctl.formats.sheets.rows import Row, load_rows
from crmctl.messages import translate
from crmctl.sql import ident, idents, join, sql

_BATCH = 5_000
_LONGEST_CELL = 64 << 20
# What a check says of rows that break a rule of their table; they can be read all the same.
_RULES = ("NULL value in", "CHECK constraint failed", "TEXT value in", "NUMERIC value in", "non-", "row ")


def tables(path: Path, asked: str | None = None) -> list[str]:
    """The names of a database's tables, sorted; only the one that is asked for.

    Raises:
        FileError: It is damaged, or has no table.
        UsageError: It has no table of that name.
    """
    with _opened(path) as con:
        # A virtual table runs code of its own, a view what somebody wrote: neither is a table that was stored.
        listed = con.execute("pragma table_list").fetchall()
    names = sorted(
        _text(row[1]) or ""
        for row in listed
        if _text(row[0]) == "main" and _text(row[2]) == "table" and not (_text(row[1]) or "").startswith("sqlite_")
    )
    return choose(path, names, asked)


def choose(path: Path, names: list[str], asked: str | None) -> list[str]:
    """The tables to read.

    Raises:
        FileError: There is none.
        UsageError: There is none of the name asked for.
    """
    if not names:
        raise FileError("there is no table in {path}", cure="check that the export was complete", path=path)
    if asked is None:
        return names
    found = [name for name in names if name == asked] or [name for name in names if name.casefold() == asked.casefold()]
    if not found:
        raise UsageError("no table called {sheet!r}", cure="it has {names}", sheet=asked, names=", ".join(names))
    return found


def only(path: Path, names: list[str]) -> str:
    """The one table of a database that is read as a whole.

    Raises:
        FileError: There are several.
    """
    if len(names) > 1:
        raise FileError(
            "{path} holds several tables: {names}", cure="name one with --sheet", path=path, names=", ".join(names)
        )
    return names[0]


def read_sqlite(request: Request) -> Reading:
    """Read one table of a SQLite file: the one named, or the only one.

    Raises:
        FileError: It is damaged, or it has several tables and none was named.
        UsageError: It has no table of that name.
    """
    sha256, size = fingerprint(request.path)
    table = only(request.path, tables(request.path, request.options.sheet))
    with _opened(request.path) as con:
        _check(request.path, con)
        counted = con.execute(sql("select count(*) from {table}", table=ident(table)).text).fetchone()[0]
        cursor = con.execute(sql("select * from {table}", table=ident(table)).text)
        headers = [column[0] for column in cursor.description]
        columns = column_names(headers)
        Rejects(request)
        loaded = load_rows(request, columns, _rows(cursor))
    if loaded != counted:
        raise FileError(
            "{path} is damaged: {problem}", cure="get it again", path=request.path,
            problem=translate("{expected} rows are announced, {found} are there", expected=counted, found=loaded),
        )  # fmt: skip
    prove(request, read=counted, loaded=loaded, rejected=0, skipped=0)
    return Reading(
        path=request.path, format="sqlite", dialect=None, sheet=table, headers=headers, columns=columns,
        read=counted, loaded=loaded, rejected=0, skipped=0, sha256=sha256, size=size,
        decision=f"SQLite, {translate('table {table}', table=table)}",
    )  # fmt: skip


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, read-only, nothing of its own run; what is wrong with it is told.

    Raises:
        FileError: It is damaged or in use.
    """
    log = path.with_name(path.name + "-wal")
    pending = log.exists() and log.stat().st_size > 0
    name = f"file:{quote(str(path.absolute()))}?{'mode=ro' if pending else 'mode=ro&immutable=1'}"
    try:
        with contextlib.closing(sqlite3.connect(name, uri=True, isolation_level=None)) as con:
            con.text_factory = bytes
            con.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
            con.execute("pragma trusted_schema = off")
            con.execute("pragma cell_size_check = on")
            con.execute("pragma mmap_size = 0")
            con.execute("pragma query_only = on")
            yield con
    except (sqlite3.Error, sqlite3.Warning, UnicodeError, OverflowError) as error:
        if "locked" in str(error):
            raise FileError(
                "{path} is in use by another program", cure="close it there, or take a copy", path=path
            ) from None
        raise FileError("{path} is damaged: {problem}", cure="get it again", path=path, problem=error) from None


def _check(path: Path, con: sqlite3.Connection) -> None:
    """Look at the structure once: a page that several others point at would be read for ever.

    Raises:
        FileError: It is not sound.
    """
    try:
        found = [_text(row[0]) or "" for row in con.execute("pragma quick_check(20)").fetchall()]
    except sqlite3.OperationalError as error:
        # A constraint may call a function that only its owner's program has.
        if "no such" in str(error) or "unknown function" in str(error):
            return
        raise
    wrong = [said for said in found if said != "ok" and not said.startswith(_RULES)]
    if wrong:
        raise FileError(
            "{path} is damaged: {problem}", cure="get it again", path=path, problem=" ".join(wrong[0].split())
        )


def _rows(cursor: sqlite3.Cursor) -> Iterator[Row]:
    line = 0
    while batch := cursor.fetchmany(_BATCH):
        for cells in batch:
            line += 1
            yield line, [_text(cell) for cell in cells]


def _text(value: Any) -> str | None:
    """A value as text: bytes that are no UTF-8, of which a BLOB may consist, in hexadecimal."""
    match value:
        case None:
            return None
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case float():
            return repr(value)
        case _:
            return str(value)


def write_sqlite(path: Path, batches: Any, headers: Sequence[str], table: str) -> int:
    """Write Arrow batches as the one table of a new SQLite file: numbers as numbers, all else as text.

    Returns:
        The number of rows.
    """
    names = column_names(headers) if len({header.casefold() for header in headers}) < len(headers) else list(headers)
    names = names if all(names) else column_names(names)
    target = ident(table)
    total = 0
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as con:
        con.execute("pragma journal_mode = off")
        con.execute("pragma synchronous = off")
        kinds = [_affinity(field.type) for field in batches.schema]
        columns = join([sql("{name} {kind}", name=ident(n), kind=ident(k)) for n, k in zip(names, kinds, strict=True)])
        con.execute("begin")
        con.execute(sql("create table {target} ({columns})", target=target, columns=columns).text.replace("\0", ""))
        holes = join([sql("{hole}", hole=None) for _ in names])
        insert = sql("insert into {target} ({names}) values ({holes})", target=target, names=idents(names), holes=holes)
        for batch in batches:
            cells = [_plain(column) for column in batch.columns]
            con.executemany(insert.text, zip(*cells, strict=True))
            total += batch.num_rows
        con.execute("commit")
    return total


def _affinity(kind: Any) -> str:
    import pyarrow as pa

    if pa.types.is_integer(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"


def _plain(column: Any) -> list[Any]:
    """A column's values as SQLite holds them."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        return [None if value is None else str(value).lower() for value in column.to_pylist()]
    if pa.types.is_string(column.type) or pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values: list[Any] = column.to_pylist()
        return values
    return [None if value is None else str(value) for value in column.to_pylist()]
