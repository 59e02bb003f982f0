"""A result's way out of the store: to a file or stream, in its input's own shape where it came from a file."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from crmctl import formats
from crmctl.atomic import BACKUP_SUFFIX
from crmctl.errors import FileError, UsageError, did_you_mean
from crmctl.formats.detect import DELIMITED, WRITABLE
from crmctl.schema.cells import defused_headers
from crmctl.schema.column import HIDDEN, Column
from crmctl.schema.spreadsheet import defused
from crmctl.sql import SQL, ident, join, sql
from crmctl.step import Dataset
from crmctl.store import Store

_JSON = frozenset({"json", "ndjson"})
_TYPED = _JSON | {"xlsx", "parquet", "arrow"}
_OF_THE_STORE = ("", ".wal", ".names", ".lock")


def output_format(given: str | None, target: str | None, reading: formats.Reading | None) -> str:
    """The format of an output: as said, else by the file's suffix, else the input's own, else CSV.

    Raises:
        UsageError: It is no format that can be written.
    """
    if given:
        chosen = given
    elif target not in (None, "-"):
        chosen = formats.format_of_name(str(target))[0] or ""
        if not chosen:
            raise UsageError(
                "cannot tell a format from {target!r}", cure="end it in .csv, .xlsx, .ndjson … or say --format",
                target=target,
            )  # fmt: skip
    else:
        chosen = reading.format if reading and reading.format in WRITABLE else "csv"
    chosen = formats.SUFFIXES.get("." + chosen, chosen)
    if chosen not in WRITABLE:
        near = did_you_mean(chosen, WRITABLE)
        cure = "did you mean {near!r}?" if near else "there are: {formats}"
        raise UsageError("cannot write {chosen!r}", cure=cure, chosen=chosen, near=near, formats=", ".join(WRITABLE))
    return chosen


def write_dataset(
    store: Store,
    dataset: Dataset,
    target: Path | BinaryIO,
    *,
    format: str,  # noqa: A002 - the option's own name
    as_of: dt.date | None,
    columns: Sequence[Column] | None = None,
    rows: SQL | None = None,
    use_headers: bool = False,
    dialect: formats.Dialect | None = None,
    defuse: bool | None = None,
) -> int:
    """Write a dataset's rows in their order; returns how many.

    ``dialect`` replaces the input's own. ``defuse`` says whether cells that a spreadsheet would compute get an
    apostrophe in front; where it is None, they do in a text file that is not the input's in its own shape.

    Text formats get every cell as it is stored. Typed formats get a column typed where each of its cells fits.
    A dataset that came from a file keeps its headers and, in the same format, its dialect; from JSON to JSON,
    strings stay strings, and numbers the numbers that they were.
    """
    chosen = tuple(columns or dataset.columns)
    relation = rows or dataset.relation
    reading = dataset.reading
    literals = reading.literals if reading is not None and format in _JSON else frozenset()
    as_read = reading is not None and reading.format in _JSON and format in _JSON
    kept = set(reading.headers) if reading is not None and as_read else set()
    others = [column for column in chosen if column.header not in kept]
    fitting = _fitting(store, relation, others) if format in _TYPED else frozenset()
    safe = _defuses(format, reading) if defuse is None else defuse
    cells = join([sql("{c} as {n}", c=_cell(c, fitting, defuse=safe), n=c.identifier) for c in chosen])
    headers = [c.header if use_headers or reading else c.name for c in chosen]
    if safe and format in DELIMITED:
        headers = defused_headers(store.con, headers)
    same = reading is not None and reading.format == format
    if same and format in DELIMITED and not safe and dialect in {None, reading.dialect if reading else None}:
        from crmctl.run.exporting.rewriting import rewrite

        written = rewrite(store, dataset, relation, chosen, headers, target)
        if written is not None:
            return written
    return formats.write(
        store.con, sql("select {cells} from {relation}", cells=cells, relation=relation), target,
        format=format, columns=chosen, headers=headers,
        dialect=dialect or (reading.dialect if reading and same else None),
        as_of=as_of, literals=literals, table=dataset.name,
    )  # fmt: skip


def _defuses(format: str, reading: formats.Reading | None) -> bool:  # noqa: A002 - the option's own name
    """What people may open in a spreadsheet is defused, unless it is a text file that was one before."""
    return format in DELIMITED and (reading is None or reading.format not in DELIMITED)


def _cell(column: Column, fitting: frozenset[str], *, defuse: bool) -> SQL:
    if column.name in fitting:
        return column.typed()
    return defused(column.identifier) if defuse and column.name not in HIDDEN else column.identifier


def _fitting(store: Store, relation: SQL, columns: Sequence[Column]) -> frozenset[str]:
    """The columns whose every filled cell fits their SQL type, and loses nothing in it."""
    typed = [column for column in columns if column.sql_type != "varchar"]
    if not typed:
        return frozenset()
    misfits = join([sql("count_if({misfit} or {lossy})", misfit=column.misfit(), lossy=_lossy(column))
                    for column in typed])  # fmt: skip
    counts = store.rows(sql("select {misfits} from {relation}", misfits=misfits, relation=relation))[0]
    return frozenset(column.name for column, count in zip(typed, counts, strict=True) if not count)


def _lossy(column: Column) -> SQL:
    """True where a cell says more than its SQL type holds: a time of a date, a time zone, digits."""
    text, value = column.identifier, column.typed()
    match column.sql_type:
        case "date":
            return sql("coalesce(try_cast({t} as timestamp) <> {v}, false)", t=text, v=value)
        case "timestamp":
            return sql(r"regexp_matches({t}, '\d([+-]\d\d(:?\d\d)?|Z)\s*$|\.\d{{7}}') and length({t}) > 10", t=text)
        case "double" | "decimal(18,4)":
            exact = sql("try_cast({t} as decimal(38,12))", t=text)
            return sql("coalesce({exact} <> try_cast({v}::varchar as decimal(38,12)), false)", exact=exact, v=value)
        case _:
            return sql("false")


def write_answer(
    store: Store,
    table: pa.Table,
    columns: Sequence[Column],
    target: Path | BinaryIO,
    *,
    format: str,  # noqa: A002 - the option's own name
    as_of: dt.date | None,
) -> int:
    """Write an answer's table; returns its rows."""
    known = {column.name: column for column in columns}
    described = [known.get(name) or Column(name, name) for name in table.column_names]
    name = "run_answer"
    store.con.register(name, table)
    try:
        query = sql("select * from {t}", t=ident(name))
        return formats.write(store.con, query, target, format=format, columns=described, as_of=as_of)
    finally:
        store.con.unregister(name)


