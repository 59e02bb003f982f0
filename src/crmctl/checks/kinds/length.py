"""`length`: the number of characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from crmctl.checks.kinds.bounds import Bounded
from crmctl.checks.model import Counts, RowTest, Scope, trimmed
from crmctl.messages import translate
from crmctl.schema.column import Column
from crmctl.sql import SQL, disjunction, sql


class Length(Bounded):
    """The trimmed value has from `min` to `max` characters; a Chinese character is one."""

    kind: Literal["length"] = "length"
    whole: ClassVar = True

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:  # noqa: ARG002 - the kinds' common face
        """Fails where the text is shorter or longer."""
        length = sql("length({text})", text=trimmed(columns[0]))
        low = [sql("{length} < {bound}", length=length, bound=self.min)] if self.min is not None else []
        high = [sql("{length} > {bound}", length=length, bound=self.max)] if self.max is not None else []
        return RowTest(fails=disjunction(low + high))

    def message(self, counts: Counts) -> str:
        """How many values are too short or too long."""
        return translate(
            "{failed} of {rows} lengths outside {extent}",
            failed=counts.failed, rows=counts.rows, extent=self.extent,
        )  # fmt: skip
