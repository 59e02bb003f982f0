"""Tables of PostgreSQL and MySQL servers, named by a URL: streamed into a private Arrow file, which is read like any.

The drivers come with the extra `databases` and load when a URL is read.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from crmctl.errors import CrmctlError, FileError, UsageError
from crmctl.sql import SQL, ident, join, sql

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 20_000
_URL = re.compile(r"(postgres|postgresql|mysql|mariadb)://", re.IGNORECASE)
_SECRET = re.compile(r"(?<=://)([^/@:?#]*):([^/?#]*)@")
Run = Callable[[SQL], Iterator["pa.RecordBatch"]]


def is_url(text: str) -> bool:
    """Whether an INPUT names a table on a server.

    >>> is_url("postgresql://me@localhost/crm?table=customers"), is_url("customers.csv")
    (True, False)
    """
    return _URL.match(text) is not None


def shown(text: str) -> str:
    """A URL without its password, for everything that is said or kept.

    >>> shown("mysql://me:secret@db/crm?table=t")
    'mysql://me:***@db/crm?table=t'
    """
    return _SECRET.sub(r"\1:***@", text) if is_url(text) else text


def without_passwords(value: Any) -> Any:
    """Parameters as they may be kept: no URL in them has its password."""
    match value:
        case str():
            return shown(value)
        case Mapping():
            return {key: without_passwords(item) for key, item in value.items()}
        case list() | tuple():
            return [without_passwords(item) for item in value]
        case _:
            return value


@dataclass(frozen=True, slots=True)
class _Server:
    """What is the same of both servers once one is connected.

    Args:
        run: Runs a statement and streams its rows, every cell text.
        as_text: The expression that makes text of a column of a type.
    """

    run: Run
    as_text: Callable[[SQL, str], SQL]


def table_of(url: str) -> str:
    """What a URL names: its table, else its database."""
    parts = urlsplit(url)
    return dict(parse_qsl(parts.query)).get("table") or unquote(parts.path.strip("/")) or parts.hostname or ""


def fetch(url: str, workdir: Path) -> Path:
    """Stream a table into a private Arrow file of text columns, in the order of its primary key.

    Args:
        url: ``postgresql://user:password@host:port/database?table=schema.table``, or ``mysql://…``.
        workdir: A private folder.

    Raises:
        UsageError: The driver is missing, or the URL names no table that is there.
        FileError: The server cannot be reached or does not answer.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    asked = options.pop("table", None)
    bare = urlunsplit(parts._replace(query=urlencode(options)))
    connect = _postgres if parts.scheme.lower().startswith("postgres") else _mysql
    try:
        with connect(bare) as server:
            return _stream(server, url, asked, workdir)
    except CrmctlError:
        raise
    except ImportError:
        raise UsageError(
            "reading from a database server needs further packages", cure="pip install 'crmctl[databases]'"
        ) from None
    except Exception as error:  # every driver has errors of its own
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise FileError(
            "cannot read {url}: {problem}", cure="check the address, the user and the password",
            url=shown(url), problem=said.replace(parts.password or "\0", "***")[:300],
        ) from None  # fmt: skip


