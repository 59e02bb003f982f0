"""`write`: what a query gives, as a file of any supported format. How each format is written stands in its own file."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from crmctl.atomic import replacing
from crmctl.errors import FileError
from crmctl.formats.detect import writable
from crmctl.formats.model import Dialect
from crmctl.formats.packing import packing
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join, sql

if TYPE_CHECKING:
    import duckdb

_BATCH = 20_000


def write(
    con: duckdb.DuckDBPyConnection,
    query: SQL,
    target: Path | BinaryIO,
    *,
    format: str,  # noqa: A002 - the option's own name
    columns: Sequence[Column],
    headers: Sequence[str] | None = None,
    dialect: Dialect | None = None,
    as_of: dt.date | None = None,
    literals: frozenset[str] = frozenset(),
    table: str = "rows",
) -> int:
    """Write the rows of a query, in its order; a file is replaced when all is written, or not at all.

    Args:
        con: The connection; no result may be open on it.
        query: A SELECT, or a relation. It gives at least the columns' names.
        target: A file, or a stream; one that ends in .gz or .zst is packed.
        format: One of `WRITABLE`.
        columns: What to write, in order: `Column.name` in the query.
        headers: The headers; the columns' own if left out.
        dialect: For CSV and TSV.
        as_of: The creation date that a workbook shows.
        literals: For JSON: headers whose text is JSON itself.
        table: What a database calls the table.

    Returns:
        The number of rows.

    Raises:
        UsageError: No such format, encoding or delimiter.
        FileError: The target cannot be written, or the format cannot hold the rows.
        BrokenPipeError: As it comes.
    """
    kind = writable(format)
    heads = [column.header for column in columns] if headers is None else list(headers)
    job = _Job(con, query, columns, heads, dialect, as_of, literals, table)
    if isinstance(target, Path):
        with replacing(target) as stream, packing(stream, target, kind) as packed:
            return job.write(kind, packed)
    return job.write(kind, target)


@dataclass(frozen=True, slots=True)
class _Job:
    con: duckdb.DuckDBPyConnection
    query: SQL
    columns: Sequence[Column]
    headers: list[str]
    dialect: Dialect | None
    as_of: dt.date | None
    literals: frozenset[str]
    table: str

    def write(self, kind: str, stream: BinaryIO) -> int:
        """Write one format to a stream."""
        match kind:
            case "csv" | "tsv":
                return self._delimited(stream, "\t" if kind == "tsv" else ",")
            case "xlsx":
                return self._workbook(stream)
            case "parquet":
                from crmctl.formats.parquet import write_parquet

                with _seekable(stream) as file, self._batches(self._as_given()) as batches:
                    return write_parquet(file, batches, self.headers)
            case "arrow":
                from crmctl.formats.arrow import write_arrow

                with _seekable(stream) as file, self._batches(self._as_given()) as batches:
                    return write_arrow(file, batches, self.headers)
            case "vcard":
                from crmctl.formats.vcard.writing import write_vcard

                with self._batches(self._as_given()) as batches:
                    return write_vcard(stream, batches, [column.name for column in self.columns], self.headers)
            case "sqlite":
                return self._database(stream)
            case _:
                return self._json(stream, array=kind == "json")

    def _database(self, stream: BinaryIO) -> int:
        from crmctl.formats.databases.sqlite import write_sqlite

        with tempfile.TemporaryDirectory() as folder, self._batches(self._as_given()) as batches:
            path = Path(folder) / "rows.sqlite"
            count = write_sqlite(path, batches, self.headers, self.table)
            with path.open("rb") as file:
                shutil.copyfileobj(file, stream, 1 << 20)
        return count

    def _json(self, stream: BinaryIO, *, array: bool) -> int:
        from crmctl.formats.jsonfile import object_of, write_json

        cells = [column.identifier for column in self.columns]
        given = sql("select {cells} from ({query})", cells=join(cells), query=self.query)
        types = [str(kind) for kind in self.con.sql(given.text, params=given.values).types]
        with self._batches(object_of(cells, self.headers, types, self.literals)) as batches:
            return write_json(stream, batches, array=array)

    def _delimited(self, stream: BinaryIO, delimiter: str) -> int:
        from crmctl.formats.delimited.writing import checked, line_of, write_delimited

        dialect = checked(self.dialect or Dialect(delimiter=delimiter))
        line = line_of([column.identifier for column in self.columns], dialect, end=dialect.line_end)
        with self._batches(line) as batches:
            return write_delimited(stream, batches, self.headers, dialect)

    def _workbook(self, stream: BinaryIO) -> int:
        from crmctl.formats.workbook.writing import MOST_ROWS, write_xlsx

        counted = sql("select count(*) from ({query})", query=self.query)
        rows = self.con.execute(counted.text, counted.values).fetchall()[0][0]
        if rows > MOST_ROWS:
            raise FileError(
                "{rows} rows, and an Excel sheet holds {limit}", cure="write CSV or Parquet", rows=rows, limit=MOST_ROWS
            )
        texts = join(sql("({cell})::varchar", cell=column.identifier) for column in self.columns)
        with _seekable(stream) as file, self._batches(texts) as batches:
            return write_xlsx(file, batches, self.headers, self.columns, self.as_of, rows)

    def _as_given(self) -> SQL:
        """The columns as they are, under names that cannot clash."""
        return join(
            sql("{column} as {name}", column=column.identifier, name=ident(f"c{number}"))
            for number, column in enumerate(self.columns)
        )

    @contextlib.contextmanager
    def _batches(self, expressions: SQL) -> Iterator[Any]:
        """The rows in batches; when the reader of the output goes away, the connection is free again."""
        selected = sql("select {expressions} from ({query})", expressions=expressions, query=self.query)
        reader = self.con.sql(selected.text, params=selected.values).to_arrow_reader(_BATCH)
        try:
            yield reader
        finally:
            reader.close()


@contextlib.contextmanager
def _seekable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream, or a private file whose content goes into it at the end."""
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as file:
        yield file
        file.seek(0)
        shutil.copyfileobj(file, stream, 1 << 20)
