"""`required`: a field that is never blank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crmctl.checks.model import Check, Counts, RowTest, Scope
from crmctl.messages import translate
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, TRUE


class Required(Check):
    """Every row has a value."""

    kind: Literal["required"] = "required"

    def scope_of_rows(self, columns: Sequence[Column]) -> SQL:  # noqa: ARG002 - the one kind that asks blank rows too
        """Every row, the blank ones above all."""
        return TRUE

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:  # noqa: ARG002 - the kinds' common face
        """Fails where the field is blank."""
        return RowTest(fails=blank(columns[0].identifier))

    def message(self, counts: Counts) -> str:
        """How many rows are blank."""
        return translate("blank in {failed} of {rows} rows", failed=counts.failed, rows=counts.rows)
