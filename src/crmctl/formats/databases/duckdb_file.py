"""DuckDB files of others: their tables read as text, through a connection of their own that reaches nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crmctl.errors import FileError
from crmctl.formats.databases.sqlite import choose, only
from crmctl.formats.loading import Rejects, number_evenly, prove
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import column_names
from crmctl.formats.reading import fingerprint
from crmctl.formats.sheets.texts import load_batches
from crmctl.messages import translate
from crmctl.sql import ident, sql

if TYPE_CHECKING:
    import duckdb

_BATCH = 20_000


def tables(path: Path, asked: str | None = None) -> list[str]:
    """The names of a database's tables, sorted, those of other schemas as `schema.table`; only the one asked for.

    Raises:
        FileError: It is damaged, in use, or has no table.
        UsageError: It has no table of that name.
    """
    return choose(path, list(_listed(path)), asked)


def _listed(path: Path) -> dict[str, tuple[str, str]]:
    with _opened(path) as con, _telling(path):
        rows = con.execute(
            "select schema_name, table_name from duckdb_tables() where not internal and not temporary order by 1, 2"
        ).fetchall()
    return {name if schema == "main" else f"{schema}.{name}": (schema, name) for schema, name in rows}


def read_duckdb(request: Request) -> Reading:
    """Read one table of a DuckDB file: the one named, or the only one.

    Raises:
        FileError: It is damaged or in use, or it has several tables and none was named.
        UsageError: It has no table of that name.
    """
    sha256, size = fingerprint(request.path)
    listed = _listed(request.path)
    table = only(request.path, choose(request.path, list(listed), request.options.sheet))
    source = ident(*listed[table])
    with _opened(request.path) as con:
        with _telling(request.path):
            counted = int(con.execute(sql("select count(*) from {table}", table=source).text).fetchall()[0][0])
            reader = con.sql(sql("select * from {table}", table=source).text).to_arrow_reader(_BATCH)
        with contextlib.closing(reader):
            headers = list(reader.schema.names)
            columns = column_names(headers)
            Rejects(request)
            loaded = load_batches(request, reader.schema, reader, columns)
    number_evenly(request, 1)
    prove(request, read=counted, loaded=loaded, rejected=0, skipped=0)
    return Reading(
        path=request.path, format="duckdb", dialect=None, sheet=table, headers=headers, columns=columns,
        read=counted, loaded=loaded, rejected=0, skipped=0, sha256=sha256, size=size,
        decision=f"DuckDB, {translate('table {table}', table=table)}",
    )  # fmt: skip


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, read-only: no extension is loaded, and what it defines reaches no other file.

    Raises:
        FileError: It is damaged, in use, or of a version that is not known.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        "enable_external_access": "false", "memory_limit": "256MB", "threads": "1", "lock_configuration": "true",
    }  # fmt: skip
    with _telling(path):
        con = duckdb.connect(str(path.absolute()), read_only=True, config=config)
    with con:
        yield con


@contextlib.contextmanager
def _telling(path: Path) -> Iterator[None]:
    """What is wrong with the file is told.

    Raises:
        FileError: Something is.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        said = (str(error).splitlines() or ["?"])[0][:300]
        if "lock" in said and "held" in said:
            raise FileError(
                "{path} is in use by another program", cure="close it there, or take a copy", path=path
            ) from None
        raise FileError(
            "{path} cannot be read as a DuckDB file: {problem}", cure="get it again, or export the table as Parquet",
            path=path, problem=said,
        ) from None  # fmt: skip
