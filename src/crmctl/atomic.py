"""Writing a file so that a reader never sees half of it: a temporary name beside the target, then a rename."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from crmctl.errors import FileError


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary file that takes the target's name when the block ends well; the old file stays when it does not.

    Raises:
        FileError: The folder is missing or not writable, or another program holds the target.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if not target.parent.is_dir():
            raise FileError("no folder {folder}", cure="create it first", folder=target.parent)
        yield temporary
        temporary.replace(target)
    except PermissionError:
        raise FileError(
            "cannot write {path}", cure="close it where it is open, or choose a folder you can write to", path=target
        ) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError("cannot write {path}: {problem}", path=target, problem=error.strerror or error) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
