"""Where a file is written: all of it under a temporary name beside the target, then in its place; or nothing at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from crmctl.errors import FileError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the file's place once the block is left without an error.

    On an error the old file is untouched and nothing else is left. A link is followed; a pipe or a device is
    written directly.

    Raises:
        FileError: The folder is missing, or the file cannot be written.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as stream:
                yield stream
            return
        with _beside(path.resolve()) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(path, error) from None


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[BinaryIO]:
    temporary = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _unwritable(path: Path, error: OSError) -> FileError:
    match error:
        case FileNotFoundError():
            return FileError("no folder {folder}", cure="make it first", folder=path.parent)
        case IsADirectoryError():
            return FileError("{path} is a folder", cure="name a file in it", path=path)
        case PermissionError():
            return FileError(
                "{path} cannot be written", cure="close it in Excel, or check the folder's permissions", path=path
            )
        case _:
            return FileError(
                "cannot write {path}: {problem}", cure="check the disk", path=path, problem=error.strerror or error
            )
