"""A private temporary directory per process. Directories whose owner is dead are removed; no other ever is."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from crmctl.errors import FileError
from crmctl.store.filelock import try_lock

_PREFIX = "crmctl-"
_OWNER = "owner.lock"


class WorkDir:
    """A 0700 directory that is gone when its context ends.

    Its owner holds a lock on a file in it, so that a later process can tell a live owner from a dead one.
    """

    def __init__(self) -> None:
        remove_dead()
        try:
            self.path, self._owner = _create()
        except OSError as error:
            raise FileError(
                "no temporary directory: {problem}", cure="point TMPDIR at a folder you can write to", problem=error
            ) from None

    def __enter__(self) -> WorkDir:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the directory."""
        self._owner.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _create() -> tuple[Path, IO[bytes]]:
    """A directory and its owner's lock; another one where a process that looks for the dead came in between."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        owner = (path / _OWNER).open("wb")
        if try_lock(owner) and (path / _OWNER).exists():
            return path, owner
        owner.close()


def remove_dead() -> list[Path]:
    """Remove the directories of this user whose owners no longer live; returns them."""
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if _is_mine(folder) and _remove_if_dead(folder):
                removed.append(folder)
    return removed


def _is_mine(folder: Path) -> bool:
    owner = folder / _OWNER
    if folder.is_symlink() or not owner.is_file():
        return False
    return not hasattr(os, "getuid") or owner.stat().st_uid == os.getuid()


def _remove_if_dead(folder: Path) -> bool:
    with (folder / _OWNER).open("rb") as file:
        if not try_lock(file):
            return False
        if sys.platform != "win32":  # there an open file cannot be removed
            shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    return True


@contextlib.contextmanager
def private_files() -> Iterator[None]:
    """Files created inside are readable by their owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