def guard_output(
    output: str | None, inputs: Sequence[str], *, store: Path, others: Sequence[str] = (), in_place: bool | None = None
) -> Path | None:
    """The output as a path; None for standard output. It may be one of the inputs only ``in_place``, if that exists.

    Args:
        output: What the user names.
        inputs: The files whose rows are read.
        store: The store's file: neither it nor what lies beside it is ever an output.
        others: Further files that are read: schemas, rules, the recipe.
        in_place: Whether the user allows it; None where it cannot be allowed.

    Raises:
        UsageError: The output is an input, or belongs to the store.
        FileError: It is a folder.
    """
    if output in (None, "-"):
        return None
    path = Path(str(output))
    if path.is_dir():
        raise FileError("{path} is a folder", cure="name a file in it", path=path)
    if any(_same_file(path, store.with_name(store.name + suffix)) for suffix in _OF_THE_STORE):
        raise UsageError("{path} belongs to the store", cure="choose another output", path=path)
    other = any(_same_file(path, Path(text)) for text in others)
    if other or (not in_place and any(text != "-" and _same_file(path, Path(text)) for text in inputs)):
        if in_place is None or other:
            raise UsageError("{path} is the input", cure="choose another output", path=path)
        raise UsageError(
            "{path} is the input", cure="choose another -o, or say --in-place (keeps {path}{suffix})", path=path,
            suffix=BACKUP_SUFFIX,
        )  # fmt: skip
    return path


def _same_file(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():
        return path.samefile(other)
    return os.path.normcase(path.resolve()) == os.path.normcase(other.resolve())


def check_folder(path: Path) -> None:
    """Refuse an output into a folder that is not there, before any work is done.

    Raises:
        FileError: There is no such folder.
    """
    if not path.parent.is_dir():
        raise FileError("no folder {folder}", cure="make it first", folder=path.parent)


class Patient(io.BufferedIOBase):
    """A stream for a run that keeps something: a reader that goes away stops the writing, not the run."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._gone = stream, False

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Write, as long as somebody reads."""
        if not self._gone:
            try:
                self._stream.write(data)
            except BrokenPipeError:
                self._gone = True
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Hand on what was written."""
        if not self._gone:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._gone = True
