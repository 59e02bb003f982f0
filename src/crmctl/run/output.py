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
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join, sql
from crmctl.step import Dataset
from crmctl.store import Store

_JSON = frozenset({"json", "ndjson"})
_TYPED = _JSON | {"xlsx", "parquet"}
_OF_THE_STORE = ("", ".wal", ".names", ".lock")


def output_format(given: str | None, target: str | None, reading: formats.Reading | None) -> str:
    """The format of an output: as said, else by the file's suffix, else the input's own, else CSV.

    Raises:
        UsageError: It is no format that can be written.
    """
    if given:
        chosen = given
    elif target not in (None, "-"):
        suffix = Path(str(target)).suffix.lower()
        chosen = formats.SUFFIXES.get(suffix, "")
        if not chosen:
            raise UsageError(
                "cannot tell a format from {target!r}", cure="end it in .csv, .xlsx, .ndjson … or say --format",
                target=target,
            )  # fmt: skip
    else:
        chosen = reading.format if reading else "csv"
    chosen = formats.SUFFIXES.get("." + chosen, chosen)
    if chosen not in formats.FORMATS:
        near = did_you_mean(chosen, formats.FORMATS)
        cure = "did you mean {near!r}?" if near else "there are: {formats}"
        raise UsageError(
            "cannot write {chosen!r}", cure=cure, chosen=chosen, near=near, formats=", ".join(formats.FORMATS)
        )
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
) -> int:
    """Write a dataset's rows in their order; returns how many.

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
    cells = join(
        [sql("{c} as {n}", c=c.typed() if c.name in fitting else c.identifier, n=c.identifier) for c in chosen]
    )
    headers = [c.header if use_headers or reading else c.name for c in chosen]
    same = reading is not None and reading.format == format
    return formats.write(
        store.con, sql("select {cells} from {relation}", cells=cells, relation=relation), target,
        format=format, columns=chosen, headers=headers, dialect=reading.dialect if reading and same else None,
        as_of=as_of, literals=literals,
    )  # fmt: skip


def _fitting(store: Store, relation: SQL, columns: Sequence[Column]) -> frozenset[str]:
    """The columns whose every filled cell fits their SQL type."""
    typed = [column for column in columns if column.sql_type != "varchar"]
    if not typed:
        return frozenset()
    misfits = join([sql("count_if({misfit})", misfit=column.misfit()) for column in typed])
    counts = store.rows(sql("select {misfits} from {relation}", misfits=misfits, relation=relation))[0]
    return frozenset(column.name for column, count in zip(typed, counts, strict=True) if not count)


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
