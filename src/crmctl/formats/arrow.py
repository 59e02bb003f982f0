"""Arrow IPC, as a file (Feather 2) or as a stream: every column read as text; written with the query's types."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from crmctl.errors import FileError
from crmctl.formats.loading import Rejects, number_evenly, prove
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import column_names
from crmctl.formats.reading import fingerprint
from crmctl.formats.sheets.texts import load_batches
from crmctl.messages import translate

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 65_536


def read_arrow(request: Request) -> Reading:
    """Read an Arrow file or stream.

    Raises:
        FileError: It is damaged or cut off.
    """
    import pyarrow as pa

    sha256, size = fingerprint(request.path)
    counted = 0

    def counting(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        nonlocal counted
        for batch in batches:
            counted += batch.num_rows
            yield batch

    try:
        with _opened(request) as (schema, batches, kind):
            columns = column_names(schema.names)
            Rejects(request)
            loaded = load_batches(request, schema, counting(batches), columns)
    except (pa.ArrowException, ValueError, MemoryError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise FileError(
            "{path} is not a sound Arrow file: {problem}", cure="get it again",
            path=request.path, problem=(str(error).splitlines() or ["?"])[0][:300],
        ) from None  # fmt: skip
    number_evenly(request, 1)
    prove(request, read=counted, loaded=loaded, rejected=0, skipped=0)
    return Reading(
        path=request.path, format="arrow", dialect=None, sheet=None, headers=list(schema.names), columns=columns,
        read=counted, loaded=loaded, rejected=0, skipped=0, sha256=sha256, size=size,
        decision=f"{kind}, {translate('{count} columns', count=len(columns))}",
    )  # fmt: skip


@contextlib.contextmanager
def _opened(request: Request) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch], str]]:
    import pyarrow as pa

    with pa.OSFile(str(request.path)) as file:
        if file.read(6) == b"ARROW1":
            file.seek(0)
            reader = pa.ipc.open_file(file)
            pieces = (reader.get_batch(number) for number in range(reader.num_record_batches))
            yield reader.schema, pieces, translate("Arrow file")
            return
        file.seek(0)
        with pa.ipc.open_stream(file) as stream:
            yield stream.schema, iter(stream), translate("Arrow stream")


def write_arrow(stream: BinaryIO, batches: Any, headers: Sequence[str]) -> int:
    """Write Arrow batches as one Arrow file; its pieces do not depend on how they were batched.

    Returns:
        The number of rows.
    """
    import pyarrow as pa

    names = column_names(headers) if len({header.casefold() for header in headers}) < len(headers) else list(headers)
    schema = pa.schema([pa.field(name, field.type) for name, field in zip(names, batches.schema, strict=True)])
    total = 0
    with pa.ipc.new_file(stream, schema) as writer:
        for table in evenly(batches, schema, _BATCH):
            writer.write_table(table, max_chunksize=_BATCH)
            total += table.num_rows
    return total


def evenly(batches: Any, schema: pa.Schema, size: int) -> Iterator[pa.Table]:
    """The rows in tables of one size, however they came; the last one may be smaller."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
        rows += batch.num_rows
        while rows >= size:
            table = pa.Table.from_batches(held, schema)
            yield table.slice(0, size).combine_chunks()
            held, rows = table.slice(size).to_batches(), rows - size
    if rows:
        yield pa.Table.from_batches(held, schema).combine_chunks()
