"""Where a file is written: all of it under a temporary name beside the target, then in its place; or nothing at all."""

from __future__ import annotations

import contextlib
import filecmp
import os
import secrets
import shutil
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crmctl.errors import FileError

BACKUP_SUFFIX = ".bak"


@dataclass
class _Waiting:
    """A finished file under its temporary name."""

    temporary: Path
    target: Path
    named: Path
    keeps_old: bool = False


class Pending:
    """Finished files of a run, under temporary names beside their targets until the run is published."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """What `replacing` writes inside waits here."""
        token = _PENDING.set(self)
        try:
            yield
        finally:
            _PENDING.reset(token)

    def add(self, temporary: Path, target: Path, named: Path) -> None:
        """Take in a finished file."""
        self._waiting.append(_Waiting(temporary, target, named))

    def keep_old(self, path: Path) -> None:
        """The file that ``path`` replaces is copied first; one that would be the same stays as it is."""
        for each in self._waiting:
            if each.target == path.resolve():
                each.keeps_old = True

    def place(self) -> None:
        """Put every file in its place, in the order in which they were written.

        Raises:
            FileError: One of them cannot be; those before it are in place.
        """
        while self._waiting:
            each = self._waiting[0]
            try:
                _place(each)
            except OSError as error:
                raise _unwritable(each.named, error) from None
            self._waiting.pop(0)

    def holds(self, path: Path) -> Path | None:
        """Where the content of a file lies that waits to take its place; None where none does."""
        return next((each.temporary for each in reversed(self._waiting) if each.target == path.resolve()), None)

    def drop(self) -> None:
        """Forget what waits: the old files stay as they are."""
        for each in self._waiting:
            with contextlib.suppress(OSError):
                each.temporary.unlink(missing_ok=True)
        self._waiting.clear()


_PENDING: ContextVar[Pending | None] = ContextVar("crmctl_pending_files", default=None)


def finished(path: Path) -> Path:
    """Where the content of a file lies that has been written: in its place, or still under its temporary name."""
    pending = _PENDING.get()
    return (pending.holds(path) if pending is not None else None) or path


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """What `replacing` writes inside takes its place at once, whatever becomes of the run."""
    token = _PENDING.set(None)
    try:
        yield
    finally:
        _PENDING.reset(token)


def back_up(path: Path) -> Path:
    """Keep a copy of a file under the first of ``.bak``, ``.bak.1`` … that is free; returns the copy."""
    number = 0
    while True:
        copy = path.with_name(path.name + BACKUP_SUFFIX + (f".{number}" if number else ""))
        try:
            with path.open("rb") as old, copy.open("xb") as new:
                shutil.copyfileobj(old, new)
        except FileExistsError:
            number += 1
        else:
            shutil.copystat(path, copy)
            return copy


def _place(each: _Waiting) -> None:
    if each.target.exists():
        if each.keeps_old and filecmp.cmp(each.temporary, each.target, shallow=False):
            each.temporary.unlink()
            return
        if each.keeps_old:
            back_up(each.named)
        shutil.copymode(each.target, each.temporary)
    each.temporary.replace(each.target)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the file's place once the block is left without an error.

    Where files are `Pending`, it takes its place with them.

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
        with _beside(path.resolve(), path) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(path, error) from None


@contextlib.contextmanager
def _beside(target: Path, named: Path) -> Iterator[BinaryIO]:
    temporary = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        pending = _PENDING.get()
        if pending is None:
            _place(_Waiting(temporary, target, named))
        else:
            pending.add(temporary, target, named)
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
