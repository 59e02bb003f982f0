"""Parquet: every column read as text; written with the types that the query gives."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from crmctl.errors import FileError
from crmctl.formats.loading import Rejects, create_from, number_evenly, prove
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import column_names
from crmctl.formats.reading import fingerprint
from crmctl.messages import translate
from crmctl.sql import SQL, ident, join, sql

if TYPE_CHECKING:
    import pyarrow as pa

_ROW_GROUP = 122_880


def read_parquet(request: Request) -> Reading:
    """Read a Parquet file; times are ISO text, zoned ones in UTC, nested values JSON.

    Raises:
        FileError: It is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sha256, size = fingerprint(request.path)
    try:
        with pq.ParquetFile(request.path) as file:
            schema, expected = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, ValueError) as error:
        raise FileError(
            "{path} is not a sound Parquet file: {problem}", cure="get it again", path=request.path, problem=error
        ) from None
    columns = column_names(schema.names)
    Rejects(request)
    loaded = create_from(request, _rows(request, schema, columns))
    number_evenly(request, 1)
    prove(request, read=expected, loaded=loaded, rejected=0, skipped=0)
    return Reading(
        path=request.path, format="parquet", dialect=None, sheet=None, headers=list(schema.names), columns=columns,
        read=expected, loaded=loaded, rejected=0, skipped=0, sha256=sha256, size=size,
        decision=translate("Parquet, {count} columns", count=len(columns)),
    )  # fmt: skip


def _rows(request: Request, schema: pa.Schema, columns: list[str]) -> SQL:
    positions = [f"c{number}" for number in range(len(columns))]
    cells = join(
        sql("{text} as {name}", text=_as_text(ident(position), field.type), name=ident(name))
        for position, field, name in zip(positions, schema, columns, strict=True)
    )
    return sql(
        "(select {cells} from read_parquet({path}, hive_partitioning = false) as t({positions}))",
        cells=cells, path=glob.escape(str(request.path.absolute())), positions=join(map(ident, positions)),
    )  # fmt: skip


def _as_text(cell: SQL, kind: Any) -> SQL:
    import pyarrow as pa

    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return sql("(({cell}) at time zone 'UTC')::varchar || 'Z'", cell=cell)
    if pa.types.is_nested(kind):
        return sql("to_json({cell})::varchar", cell=cell)
    return sql("{cell}::varchar", cell=cell)


def write_parquet(stream: BinaryIO, batches: Any, headers: Sequence[str]) -> int:
    """Write Arrow batches as one Parquet file; the row groups do not depend on how they were batched.

    Returns:
        The number of rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = column_names(headers) if len({header.casefold() for header in headers}) < len(headers) else list(headers)
    schema = pa.schema([pa.field(name, field.type) for name, field in zip(names, batches.schema, strict=True)])
    held: list[pa.RecordBatch] = []
    rows = total = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in batches:
            held.append(batch.rename_columns(names))
            rows += batch.num_rows
            total += batch.num_rows
            while rows >= _ROW_GROUP:
                table = pa.Table.from_batches(held, schema)
                writer.write_table(table.slice(0, _ROW_GROUP), row_group_size=_ROW_GROUP)
                held, rows = table.slice(_ROW_GROUP).to_batches(), rows - _ROW_GROUP
        if rows or not total:
            writer.write_table(pa.Table.from_batches(held, schema).combine_chunks(), row_group_size=_ROW_GROUP)
    return total