def _stream(server: _Server, url: str, asked: str | None, workdir: Path) -> Path:
    import pyarrow as pa

    schema, table = _choose(url, asked, [(row[0], row[1]) for row in _rows(server, _TABLES)])
    columns = _rows(server, _columns(schema, table))
    key = [ident(name) for (name,) in _rows(server, _key(schema, table))]
    source = ident(schema, table)
    cells = join([sql("{text} as {name}", text=server.as_text(ident(name), kind), name=ident(name))
                  for name, kind in columns])  # fmt: skip
    order = sql(" order by {key}", key=join(key)) if key else sql("")
    counted = int(_rows(server, sql("select count(*) as n from {source}", source=source))[0][0])
    target = Path(tempfile.mkdtemp(dir=workdir, prefix="fetched-")) / "table.arrow"
    shape = pa.schema([pa.field(f"c{number}", pa.string()) for number in range(len(columns))])
    named = pa.schema([pa.field(name, pa.string()) for name, _ in columns])
    found = 0
    with pa.OSFile(str(target), "wb") as file, pa.ipc.new_file(file, named) as writer:
        for batch in server.run(sql("select {cells} from {source}{order}", cells=cells, source=source, order=order)):
            plain = [column.cast(field.type) for column, field in zip(batch.columns, shape, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(plain, schema=named))
            found += batch.num_rows
    if found != counted:
        raise FileError(
            "{url}: {counted} rows are there, but {found} came", cure="try again", url=shown(url), counted=counted,
            found=found,
        )  # fmt: skip
    return target


def _choose(url: str, asked: str | None, tables: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The table that is meant: with its schema, or without where that is enough; the only one if none is named."""
    names = [table if schema in {"public", ""} else f"{schema}.{table}" for schema, table in tables]
    whole = [(s, t) for s, t in tables if asked is None or asked in {f"{s}.{t}", t if s == "public" else None}]
    for found in (whole, [(s, t) for s, t in tables if asked == t]):
        if len(found) == 1:
            return found[0]
    raise UsageError(
        "which table of {url}?" if asked is None else "no table {table} in {url}",
        cure="end the URL in ?table=NAME; it has {names}", url=shown(url), table=asked,
        names=", ".join(names[:20]) or "-",
    )  # fmt: skip


_TABLES = sql(
    "select table_schema, table_name from information_schema.tables where table_schema not in"
    " ('pg_catalog', 'information_schema', 'mysql', 'performance_schema', 'sys') order by 1, 2"
)


def _columns(schema: str, table: str) -> SQL:
    return sql(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = {schema} and table_name = {table} order by ordinal_position",
        schema=schema,
        table=table,
    )


def _key(schema: str, table: str) -> SQL:
    return sql(
        "select k.column_name from information_schema.table_constraints c"
        " join information_schema.key_column_usage k"
        " on k.constraint_schema = c.constraint_schema and k.constraint_name = c.constraint_name"
        " and k.table_schema = c.table_schema and k.table_name = c.table_name"
        " where c.constraint_type = 'PRIMARY KEY' and c.table_schema = {schema} and c.table_name = {table}"
        " order by k.ordinal_position",
        schema=schema,
        table=table,
    )


def _rows(server: _Server, query: SQL) -> list[tuple[str, ...]]:
    return [tuple(map(str, row.values())) for batch in server.run(query) for row in batch.to_pylist()]


@contextlib.contextmanager
def _postgres(url: str) -> Iterator[_Server]:
    """One snapshot of a PostgreSQL database, read only."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as con, con.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("set local datestyle = 'ISO'")
        cursor.execute("set local timezone = 'UTC'")

        def run(query: SQL) -> Iterator[pa.RecordBatch]:
            cursor.execute(query.literal)
            yield from cursor.fetch_record_batch()

        yield _Server(run, _postgres_text)


def _postgres_text(column: SQL, kind: str) -> SQL:
    if kind == "timestamp with time zone":
        return sql("({column} at time zone 'UTC')::text || 'Z'", column=column)
    return sql("{column}::text", column=column)


@contextlib.contextmanager
def _mysql(url: str) -> Iterator[_Server]:
    """One snapshot of a MySQL or MariaDB database, read only."""
    import os

    import pyarrow as pa
    import pymysql
    from pymysql.converters import conversions
    from pymysql.cursors import SSCursor

    parts = urlsplit(url)
    # Without decoders every value comes as the server spells it.
    encoders = {kind: convert for kind, convert in conversions.items() if not isinstance(kind, int)}
    con = pymysql.connect(
        host=parts.hostname or "localhost", port=parts.port or 3306, user=unquote(parts.username or "") or None,
        password=unquote(parts.password or "") or os.environ.get("MYSQL_PWD", ""),
        database=unquote(parts.path.strip("/")) or None, charset="utf8mb4", conv=encoders, connect_timeout=10,
        init_command="set session sql_mode = 'ANSI_QUOTES', time_zone = '+00:00'",
    )  # fmt: skip

    def run(query: SQL) -> Iterator[pa.RecordBatch]:
        with con.cursor(SSCursor) as cursor:
            cursor.execute(query.literal)
            names = [column[0] for column in cursor.description or ()]
            while rows := cursor.fetchmany(_BATCH):
                columns = [pa.array([_plain(cell) for cell in cells], pa.string()) for cells in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, names=names)

    with con:
        with con.cursor() as cursor:
            cursor.execute("start transaction with consistent snapshot, read only")
        yield _Server(run, lambda column, _: column)


def _plain(cell: Any) -> str | None:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "backslashreplace")
    return None if cell is None else str(cell)
