"""`read`: any supported file into a table of text columns. How each format is read stands in its own file."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crmctl.errors import CrmctlError, FileError, Place
from crmctl.formats.detect import container_of, detect_format
from crmctl.formats.loading import drop
from crmctl.formats.model import Reading, ReadOptions, Request
from crmctl.sql import SQL

if TYPE_CHECKING:
    import duckdb

# The module and the function that read a format; a module loads when a file of its kind is met.
_READERS: Mapping[str, tuple[str, str]] = {
    "xlsx": ("workbook", "read_workbook"), "xls": ("workbook", "read_workbook"), "ods": ("workbook", "read_workbook"),
    "parquet": ("parquet", "read_parquet"), "arrow": ("arrow", "read_arrow"), "vcard": ("vcard.reading", "read_vcard"),
    "sqlite": ("databases.sqlite", "read_sqlite"), "duckdb": ("databases.duckdb_file", "read_duckdb"),
    "html": ("markup.html", "read_html"), "xml": ("markup.spreadsheetml", "read_xml"),
    "fixed": ("fixedwidth", "read_fixed"),
}  # fmt: skip


def read(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    into: SQL,
    *,
    rejects: SQL,
    source: str,
    first_id: int,
    options: ReadOptions | None = None,
    workdir: Path,
    temporary: bool = False,
) -> Reading:
    """Read a file into two new tables.

    Args:
        con: It may reach no more than the file's folder and the workdir.
        path: The file; of one that is packed the only table in it.
        into: The table to make: ``_id`` (from ``first_id`` on, in the file's order), ``_source``, ``_line`` (the
            record's first physical line, the row number in xlsx and Parquet; 1-based), then the columns as text.
            An empty cell is NULL, a quoted empty one ''.
        rejects: The table to make of what could not be read: ``line``, ``reason``, ``raw``.
        source: What ``_source`` says.
        first_id: The first row's ``_id``.
        options: What the user says of the file.
        workdir: A private folder for copies; they are gone afterwards.
        temporary: Make a temporary table; the one of the rejects always is.

    Raises:
        FileError: It cannot be opened or understood, or there is nothing in it.
        UsageError: An option makes no sense.
        InternalFault: The records counted are not those loaded, rejected and skipped.
    """
    request = Request(
        con, Path(path), into, rejects, source, first_id, Path(workdir), options or ReadOptions(), temporary
    )
    try:
        return _dispatch(request)
    except OSError as error:
        drop(request, into, rejects)
        raise unreadable(request.path, error) from None
    except CrmctlError as error:
        drop(request, into, rejects)
        _name_as_user_does(error, request.path, request.workdir)
        raise
    except BaseException:
        drop(request, into, rejects)
        raise


def _dispatch(request: Request) -> Reading:
    if request.path.is_dir():
        raise FileError("{path} is a folder", cure="name a file in it", path=request.path)
    if not request.path.stat().st_size:
        raise FileError("there is nothing in {path}", cure="check that the export was complete", path=request.path)
    if container_of(request.path):
        return _read_packed(request)
    match detect_format(request.path, request.options):
        case "csv" | "tsv" as name:
            from crmctl.formats.delimited.reading import read_delimited

            return read_delimited(request, name)
        case "json" | "ndjson" as name:
            from crmctl.formats.jsonfile import read_json

            return read_json(request, name)
        case name:
            module, function = _READERS[name]
            reader: Callable[[Request], Reading] = getattr(import_module(f"crmctl.formats.{module}"), function)
            return reader(request)


def _read_packed(request: Request) -> Reading:
    """The only table of an archive; the account is the archive's.

    Raises:
        FileError: It holds several.
    """
    from crmctl.formats.parts import parts

    with tempfile.TemporaryDirectory(dir=request.workdir, prefix="packed-") as folder:
        found = parts(request.path, request.options, Path(folder))
        if len(found) > 1:
            raise FileError(
                "{path} holds several tables: {names}", cure="name one with --sheet",
                path=request.path, names=", ".join(part.name for part in found),
            )  # fmt: skip
        inner = replace(request, path=found[0].path, options=found[0].options)
        try:
            reading = _dispatch(inner)
        except CrmctlError as error:
            _name_as_user_does(error, inner.path, Path(folder), of=request.path)
            raise
    sha256, size = fingerprint(request.path)
    return replace(reading, path=request.path, sha256=sha256, size=size)


def _name_as_user_does(error: CrmctlError, path: Path, private: Path, *, of: Path | None = None) -> None:
    """Private copies are called what they were called in the archive."""
    if not path.is_relative_to(private):
        return
    shown = f"{of} ({path.name})" if of is not None else path.name
    for name, value in error.values.items():
        if value == path:
            error.values[name] = shown
    if error.place is not None and error.place.file == str(path):
        error.place = Place(shown, error.place.line, error.place.column)


def unreadable(path: Path, error: OSError) -> FileError:
    """What an operating system's error on a file means to a user."""
    match error:
        case FileNotFoundError():
            return FileError("no file {path}", cure="check the name", path=path)
        case PermissionError():
            return FileError("{path} cannot be opened", cure="close it in Excel, or check its permissions", path=path)
        case _:
            return FileError(
                "cannot read {path}: {problem}", cure="try again", path=path, problem=error.strerror or error
            )


def spool(stream: BinaryIO, workdir: Path) -> Path:
    """Copy a stream into a private file (mode 0600) and return its path."""
    handle, name = tempfile.mkstemp(dir=workdir, suffix=".input")
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    return Path(name)


def fingerprint(path: Path) -> tuple[str, int]:
    """A file's SHA-256 and size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
