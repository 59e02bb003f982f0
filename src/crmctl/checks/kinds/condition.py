"""`condition`: a rule over the fields of one row, in the condition language of `crmctl.rules`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from crmctl.checks.conditions import condition_fields, holds_or_unknown
from crmctl.checks.fields import get_column
from crmctl.checks.model import Check, Counts, RowTest, Scope
from crmctl.messages import translate
from crmctl.schema.column import Column
from crmctl.sql import SQL, TRUE, conjunction, sql

_TITLE_LENGTH = 60


class Condition(Check):
    """Every row meets a condition; a row whose blanks leave that open is not counted.

    Args:
        condition: The condition, as text or mapping.
        field: The field to be shown beside a failing row, if any.
        unreadable: Whether a row fails whose value does not fit its field's type, or is left to a `type` check.
    """

    takes: ClassVar = "optional"
    kind: Literal["condition"] = "condition"
    condition: str | dict[str, Any] | list[Any]
    unreadable: Literal["fail", "skip"] = "fail"

    @property
    def title(self) -> str:
        """Its name, else the condition's first words."""
        text = self.condition if isinstance(self.condition, str) else json.dumps(self.condition, ensure_ascii=False)
        return self.name or f"condition({text if len(text) <= _TITLE_LENGTH else text[: _TITLE_LENGTH - 1] + '…'})"

    def needs(self) -> list[str]:
        """Also the fields that the condition reads."""
        return super().needs() + condition_fields(self.condition, self.place)

    def scope_of_rows(self, columns: Sequence[Column]) -> SQL:  # noqa: ARG002 - the field is only shown
        """Every row; the condition itself says what a blank means."""
        return TRUE

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:  # noqa: ARG002 - the kinds' common face
        """Fails where the condition does not hold; where it cannot be told, the row is not counted."""
        holds = holds_or_unknown(self.condition, scope, self.place)
        known = [sql("({holds}) is not null", holds=holds)]
        if self.unreadable == "skip":
            names = condition_fields(self.condition, self.place)
            read = [get_column(name, scope.columns, self.place) for name in names]
            known += [sql("not {misfit}", misfit=column.misfit()) for column in read if column.sql_type != "varchar"]
        return RowTest(fails=sql("not ({holds})", holds=holds), applies=conjunction(known))

    def message(self, counts: Counts) -> str:
        """How many rows do not meet it."""
        return translate("{failed} of {rows} rows not meeting the condition", failed=counts.failed, rows=counts.rows)
