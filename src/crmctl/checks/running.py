"""Running checks over a dataset: plan, measure, judge, list the failing rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from crmctl.checks.compiler import Planned, Settled, measure, plan
from crmctl.checks.failures import examples, list_failures
from crmctl.checks.kinds import RowCount
from crmctl.checks.model import Check, Counts, References, Scope
from crmctl.checks.result import CheckReport, CheckResult
from crmctl.schema.column import Column
from crmctl.sql import SQL

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_NOT_EMPTY = RowCount(min=1)
"""Planned with every run; shown only where it fails and nothing else says whether no rows are fine."""


def run_checks(
    con: DuckDBPyConnection, relation: SQL, columns: Sequence[Column], checks: Sequence[Check], *,
    references: References, as_of: datetime, sample: int | None = None, allow_empty: bool = False,
    show_pii: bool = False,
) -> CheckReport:  # fmt: skip
    """Measure all checks and list the rows that fail.

    Row-level checks take one scan together, `unique` one grouping each, and the failing rows, if any, one scan more.

    Args:
        con: The connection; a temporary table is created on it and handed out as `failures`.
        relation: The data: business columns as text, and `_id`, `_source`, `_line`.
        columns: What the business columns are.
        checks: What is expected; what is written twice is run once.
        references: Other datasets by name: relation and columns.
        as_of: The run's date.
        sample: At most so many failing rows of each check in `failures`; None for all.
        allow_empty: Data without a row are fine; otherwise they are one failed `row_count`.
        show_pii: Write personal values out in `failures` and examples instead of masking them.

    Raises:
        UsageError: Checks that cannot be carried out on these data; all of them.
    """
    scope = Scope(con, relation, columns, references, as_of)
    plans = plan([*checks, _NOT_EMPTY], scope)
    planned = [one for one in plans if isinstance(one, Planned)]
    total, counts = measure(planned, scope)
    results = [_settled(one, total) if isinstance(one, Settled) else _judged(one, counts[one.name]) for one in plans]
    if results[-1].check is _NOT_EMPTY:
        implied = results.pop()
        if total == 0 and not allow_empty and not any(map(_settles_emptiness, checks)):
            results.insert(0, implied)
    failing = [one for one in planned if counts[one.name].failed]
    failures = list_failures(failing, scope, sample, show_pii=show_pii)
    shown = examples(con, failures)
    return CheckReport([replace(result, examples=shown.get(result.name, ())) for result in results], failures, total)


def _settles_emptiness(check: Check) -> bool:
    """The user's own lower bound says whether no rows are fine."""
    return isinstance(check, RowCount) and check.where is None and check.min is not None


def _judged(planned: Planned, counts: Counts) -> CheckResult:
    check, field = planned.check, ", ".join(planned.check.targets)
    outcome, message = check.verdict(counts), check.message(counts)
    return CheckResult(check, planned.name, check.kind, field, counts.rows, counts.failed, outcome, message)


def _settled(settled: Settled, total: int) -> CheckResult:
    check, failed = settled.check, settled.outcome == "failed"
    outcome = "warned" if failed and check.severity == "warn" else settled.outcome
    rows = total if failed else 0
    return CheckResult(check, settled.name, check.kind, ", ".join(check.targets), rows, rows, outcome, settled.message)
