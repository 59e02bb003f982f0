"""Rejected lines on their way out to be mended, and back in: whose they were and where they stood comes with them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crmctl import formats, messages
from crmctl.atomic import at_once, replacing
from crmctl.schema.spreadsheet import defused, unwrapped
from crmctl.sql import SQL, ident, sql
from crmctl.store import Store

if TYPE_CHECKING:
    from crmctl.run.importing.ingest import Table

MARKS = ("_reason", "_file", "_source", "_line", "_raw")
_NEEDED = frozenset({"_reason", "_line", "_source", "_file"})
_BATCH = 10_000


@dataclass(frozen=True)
class Mended:
    """What a file of mended rejects says of its rows.

    Args:
        trace: A table ``place, file``: by position in the file, the file that the row was first read from.
        origins: The (source, file) pairs that its rows come from.
    """

    trace: SQL
    origins: tuple[tuple[str, str], ...]


def take_out_marks(store: Store, table: SQL, reading: formats.Reading) -> Mended | None:
    """Turn the marks of a file of rejects back into the rows' source and line; None where it is no such file."""
    marks = {
        header.strip().casefold(): name for header, name in zip(reading.headers, reading.columns, strict=True)
        if header.strip().casefold() in MARKS
    }  # fmt: skip
    if not marks.keys() >= _NEEDED:
        return None
    cells = {mark: ident(name) for mark, name in marks.items()}
    store.execute(
        sql(
            "update {table} set _source = coalesce(nullif(trim({source}), ''), _source),"
            " _line = coalesce(try_cast({line} as bigint), _line)",
            table=table,
            source=cells["_source"],
            line=cells["_line"],
        )
    )
    trace = store.temporary("trace")
    store.execute(
        sql(
            "create temp table {trace} as select rowid as place, nullif(trim({file}), '') as file from {table}",
            trace=trace,
            file=cells["_file"],
            table=table,
        )
    )
    origins = store.rows(
        sql(
            "select distinct t._source, r.file from {table} t join {trace} r on r.place = t.rowid order by all",
            table=table,
            trace=trace,
        )
    )
    for name in cells.values():
        store.execute(sql("alter table {table} drop column {name}", table=table, name=name))
    own = [
        (header, name) for header, name in zip(reading.headers, reading.columns, strict=True)
        if name not in marks.values()
    ]  # fmt: skip
    reading.headers, reading.columns = [header for header, _ in own], [name for _, name in own]
    return Mended(trace, tuple((str(source), str(file or "")) for source, file in origins))


def write_rejects(store: Store, tables: Sequence[Table], path: Path) -> int:
    """Write every line that could not be read: its cells as far as they can be told, then why, and where it stood.

    A file from which the lines, mended, can be imported again. Returns how many there are.
    """
    headers = list(dict.fromkeys(header for table in tables for header in table.reading.headers))
    count = 0
    with at_once(), replacing(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow([*headers, *MARKS])
        for table in tables:
            for lines in _batches(store, table):
                writer.writerows(_as_written(store, table, headers, lines))
                count += len(lines)
        text.detach()
    return count


def _batches(store: Store, table: Table) -> Iterator[list[tuple[int, str, str]]]:
    """The rejected lines in their order: line, reason, raw."""
    place = (-1, -1)
    while True:
        rows = store.rows(
            sql(
                "select line, rowid, reason, coalesce(raw, '') from {rejects} where (line, rowid) > ({line}, {row})"
                " order by line, rowid limit {n}",
                rejects=table.rejects, line=place[0], row=place[1], n=_BATCH,
            )
        )  # fmt: skip
        if not rows:
            return
        yield [(int(line), str(reason), str(raw)) for line, _, reason, raw in rows]
        place = (int(rows[-1][0]), int(rows[-1][1]))


def _as_written(
    store: Store, table: Table, headers: Sequence[str], lines: Sequence[tuple[int, str, str]]
) -> Iterator[list[str]]:
    """The lines as records of the file of rejects, each cell safe to be opened in a spreadsheet."""
    own = table.reading.headers
    records = [dict(zip(own, _cells(table.reading, raw), strict=False)) for _, _, raw in lines]
    texts = [record.get(header, "") for record in records for header in headers]
    cells = iter(_safe(store, texts, wrapped=True))
    raws = _safe(store, [raw for _, _, raw in lines], wrapped=False)
    for (line, reason, _), raw in zip(lines, raws, strict=True):
        record = [next(cells) for _ in headers]
        yield [*record, messages.term(reason), table.file, table.source, str(line), raw]


def _safe(store: Store, texts: Sequence[str], *, wrapped: bool) -> list[str]:
    """Texts defused; what was put around a cell before is taken off first, as an import does."""
    cell = unwrapped(ident("cell"), defused=True) if wrapped else ident("cell")
    rows = store.rows(
        sql(
            "select {safe} from (select unnest({texts}::varchar[]) as cell, generate_subscripts({texts}::varchar[], 1)"
            " as place) order by place",
            safe=defused(cell),
            texts=list(texts),
        )
    )
    return [str(row[0]) for row in rows]


def _cells(reading: formats.Reading, raw: str | None) -> list[str]:
    """A rejected line's cells in the order of the headers, as far as they can be told."""
    text = (raw or "").rstrip("\r\n")
    if reading.format in ("json", "ndjson"):
        try:
            found = json.loads(text)
        except ValueError:
            return []
        if not isinstance(found, dict):
            return []
        return ["" if found.get(header) is None else str(found[header]) for header in reading.headers]
    if reading.dialect is None:
        return []
    dialect = reading.dialect
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter,
                               quotechar=dialect.quote or None,
                               quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE))  # fmt: skip
    except (csv.Error, ValueError, TypeError):
        return []
    return _folded(rows[0], len(reading.headers), dialect.delimiter) if len(rows) == 1 else []


def _folded(cells: list[str], width: int, delimiter: str) -> list[str]:
    """What is too many goes into the last cell: imported as it is, it would be lost."""
    return [*cells[: width - 1], delimiter.join(cells[width - 1 :])] if 0 < width < len(cells) else cells
