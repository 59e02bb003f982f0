"""Rows that came from a delimited file, written as that file was: what did not change stays byte for byte."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from crmctl.atomic import replacing
from crmctl.formats.delimited.patching import Patcher, Plan, Unlike
from crmctl.formats.delimited.writing import checked, line_of
from crmctl.formats.model import Reading
from crmctl.schema.column import Column
from crmctl.sql import SQL, disjunction, ident, join, sql
from crmctl.step import Dataset
from crmctl.store import Store
from crmctl.store.versions import stored_columns

_BATCH = 20_000
_IN_MEMORY = 8 << 20


def rewrite(
    store: Store,
    dataset: Dataset,
    rows: SQL,
    columns: Sequence[Column],
    headers: Sequence[str],
    target: Path | BinaryIO,
) -> int | None:
    """Write rows of a file's dataset with every untouched cell, and all around them, spelled as the file has it.

    Args:
        store: The store, with the rows as they were read from the file.
        dataset: What came from the file.
        rows: What to write: `_id` and the columns.
        columns: The columns to write, in order.
        headers: Their headers.
        target: A file or a stream.

    Returns:
        The number of rows; None where nothing was written, because the rows are not the file's own in its order.
    """
    reading, origin = dataset.reading, dataset.origin
    if reading is None or origin is None or reading.dialect is None or not reading.path.is_file():
        return None
    if "_id" not in {name for name, _ in stored_columns(store, sql("(select * from {rows})", rows=rows))}:
        return None
    places = _places(reading, origin.columns)
    whole = _is_whole(store, origin.relation, rows)
    if places is None or whole is None:
        return None
    known = {column.name: place for place, column in enumerate(places)}
    plan = Plan(reading.headers, [known.get(column.name) for column in columns], headers, whole)
    query = _compared(reading, origin.relation, places, rows, columns, plan)
    for returns in dict.fromkeys((reading.dialect.line_end == "\r", True)):
        patcher = Patcher(reading.path, reading.dialect, plan, returns=returns, lossy=bool(reading.rejected))
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            batches = store.con.sql(query.text, params=query.values).to_arrow_reader(_BATCH)
            try:
                count = patcher.run(batches, file)  # type: ignore[arg-type]  # it is a binary file, in memory or not
            except (Unlike, UnicodeError):
                continue
            finally:
                batches.close()
            file.seek(0)
            if isinstance(target, Path):
                with replacing(target) as stream:
                    shutil.copyfileobj(file, stream, 1 << 20)
            else:
                shutil.copyfileobj(file, target, 1 << 20)
            return count
    return None


def _places(reading: Reading, columns: Sequence[Column]) -> list[Column] | None:
    """The column of every header of the file; None where a header has none."""
    left = list(columns)
    found = []
    for header in reading.headers:
        column = next((column for column in left if column.header == header), None)
        if column is None:
            return None
        left.remove(column)
        found.append(column)
    return found


def _is_whole(store: Store, origin: SQL, rows: SQL) -> bool | None:
    """Whether all rows of the file are there; None where there are others, or they are in another order."""
    count, strangers, back = store.rows(
        sql(
            "select count(*), count_if(o._id is null), count_if(r.back) from"
            " (select _id, _id <= lag(_id) over () as back from {rows}) r left join {origin} o using (_id)",
            rows=rows,
            origin=origin,
        )
    )[0]
    if strangers or back:
        return None
    return bool(count == store.scalar(sql("select count(*) from {origin}", origin=origin)))


def _compared(
    reading: Reading, origin: SQL, places: Sequence[Column], rows: SQL, columns: Sequence[Column], plan: Plan
) -> SQL:
    """``line, before, after, gone`` for every row of the file; ``after`` is null where the row stays as it is."""
    assert reading.dialect is not None  # noqa: S101 - the caller has told the other cases apart
    dialect = checked(reading.dialect)
    before = line_of([sql("o.{c}", c=column.identifier) for column in places], dialect)
    after = line_of([sql("n.{c}", c=column.identifier) for column in columns], dialect)
    changed = disjunction(
        sql("o.{c} is distinct from n.{c}", c=ident(column.name)) for column in columns
    ) if plan.alike else sql("true")  # fmt: skip
    cells = [
        sql("o._line as line"), sql("{before} as before", before=before),
        sql("case when n._id is not null and {changed} then {after} end as after", changed=changed, after=after),
        sql("n._id is null as gone"),
    ]  # fmt: skip
    numbered = sql("(select *, row_number() over () as _crmctl_place from {t})", t=origin)
    together = (
        sql("{origin} o positional join {rows} n", origin=origin, rows=rows) if plan.whole
        else sql("{origin} o left join {rows} n on n._id = o._id order by o._crmctl_place", origin=numbered, rows=rows)
    )  # fmt: skip
    return sql("select {cells} from {together}", cells=join(cells), together=together)
