"""A private temporary directory per process. Directories whose owner is dead are removed; no other ever is."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        except OSError as error:
            raise FileError(
                "no temporary directory: {problem}", cure="point TMPDIR at a folder you can write to", problem=error
            ) from None
        self._owner = (self.path / _OWNER).open("wb")
        try_lock(self._owner)

    def __enter__(self) -> WorkDir:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the directory."""
        self._owner.close()
        shutil.rmtree(self.path, ignore_errors=True)


def remove_dead() -> list[Path]:
    """Remove the directories of this user whose owners no longer live; returns them."""
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if _is_dead(folder):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
    return removed


def _is_dead(folder: Path) -> bool:
    owner = folder / _OWNER
    if folder.is_symlink() or not owner.is_file():
        return False
    if hasattr(os, "getuid") and owner.stat().st_uid != os.getuid():
        return False
    with owner.open("rb") as file:
        return try_lock(file)


@contextlib.contextmanager
def private_files() -> Iterator[None]:
    """Files created inside are readable by their owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
