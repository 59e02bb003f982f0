"""Typed values as text: how Arrow batches, whatever file they come from, become the text columns of a reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from crmctl.errors import FileError
from crmctl.formats.loading import create_from, refuse_too_wide
from crmctl.formats.model import Request
from crmctl.sql import SQL, ident, join, sql

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = "_formats_batches"


def load_batches(request: Request, schema: pa.Schema, batches: Iterable[pa.RecordBatch], columns: list[str]) -> int:
    """Make the table of a reading out of Arrow batches; the ids and lines are still to be set.

    Times are ISO text, zoned ones in UTC, nested values JSON. Every batch is checked before DuckDB sees it.

    Returns:
        The number of rows.

    Raises:
        FileError: A batch is not sound, or holds a type that has no text.
    """
    import duckdb
    import pyarrow as pa

    refuse_too_wide(request, len(columns))
    positions = [f"c{number}" for number in range(len(columns))]
    shape = pa.schema([pa.field(name, field.type) for name, field in zip(positions, schema, strict=True)])
    problems: list[Exception] = []
    request.con.register(_ROWS, pa.RecordBatchReader.from_batches(shape, _checked(batches, shape, problems)))
    cells = join(
        sql("{text} as {name}", text=_as_text(ident(position), field.type), name=ident(name))
        for position, field, name in zip(positions, schema, columns, strict=True)
    )
    try:
        return create_from(request, sql("(select {cells} from {rows})", cells=cells, rows=ident(_ROWS)))
    except (duckdb.NotImplementedException, duckdb.ConversionException, duckdb.InvalidInputException) as error:
        problem = problems[0] if problems else error
        raise unsound(request, problem) from None
    finally:
        request.con.unregister(_ROWS)


def unsound(request: Request, problem: Exception) -> FileError:
    """What a library's error on a damaged file means to a user."""
    said = (str(problem).splitlines() or [type(problem).__name__])[0]
    return FileError("{path} is damaged: {problem}", cure="get it again", path=request.path, problem=said[:300])


def _checked(
    batches: Iterable[pa.RecordBatch], shape: pa.Schema, problems: list[Exception]
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    try:
        for batch in batches:
            batch.validate(full=True)
            yield pa.RecordBatch.from_arrays(batch.columns, schema=shape)
    except Exception as error:
        problems.append(error)
        raise


def _as_text(cell: SQL, kind: Any) -> SQL:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _as_text(cell, kind.value_type)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return sql("(({cell}) at time zone 'UTC')::varchar || 'Z'", cell=cell)
    if pa.types.is_nested(kind):
        return sql("to_json({cell})::varchar", cell=cell)
    return sql("{cell}::varchar", cell=cell)
