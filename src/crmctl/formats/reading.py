"""`read`: any supported file into a table of text columns. How each format is read stands in its own file."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crmctl.errors import FileError
from crmctl.formats.detect import detect_format
from crmctl.formats.loading import drop
from crmctl.formats.model import Reading, ReadOptions, Request
from crmctl.sql import SQL

if TYPE_CHECKING:
    import duckdb


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
        path: The file.
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
    except BaseException:
        drop(request, into, rejects)
        raise


def _dispatch(request: Request) -> Reading:
    if request.path.is_dir():
        raise FileError("{path} is a folder", cure="name a file in it", path=request.path)
    if not request.path.stat().st_size:
        raise FileError("there is nothing in {path}", cure="check that the export was complete", path=request.path)
    match detect_format(request.path, request.options):
        case "csv" | "tsv" as name:
            from crmctl.formats.delimited import read_delimited

            return read_delimited(request, name)
        case "xlsx":
            from crmctl.formats.xlsx import read_xlsx

            return read_xlsx(request)
        case "parquet":
            from crmctl.formats.parquet import read_parquet

            return read_parquet(request)
        case name:
            from crmctl.formats.jsonfile import read_json

            return read_json(request, name)


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
