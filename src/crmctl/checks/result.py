"""What came out: one result for each check, and the report over all of them. How it is written lives in `formats`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from crmctl.checks.failures import FailingRow
from crmctl.checks.model import Check
from crmctl.sql import SQL

Outcome = Literal["passed", "warned", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check.

    Args:
        check: The check itself.
        name: What it is called in this report; no two share it.
        kind: Its kind.
        field: The fields it concerns, in words; empty where it concerns the dataset.
        rows: The denominator: the rows it applies to.
        failed: Those of them that fail it.
        outcome: What that means under its thresholds.
        message: The finding in a sentence, in the user's language.
        examples: Its first failing rows, personal values masked.
    """

    check: Check
    name: str
    kind: str
    field: str
    rows: int
    failed: int
    outcome: Outcome
    message: str
    examples: tuple[FailingRow, ...] = ()

    @property
    def share(self) -> float:
        """Failed rows per row it applies to, from 0 to 1; 0 where it applies to none."""
        return self.failed / self.rows if self.rows else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name, "kind": self.kind, "field": self.field or None, "severity": self.check.severity,
            "outcome": self.outcome, "rows": self.rows, "failed": self.failed, "share": self.share,
            "message": self.message, "description": self.check.description, "owner": self.check.owner,
            "examples": [
                {"line": row.line, "source": row.source, "field": row.field, "value": row.value}
                for row in self.examples
            ],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All results of one dataset.

    Args:
        results: In the order of the checks.
        failures: A temporary table of failing rows: check_name, kind, severity, _id, _line, _source, field, value.
        rows: The rows of the dataset.
    """

    results: Sequence[CheckResult]
    failures: SQL
    rows: int

    def _count(self, outcome: Outcome) -> int:
        return sum(result.outcome == outcome for result in self.results)

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return self._count("passed")

    @property
    def warned(self) -> int:
        """How many gave a warning."""
        return self._count("warned")

    @property
    def failed(self) -> int:
        """How many failed."""
        return self._count("failed")

    @property
    def skipped(self) -> int:
        """How many could not be run on these data."""
        return self._count("skipped")

    @property
    def outcome(self) -> Outcome:
        """The worst of the results; `skipped` where no check was run at all."""
        for outcome in ("failed", "warned", "passed"):
            if self._count(outcome):
                return outcome
        return "skipped"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            "outcome": self.outcome, "rows": self.rows, "passed": self.passed, "warned": self.warned,
            "failed": self.failed, "skipped": self.skipped, "results": [result.to_dict() for result in self.results],
        }  # fmt: skip
