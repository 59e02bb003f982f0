"""Arrow batches put by until the connection is free: in memory while few, else in an unnamed private file."""

from __future__ import annotations

import tempfile
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from crmctl.sql import SQL, sql

_IN_MEMORY = 32_000_000
_VIEW = "cleaning_spool"


class Spool:
    """Batches of one schema, written once and then inserted into a table in their order."""

    def __init__(self, schema: Any) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - __exit__ closes it
        self._schema = schema
        self._writer = pa.ipc.new_stream(pa.PythonFile(self._file, mode="w"), schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, batch: Any) -> None:
        """Put a record batch by."""
        self._writer.write_batch(batch)

    def insert(self, con: duckdb.DuckDBPyConnection, table: SQL) -> None:
        """Insert everything written into a table with the same columns."""
        self._writer.close()
        self._file.seek(0)
        con.register(_VIEW, pa.ipc.open_stream(pa.PythonFile(self._file, mode="r")))
        try:
            con.execute(sql("insert into {table} select * from cleaning_spool", table=table).text).fetchall()
        finally:
            con.unregister(_VIEW)
