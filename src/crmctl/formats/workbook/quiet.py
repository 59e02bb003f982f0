"""Keeping back what a native library writes to standard error while it fails; other words pass."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

_STDERR = 2


@contextlib.contextmanager
def panics_kept_back() -> Iterator[None]:
    """Hold standard error back; afterwards it comes out, unless the library's own panic ended the block."""
    try:
        sys.stderr.flush()
        saved = os.dup(_STDERR)
    except (OSError, ValueError, AttributeError):
        yield  # there is no standard error to write to
        return
    panicked = False
    with tempfile.TemporaryFile() as held, open(saved, "wb") as real:  # noqa: PTH123 - a descriptor, not a path
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        except BaseException as error:
            panicked = type(error).__name__ == "PanicException"
            raise
        finally:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                sys.stderr.flush()
            os.dup2(real.fileno(), _STDERR)
            if not panicked:
                held.seek(0)
                shutil.copyfileobj(held, real)
