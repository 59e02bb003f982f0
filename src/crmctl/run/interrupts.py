"""How Ctrl-C shows: the libraries at work turn it into errors of their own."""

from __future__ import annotations

import duckdb


def is_interrupt(error: BaseException | None) -> bool:
    """Whether an exception is an interrupt, or what DuckDB made of one."""
    if isinstance(error, (KeyboardInterrupt, duckdb.InterruptException)):
        return True
    text = str(error)
    return isinstance(error, (RuntimeError, duckdb.Error)) and (
        "Query interrupted" in text or "KeyboardInterrupt" in text
    )
