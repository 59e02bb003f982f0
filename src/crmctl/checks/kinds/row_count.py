"""`row_count`: how many rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from crmctl.checks.kinds.bounds import Bounded
from crmctl.checks.model import Counts, RowTest, Scope
from crmctl.messages import translate
from crmctl.schema.column import Column
from crmctl.sql import SQL


class RowCount(Bounded):
    """The number of rows (that meet `where`) lies between `min` and `max`, both included."""

    takes: ClassVar = "none"
    counts_rows: ClassVar = False
    whole: ClassVar = True
    kind: Literal["row_count"] = "row_count"

    @property
    def title(self) -> str:
        """Its name, else the kind and its bounds."""
        return self.name or f"row_count({self.extent})"

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:  # noqa: ARG002 - the kinds' common face
        """No row fails by itself."""
        return RowTest(dataset_level=True)

    def verdict(self, counts: Counts) -> Literal["passed", "warned", "failed"]:
        """Whether the number lies between the bounds."""
        if not self._outside(counts.rows):
            return "passed"
        return "failed" if self.severity == "error" else "warned"

    def message(self, counts: Counts) -> str:
        """The number and what was expected."""
        return translate("{rows} rows, expected {extent}", rows=counts.rows, extent=self.extent)

    def _outside(self, rows: int) -> bool:
        low, high = (bound if isinstance(bound, int) else None for bound in (self.min, self.max))
        return (low is not None and rows < low) or (high is not None and rows > high)
