"""What the runner tells of a step: for the terminal, for recipes and for Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from crmctl.schema.column import Column
from crmctl.store.runs import FileLedger, RowLedger


@dataclass
class StepReport:
    """One executed step.

    Args:
        step: Its position in the run, from 1.
        command: The verb.
        name: The name that the recipe gives it; the verb where it gives none.
        seconds: How long it took.
        ledgers: What became of the rows of its files and its dataset.
        findings: How many remarks, by status.
        notes: Sentences for the user.
        details: Sentences for those who want to know everything.
        sample: Some changed cells, for a dry run.
        answer: The answer, where the step gives one.
        answer_columns: What is known of the answer's columns.
        dataset: The dataset it made; the first of several.
        datasets: All datasets it made.
        files: The files it wrote.
        failure: Why the data failed.
        wrote_stdout: The data went to standard output.
    """

    step: int
    command: str
    name: str
    seconds: float = 0.0
    ledgers: list[FileLedger | RowLedger] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)
    answer: pa.Table | None = None
    answer_columns: Sequence[Column] = ()
    dataset: str | None = None
    datasets: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    failure: str | None = None
    wrote_stdout: bool = False


class Listener(Protocol):
    """Whoever wants to know how a run goes on; the terminal, usually."""

    def run_started(self, run: int, total: int) -> None:
        """The run has its number and knows how many steps it has."""

    def step_started(self, step: int, total: int, name: str) -> None:
        """A step begins."""

    def step_finished(self, report: StepReport) -> None:
        """A step has ended."""

    def note(self, text: str) -> None:
        """A sentence for the user."""


class Silent:
    """A listener that does not listen."""

    def run_started(self, run: int, total: int) -> None:
        """Nothing."""

    def step_started(self, step: int, total: int, name: str) -> None:
        """Nothing."""

    def step_finished(self, report: StepReport) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""
