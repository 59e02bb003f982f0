"""Reading files into tables of the store under their mapped columns: what `import` does, and every step on a file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from crmctl import formats
from crmctl.errors import FileError, PasswordNeeded
from crmctl.formats.databases.remote import fetch, is_url, shown, table_of
from crmctl.formats.reading import fingerprint
from crmctl.run.importing.mended import Mended, take_out_marks
from crmctl.schema import (
    ColumnContent,
    Mapping,
    Preset,
    Schema,
    content_profile,
    guess_schema,
    load_schema,
    map_headers,
)
from crmctl.schema.column import Column
from crmctl.schema.mapping_file import SavedMapping
from crmctl.sql import SQL, ident, sql
from crmctl.store import Store
from crmctl.store.runs import FileLedger

_DATE_IN_STEM = re.compile(r"[-_. ]?(?:19|20)\d{2}[-_.]?\d{2}[-_.]?\d{2}(?:[-_T]?\d{4,6})?$")
STDIN = "-"
FILE_SUFFIXES = frozenset({*formats.SUFFIXES, *formats.CONTAINERS})
Ask = Callable[[str], str | None]
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Table:
    """One table of a file as it was read: its headers are not understood yet.

    Args:
        file: The file as the user names it.
        part: Which of the file's tables it is; empty where it is the only one.
        table: ``_id, _source, _line`` and the text columns, in the file's order.
        rejects: ``line, reason, raw`` of what could not be read.
        reading: How it was read.
        source: The rows' source.
        sha256: Of the whole file.
        size: Of the whole file.
        mended: What a file of mended rejects says of each row.
        left_out: Members of an archive that hold no table.
        contents: What its columns hold; found out when first needed.
    """

    file: str
    part: str
    table: SQL
    rejects: SQL
    reading: formats.Reading
    source: str
    sha256: str
    size: int
    mended: Mended | None = None
    left_out: str = ""
    contents: list[ColumnContent] | None = None

    @property
    def label(self) -> str:
        """What it is called: the file, and the part where there are several."""
        return f"{self.file} [{self.part}]" if self.part else self.file

    @property
    def ledger(self) -> FileLedger:
        """Read, loaded, rejected, skipped."""
        r = self.reading
        return FileLedger(self.label, r.read, r.loaded, r.rejected, r.skipped)


@dataclass(frozen=True)
class Wish:
    """How the user wants headers understood.

    Args:
        schema: A schema's name or file; guessed where None.
        given: Header -> field.
        preset: Another system, whose headers these are.
        strict: Those of the given headers that have to be there.
    """

    schema: str | None = None
    given: MappingOf[str, str] = field(default_factory=dict)
    preset: Preset | None = None
    strict: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ingested(Table):
    """A table of a file under its mapped columns.

    Args:
        columns: The mapped columns.
        mapping: Which header became which field, and why.
        schema: The schema they follow.
        schema_reference: The name or file by which the schema is found again.
        others: The file's other tables, where only one was to be read.
        findings: A table of ``place, field, status, reason, value, new_value``, by position in the file.
        notes: Sentences about what was done to its cells.
        account: What became of the file's records, where that is not the table's own account.
        further: Another table accounts for the file.
        broken: The file has lines that could not be read, though none of them is counted with this table.
    """

    columns: tuple[Column, ...] = ()
    mapping: Mapping = field(default_factory=lambda: Mapping([], [], []))
    schema: Schema | None = None
    schema_reference: str | None = None
    others: tuple[str, ...] = ()
    findings: SQL | None = None
    notes: tuple[str, ...] = ()
    account: FileLedger | None = None
    further: bool = False
    broken: bool = False

    @property
    def trace(self) -> SQL | None:
        """A table ``place, file`` of where mended rows were first read; None for any other file."""
        return self.mended.trace if self.mended else None


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
    if is_url(text):
        return fetch(text, store.workdir.path)
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
    if is_url(text):
        return table_of(text)
    stem = Path(text).name.split(".")[0]
    return _DATE_IN_STEM.sub("", stem) or stem


def ingest(store: Store, text: str, table: SQL, *, schema: str | None = None, ask: Ask | None = None) -> Ingested:
    """Read a file's first table into ``table``; its rows get the next row ids.

    Raises:
        FileError: The file cannot be read.
        UsageError: The schema is unknown.
    """
    path = locate(text, store)
    found: list[formats.Part] = []

    def first(said: formats.ReadOptions) -> Table:
        found[:] = formats.parts(path, said, store.workdir.path)
        return _read(store, shown(text), path, found[0], lambda: table, source_name(text))

    read = _opened(path, formats.ReadOptions(), ask, first)
    understood = understand(store, read, Wish(schema))
    return replace(understood, others=tuple(part.name for part in found[1:]))


def read_tables(
    store: Store,
    text: str,
    path: Path,
    table: Callable[[], SQL],
    *,
    source: str,
    options: formats.ReadOptions,
    ask: Ask | None = None,
) -> list[Table]:
    """Read every table of a file; its rows get the next row ids.

    Args:
        store: The store.
        text: The file as the user names it.
        path: Where it is.
        table: Gives names for tables to create.
        source: The rows' source.
        options: What the user knows of the file's format.
        ask: Asks for a password; None where nobody is there to ask.

    Raises:
        FileError: The file cannot be read.
    """

    def every(said: formats.ReadOptions) -> list[Table]:
        found = formats.parts(path, said, store.workdir.path)
        return [_read(store, text, path, part, table, source) for part in found]

    return _opened(path, options, ask, every)


def _opened(
    path: Path, options: formats.ReadOptions, ask: Ask | None, read: Callable[[formats.ReadOptions], _Read]
) -> _Read:
    """What ``read`` makes of a file; a protected one's password comes from the environment, or by asking."""
    if options.password is None and os.environ.get("CRMCTL_PASSWORD"):
        options = replace(options, password=os.environ["CRMCTL_PASSWORD"])
    try:
        return read(options)
    except PasswordNeeded:
        password = ask(str(path)) if ask is not None else None
        if password is None:
            raise
        return read(replace(options, password=password))


