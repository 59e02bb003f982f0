"""Exceptions that are not crmctl's own, as errors a user can act on."""

from __future__ import annotations

import duckdb

from crmctl.errors import CrmctlError, FileError, InternalFault
from crmctl.run.interrupts import is_interrupt


def translate_fault(error: Exception) -> CrmctlError | None:
    """What an unforeseen exception means to the user; None for an interrupt."""
    if is_interrupt(error):
        return None
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        return FileError(
            "not enough memory: {problem}", cure="raise the limit with CRMCTL_MEMORY, for example 4GB",
            problem=_first_line(error),
        )  # fmt: skip
    if isinstance(error, (duckdb.IOException, OSError)):
        return FileError("{problem}", cure="check the disk and the permissions", problem=_first_line(error))
    return InternalFault(
        "a fault in crmctl: {problem}", cure="please report it with the output of --debug",
        problem=f"{type(error).__name__}: {_first_line(error)}",
    )  # fmt: skip


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
