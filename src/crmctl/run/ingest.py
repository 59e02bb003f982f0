"""Reading a file into a table of the store under its mapped columns: what `import` does, and every step on a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from pathlib import Path

from crmctl import formats
from crmctl.errors import FileError
from crmctl.schema import Mapping, Schema, guess_schema, load_schema, map_headers
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, sql
from crmctl.store import Store
from crmctl.store.runs import FileLedger

_DATE_IN_STEM = re.compile(r"[-_. ]?(?:19|20)\d{2}[-_.]?\d{2}[-_.]?\d{2}(?:[-_T]?\d{4,6})?$")
STDIN = "-"
FILE_SUFFIXES = frozenset(formats.SUFFIXES)


@dataclass(frozen=True)
class Ingested:
    """A file in a table.

    Args:
        table: ``_id, _source, _line`` and the mapped text columns, in the file's order.
        rejects: ``line, reason, raw`` of what could not be read.
        columns: The mapped columns.
        mapping: Which header became which field, and why.
        schema: The schema they follow.
        reading: How the file was read.
        ledger: Read, loaded, rejected, skipped.
        source: The rows' source.
        schema_reference: The name or file by which the schema is found again.
    """

    table: SQL
    rejects: SQL
    columns: tuple[Column, ...]
    mapping: Mapping
    schema: Schema | None
    reading: formats.Reading
    ledger: FileLedger
    source: str
    schema_reference: str | None = None


def locate(text: str, store: Store) -> Path:
    """The file that an INPUT names; standard input is spooled into the private directory.

    Raises:
        FileError: There is no such file.
    """
    if text == STDIN:
        spooled = formats.spool(sys.stdin.buffer, store.workdir.path)
        if not spooled.stat().st_size:
            raise FileError("there is nothing on standard input", cure="check the command before the pipe")
        return spooled
    return find_file(text)


def find_file(text: str) -> Path:
    """The file of that name.

    Raises:
        FileError: There is no such file, or it is a folder.
    """
    path = Path(text)
    if not path.exists():
        near = _similar(path)
        if near:
            raise FileError("no file {path}", cure="did you mean {near}?", path=path, near=near)
        raise FileError("no file {path}", cure="check the name and the folder", path=path)
    if path.is_dir():
        raise FileError("{path} is a folder", cure="name a file in it", path=path)
    return path


def _similar(path: Path) -> str:
    from crmctl.errors import did_you_mean

    try:
        names = {entry.stem: entry.name for entry in sorted(path.parent.iterdir()) if entry.is_file()}
    except OSError:
        return ""
    near = did_you_mean(path.stem, names)
    return str(path.with_name(names[near])) if near else ""


def source_name(text: str) -> str:
    """The source that a file stands for by default: its stem without a date."""
    if text == STDIN:
        return "stdin"
    stem = Path(text).name.split(".")[0]
    return _DATE_IN_STEM.sub("", stem) or stem


def ingest(
    store: Store,
    text: str,
    table: SQL,
    *,
    source: str,
    schema: str | None = None,
    given: MappingOf[str, str] | None = None,
    options: formats.ReadOptions | None = None,
) -> Ingested:
    """Read a file into ``table``; its rows get the next row ids.

    Args:
        store: The store.
        text: The file, or ``-``.
        table: The table to create.
        source: The rows' source.
        schema: A schema's name or file; guessed from the headers where None.
        given: Fields for headers, as the user says.
        options: What the user knows of the file's format.

    Raises:
        FileError: The file cannot be read.
        UsageError: The schema is unknown, or ``given`` names headers or fields that are not there.
    """
    path = locate(text, store)
    rejects = store.temporary("rejects")
    reading = formats.read(
        store.con, path, table, rejects=rejects, source=source, first_id=store.next_id(),
        options=options or formats.ReadOptions(), workdir=store.workdir.path,
    )  # fmt: skip
    store.take_ids(reading.loaded + reading.rejected)
    mapped = given or {}
    chosen = load_schema(schema) if schema else guess_schema([mapped.get(header, header) for header in reading.headers])
    mapping = map_headers(reading.headers, reading.columns, chosen, mapped)
    _rename(store, table, reading.columns, [column.name for column in mapping.columns])
    ledger = FileLedger(text, reading.read, reading.loaded, reading.rejected, reading.skipped)
    ledger.prove()
    reference = schema or (chosen.name if chosen else None)
    return Ingested(table, rejects, tuple(mapping.columns), mapping, chosen, reading, ledger, source, reference)


def _rename(store: Store, table: SQL, old: list[str], new: list[str]) -> None:
    """Rename columns in two rounds, so that two fields may swap names."""
    changes = [(before, after) for before, after in zip(old, new, strict=True) if before != after]
    rename = sql("alter table {t} rename column", t=table)
    for number, (before, _) in enumerate(changes):
        store.execute(sql("{r} {a} to {b}", r=rename, a=ident(before), b=ident(f"\x7f{number}")))
    for number, (_, after) in enumerate(changes):
        store.execute(sql("{r} {a} to {b}", r=rename, a=ident(f"\x7f{number}"), b=ident(after)))
