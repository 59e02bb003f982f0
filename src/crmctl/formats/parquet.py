"""Parquet: every column read as text; written with the types that the query gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from crmctl.errors import FileError
from crmctl.formats.arrow import evenly
from crmctl.formats.loading import Rejects, number_evenly, prove
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import column_names
from crmctl.formats.reading import fingerprint
from crmctl.formats.sheets.texts import load_batches
from crmctl.messages import translate

_ROW_GROUP, _BATCH = 122_880, 20_000
_LARGEST_GROUP, _RATIO = 512 << 20, 200


def read_parquet(request: Request) -> Reading:
    """Read a Parquet file; times are ISO text, zoned ones in UTC, nested values JSON.

    Raises:
        FileError: It is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sha256, size = fingerprint(request.path)
    try:
        with pq.ParquetFile(request.path, memory_map=False, pre_buffer=False) as file:
            _refuse_bomb(request, file.metadata, size)
            schema, expected = file.schema_arrow, file.metadata.num_rows
            columns = column_names(schema.names)
            Rejects(request)
            loaded = load_batches(request, schema, file.iter_batches(batch_size=_BATCH), columns)
    except (pa.ArrowException, ValueError, MemoryError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _unsound(request, error) from None
    if loaded != expected:
        raise _unsound(request, translate("{expected} rows are announced, {found} are there", expected=expected,
                                          found=loaded))  # fmt: skip
    number_evenly(request, 1)
    prove(request, read=expected, loaded=loaded, rejected=0, skipped=0)
    return Reading(
        path=request.path, format="parquet", dialect=None, sheet=None, headers=list(schema.names), columns=columns,
        read=expected, loaded=loaded, rejected=0, skipped=0, sha256=sha256, size=size,
        decision=translate("Parquet, {count} columns", count=len(columns)),
    )  # fmt: skip


def _unsound(request: Request, problem: object) -> FileError:
    return FileError(
        "{path} is not a sound Parquet file: {problem}", cure="get it again",
        path=request.path, problem=(str(problem).splitlines() or ["?"])[0][:300],
    )  # fmt: skip


def _refuse_bomb(request: Request, metadata: Any, size: int) -> None:
    """Refuse a file whose pieces would not fit into memory one by one."""
    largest = max((metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)), default=0)
    if largest > _LARGEST_GROUP and largest > _RATIO * size:
        raise FileError(
            "{path} would unpack to {size} MB", cure="if it is what it should be, write it in smaller row groups",
            path=request.path, size=largest // 1_000_000,
        )  # fmt: skip


def write_parquet(stream: BinaryIO, batches: Any, headers: Sequence[str]) -> int:
    """Write Arrow batches as one Parquet file; the row groups do not depend on how they were batched.

    Returns:
        The number of rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = column_names(headers) if len({header.casefold() for header in headers}) < len(headers) else list(headers)
    schema = pa.schema([pa.field(name, field.type) for name, field in zip(names, batches.schema, strict=True)])
    total = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for table in evenly(batches, schema, _ROW_GROUP):
            writer.write_table(table, row_group_size=_ROW_GROUP)
            total += table.num_rows
        if not total:
            writer.write_table(schema.empty_table(), row_group_size=_ROW_GROUP)
    return total
