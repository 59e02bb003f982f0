"""`values`: only values of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from crmctl.checks.model import Check, Counts, RowTest, Scope, trimmed
from crmctl.messages import translate
from crmctl.schema.column import Column
from crmctl.sql import SQL, join, sql

Scalar = str | int | float | bool


class Allowed(Check):
    """The value is one of a list, letter for letter.

    Args:
        values: What is allowed; numbers and booleans count as their text (`true`, `1`).
    """

    kind: Literal["values"] = "values"
    values: Annotated[list[Scalar], Field(min_length=1)]

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:  # noqa: ARG002 - the kinds' common face
        """Fails where the text is not in the list."""
        allowed = join([sql("{value}", value=_text(value)) for value in self.values])
        return RowTest(fails=sql("{text} not in ({allowed})", text=trimmed(columns[0]), allowed=allowed))

    def message(self, counts: Counts) -> str:
        """How many values are not in the list."""
        return translate("{failed} of {rows} values not allowed", failed=counts.failed, rows=counts.rows)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