def _read(store: Store, text: str, path: Path, part: formats.Part, table: Callable[[], SQL], source: str) -> Table:
    into, rejects = table(), store.temporary("rejects")
    reading = formats.read(
        store.con, part.path, into, rejects=rejects, source=source, first_id=store.next_id(), options=part.options,
        workdir=store.workdir.path,
    )  # fmt: skip
    store.take_ids(reading.loaded + reading.rejected)
    own = part.path == path
    sha256, size = (reading.sha256, reading.size) if own else fingerprint(path)
    mended = take_out_marks(store, into, reading)
    read = Table(text, part.name, into, rejects, reading, source, sha256, size, mended, part.left_out)
    read.ledger.prove()
    return read


def guess(store: Store, read: Table, wish: Wish) -> Schema | None:
    """The schema of a table: as the user says, as its preset says, or as its headers and cells look."""
    if wish.schema:
        return load_schema(wish.schema)
    headers, names = read.reading.headers, read.reading.columns
    if wish.preset is not None:
        return load_schema(wish.preset.fitting(headers).kind)
    given = present(headers, names, wish.given)
    spoken = [given.get(header) or header for header in headers]
    return guess_schema(spoken, _contents(store, read), called=read.part)


def understand(store: Store, read: Table, wish: Wish, schema: Schema | None = None) -> Ingested:
    """Give a table's headers their fields.

    Args:
        store: The store.
        read: The table.
        wish: What the user says.
        schema: The schema to follow, where that is known already.

    Raises:
        UsageError: The schema is unknown, or a field is given that is not there.
    """
    chosen = schema or guess(store, read, wish)
    headers, names = read.reading.headers, read.reading.columns
    given = present(headers, names, wish.given)
    preset = None
    if wish.preset is not None and chosen is not None:
        preset = wish.preset.header_fields(chosen.name)
    mapping = map_headers(headers, names, chosen, given, contents=_contents(store, read), preset=preset)
    rename_columns(store, read.table, names, [column.name for column in mapping.columns])
    reference = wish.schema or (chosen.name if chosen else None)
    own = {name: getattr(read, name) for name in Table.__dataclass_fields__}
    return Ingested(**own, columns=tuple(mapping.columns), mapping=mapping, schema=chosen, schema_reference=reference)


def _contents(store: Store, read: Table) -> list[ColumnContent]:
    if read.contents is not None:
        return read.contents
    return content_profile(store.con, read.table, read.reading.columns)


def present(headers: Sequence[str], names: Sequence[str], given: MappingOf[str, str]) -> dict[str, str]:
    """Those of the given headers that a table has, as it spells them or nearly so."""
    return SavedMapping(map=dict(given)).given(headers, names)[0]


def rename_columns(store: Store, table: SQL, old: list[str], new: list[str]) -> None:
    """Rename columns in two rounds, so that two fields may swap names."""
    changes = [(before, after) for before, after in zip(old, new, strict=True) if before != after]
    rename = sql("alter table {t} rename column", t=table)
    for number, (before, _) in enumerate(changes):
        store.execute(sql("{r} {a} to {b}", r=rename, a=ident(before), b=ident(f"\x7f{number}")))
    for number, (_, after) in enumerate(changes):
        store.execute(sql("{r} {a} to {b}", r=rename, a=ident(f"\x7f{number}"), b=ident(after)))
