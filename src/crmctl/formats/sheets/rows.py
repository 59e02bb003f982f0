"""Rows of Python strings into the table of a reading, in bounded batches. Where they come from is each format's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crmctl.formats.loading import insert_arrow, refuse_too_wide
from crmctl.formats.model import Request
from crmctl.sql import ident, join, sql

_BATCH = 10_000
Row = tuple[int, Sequence[str | None]]


def load_rows(request: Request, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Make the table of a reading and fill it.

    Args:
        request: The reading.
        columns: The SQL names.
        rows: Each row's line and its cells, as many as there are columns.

    Returns:
        The number of rows.
    """
    refuse_too_wide(request, len(columns))
    cells = join(sql("{name} varchar", name=ident(name)) for name in columns)
    statement = sql(
        "create {table} {into} (_id bigint, _source varchar, _line bigint{comma}{cells})",
        table=request.table, into=request.into, comma=sql(", ") if columns else sql(""), cells=cells,
    )  # fmt: skip
    request.con.execute(statement.text)
    loaded = 0
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) == _BATCH:
            loaded = _insert(request, columns, held, loaded)
            held = []
    return _insert(request, columns, held, loaded) if held else loaded


def _insert(request: Request, columns: Sequence[str], held: list[Row], loaded: int) -> int:
    import pyarrow as pa

    first = request.first_id + loaded
    arrays = [
        pa.array(range(first, first + len(held)), pa.int64()),
        pa.array([request.source] * len(held), pa.string()),
        pa.array([line for line, _ in held], pa.int64()),
        *(pa.array(cells, pa.large_string()) for cells in zip(*(cells for _, cells in held), strict=True)),
    ]
    insert_arrow(request, request.into, pa.Table.from_arrays(arrays, names=["_id", "_source", "_line", *columns]))
    return loaded + len(held)
