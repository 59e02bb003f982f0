"""What a step returns: a description of its result. The runner makes it, measures it and keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crmctl.schema.column import Column
from crmctl.sql import SQL
from crmctl.step.types import Dataset
from crmctl.store.runs import FileLedger


@dataclass(frozen=True)
class Loaded:
    """A table that the step has filled already, under a name that `Context.table` gave: it is kept without a copy."""

    table: SQL


@dataclass(frozen=True)
class InputRead:
    """A file, or one of its tables, that a step read by itself, for the run's log.

    Args:
        path: What it is called.
        sha256: Of the file.
        size: Of the file, in bytes.
        ledger: What became of its records.
        decision: How it was read.
        file: The file as the user named it.
    """

    path: str
    sha256: str
    size: int
    ledger: FileLedger
    decision: str = ""
    file: str = ""


@dataclass
class Result:
    """The result of a step.

    Args:
        rows: The new state of the dataset. With a column ``_id`` its rows are the input's; without, they are new.
        columns: What is known of its columns; those of the input are known already.
        key: The fields that identify a new row.
        name: The dataset it becomes, where neither the user nor the input names one.
        origin: The rows that its rows came from, where that is not the first input.
        schema: The schema it follows, where that changes.
        findings: A table of ``_id, field, status, reason, value, new_value``.
        findings_of: The same for datasets that the step does not change.
        rejects: A table of ``_id, source, file, line, reason, raw``.
        side: Rows for the store's side state, by table, without their ``run``.
        inputs: Files the step read.
        merged: How many of the removed rows a merged record stands for.
        reasons: Why rows were removed, with how many of them.
        answer: An answer that is no dataset: a relation, in its order.
        answer_columns: What is known of its columns.
        files: Files the step wrote.
        notes: Sentences for the user.
        failure: Why the data failed; the run publishes nothing and ends with exit code 1.
        more: Further datasets, each with its ``name`` and ``rows``, and what belongs to them: findings, side state,
            rejects, inputs.
    """

    rows: SQL | Loaded | None = None
    columns: Sequence[Column] = ()
    key: Sequence[str] | None = None
    name: str | None = None
    origin: Dataset | None = None
    schema: str | None = None
    findings: SQL | None = None
    findings_of: Sequence[tuple[Dataset, SQL]] = ()
    rejects: SQL | None = None
    side: Mapping[str, SQL] = field(default_factory=dict)
    inputs: Sequence[InputRead] = ()
    merged: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    answer: SQL | None = None
    answer_columns: Sequence[Column] = ()
    files: Sequence[Path] = ()
    notes: Sequence[str] = ()
    failure: str | None = None
    more: Sequence[Result] = ()
