"""What a running step may ask of its runner: the store, the as-of date, other datasets, names for tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

from crmctl.errors import InternalFault
from crmctl.sql import SQL
from crmctl.step.types import Dataset
from crmctl.store import Store


@dataclass
class Context:
    """The running step's surroundings.

    Args:
        store: The store that the run works in.
        run: The run's number.
        step: The step's position in the run, from 1.
        into: The dataset that the result is meant for, if one was named.
        keeps: Whether the result goes into a store (else to a file).
        language: `en` or `zh`.
        dataset: Finds another dataset by name.
        datasets: The names of all datasets there are.
        table: A fresh name for a table that a `Loaded` result may keep.
        as_of: The run's one as-of moment, fixed when first asked for.
        dated: The day that a file may carry as its own: the moment's, where that is known and not only the clock's.
        note: Tells the user a sentence.
        detail: Tells it only to those who want to know everything.
        stdout: Where a step writes what goes to ``-``.
        dry_run: Nothing is to be written, not even a file.
        ask: Asks the user for a file's password; None where nobody is there to ask.
        afterwards: Takes what is to be done once the run is published.
    """

    store: Store
    run: int
    step: int
    into: str | None
    keeps: bool
    language: str
    dataset: Callable[[str], Dataset]
    datasets: Callable[[], list[str]]
    table: Callable[[], SQL]
    as_of: Callable[[], dt.datetime]
    dated: Callable[[], dt.date | None]
    note: Callable[[str], None]
    detail: Callable[[str], None]
    stdout: BinaryIO | None = None
    dry_run: bool = False
    ask: Callable[[str], str | None] | None = None
    afterwards: Callable[[Callable[[], None]], None] = lambda _: None

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The store's DuckDB connection."""
        return self.store.con

    @property
    def workdir(self) -> Path:
        """The process's private directory."""
        return self.store.workdir.path

    def temporary(self, purpose: str) -> SQL:
        """A fresh name for a temporary table."""
        return self.store.temporary(purpose)


CURRENT: ContextVar[Context] = ContextVar("crmctl_context")


def context() -> Context:
    """The running step's context.

    Raises:
        InternalFault: No step is running.
    """
    try:
        return CURRENT.get()
    except LookupError:
        raise InternalFault("no step is running") from None


def as_of() -> dt.datetime:
    """The run's one moment: a day's beginning. Windows are half-open: ``[as_of - N, as_of + 1 day)``."""
    return context().as_of()
