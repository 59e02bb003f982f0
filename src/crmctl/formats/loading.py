"""What every format does with the store: the tables of a reading, its rejects, its row numbers, its sum."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crmctl.errors import FileError, InternalFault
from crmctl.formats.model import Request
from crmctl.sql import SQL, ident, sql

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH, _MOST_COLUMNS = 10_000, 2_000


class Rejects:
    """The table of lines that could not be read, filled in batches."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._rows: list[tuple[int, str, str]] = []
        self.count = 0
        statement = sql(
            "create temp table {rejects} (line bigint, reason varchar, raw varchar)", rejects=request.rejects
        )
        request.con.execute(statement.text)

    def add(self, line: int, reason: str, raw: bytes | str) -> None:
        """Note one record; bytes that are no UTF-8 show in hexadecimal."""
        text = raw if isinstance(raw, str) else raw.decode("utf-8", "backslashreplace")
        self._rows.append((line, reason, text.encode("utf-8", "backslashreplace").decode("utf-8")))
        self.count += 1
        if len(self._rows) >= _BATCH:
            self.flush()

    def clear(self) -> None:
        """Forget all records noted so far."""
        self._rows.clear()
        self.count = 0
        self._request.con.execute(sql("delete from {rejects}", rejects=self._request.rejects).text)

    def flush(self) -> None:
        """Write what is held."""
        import pyarrow as pa

        if not self._rows:
            return
        lines, reasons, raws = zip(*self._rows, strict=True)
        columns = [pa.array(lines, pa.int64()), pa.array(reasons, pa.string()), pa.array(raws, pa.large_string())]
        batch = pa.table(columns, names=["line", "reason", "raw"])
        insert_arrow(self._request, self._request.rejects, batch)
        self._rows.clear()


def refuse_too_wide(request: Request, width: int) -> None:
    """Refuse what has more columns than a table of customers can have; DuckDB's work grows with their square.

    Raises:
        FileError: It has.
    """
    if width > _MOST_COLUMNS:
        raise FileError(
            "{path} has {width} columns, more than {limit}, so it is not a table",
            cure="check that it is what it should be, and name its --format or --delimiter",
            path=request.path, width=width, limit=_MOST_COLUMNS,
        )  # fmt: skip


def insert_arrow(request: Request, table: SQL, rows: Any) -> None:
    """Append an Arrow table or reader to a table, matching columns by name."""
    request.con.register("_formats_rows", rows)
    try:
        statement = sql("insert into {table} by name select * from {rows}", table=table, rows=ident("_formats_rows"))
        request.con.execute(statement.text)
    finally:
        request.con.unregister("_formats_rows")


def create_from(request: Request, rows: SQL) -> int:
    """Make the table of a reading out of a relation of text columns; the ids and lines still to be set.

    Returns:
        The number of rows.
    """
    statement = sql(
        "create {table} {into} as "
        "select 0::bigint as _id, {source}::varchar as _source, 0::bigint as _line, t.* from {rows} as t",
        table=request.table, into=request.into, source=request.source, rows=rows,
    )  # fmt: skip
    request.con.execute(statement.text, statement.values)
    return count(request, request.into)


def number_evenly(request: Request, first_line: int) -> None:
    """Set the ids, and lines that follow one another."""
    statement = sql(
        "update {into} set _id = {first} + rowid, _line = {line} + rowid",
        into=request.into, first=request.first_id, line=first_line,
    )  # fmt: skip
    request.con.execute(statement.text, statement.values)


def number_by(request: Request, lines: Iterable[Any]) -> None:
    """Set the ids, and lines from chunks of numbers in the order of the rows (numpy or `array`, 8 bytes each)."""
    import pyarrow as pa

    con, table = request.con, ident("_formats_lines")
    batches = (_lines_batch(chunk) for chunk in lines)
    con.register("_formats_rows", pa.RecordBatchReader.from_batches(pa.schema([("line", pa.int64())]), batches))
    try:
        make = sql("create temp table {table} as select line from {rows}", table=table, rows=ident("_formats_rows"))
        con.execute(make.text)
    finally:
        con.unregister("_formats_rows")
    update = sql(
        "update {into} as t set _id = {first} + t.rowid, _line = l.line from {table} as l where l.rowid = t.rowid",
        into=request.into, first=request.first_id, table=table,
    )  # fmt: skip
    con.execute(update.text, update.values)
    con.execute(sql("drop table {table}", table=table).text)


def _lines_batch(chunk: Any) -> pa.RecordBatch:
    import pyarrow as pa

    if not isinstance(chunk, array):
        chunk = chunk.astype("int64")
    column = pa.Array.from_buffers(pa.int64(), len(chunk), [None, pa.py_buffer(chunk)])
    return pa.record_batch([column], names=["line"])


def count(request: Request, table: SQL) -> int:
    """The number of rows of a table."""
    return int(request.con.execute(sql("select count(*) from {table}", table=table).text).fetchall()[0][0])


def drop(request: Request, *tables: SQL) -> None:
    """Drop tables that may or may not be there."""
    for table in tables:
        request.con.execute(sql("drop table if exists {table}", table=table).text)


def prove(request: Request, *, read: int, loaded: int, rejected: int, skipped: int) -> None:
    """Hold the account against the tables.

    Raises:
        InternalFault: It does not add up.
    """
    in_table, in_rejects = count(request, request.into), count(request, request.rejects)
    if (in_table, in_rejects) != (loaded, rejected) or read != loaded + rejected + skipped:
        raise InternalFault(
            "{path}: {read} records counted, but {loaded} loaded, {rejected} rejected and {skipped} skipped",
            cure="keep the file and report this",
            path=request.path, read=read, loaded=in_table, rejected=in_rejects, skipped=skipped,
        )  # fmt: skip
