"""`unique`: no two rows share the value of a field, or of several together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from crmctl.checks.model import Check, Counts, RowTest, Scope, trimmed
from crmctl.messages import translate
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join, sql


class Unique(Check):
    """Each combination of values occurs once; rows with a blank in it are not compared.

    The count is the surplus: two equal rows are one failure, three are two. Every row of a group is listed.

    Args:
        per_source: Rows of different sources may share a value, as the ids of two shops do.
    """

    takes: ClassVar = "together"
    kind: Literal["unique"] = "unique"
    per_source: bool = False

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:
        """Fails in every row of a group that has more than one."""
        parts = [trimmed(column) for column in columns]
        if self.per_source:
            # A missing source is a source of its own: null in a list would match nothing.
            parts.append(sql("coalesce({source}, '')", source=ident("_source")))
        # A list, since joined text would take ('a b', 'c') for ('a', 'b c').
        key = sql("[{parts}]", parts=join(parts))
        groups = sql(
            "select {key} as k, count(*) as n from {relation} where {applies} group by {key}",
            key=key, relation=scope.relation, applies=applies,
        )  # fmt: skip
        return RowTest(
            fails=sql("{key} in (select k from ({groups}) where n > 1)", key=key, groups=groups),
            counts=sql(
                "select coalesce(sum(n), 0), coalesce(sum(n - 1), 0), count(*) filter (where n > 1) from ({groups})",
                groups=groups,
            ),
        )

    def message(self, counts: Counts) -> str:
        """How many rows are surplus, in how many groups."""
        return translate(
            "repeated in {failed} of {rows} rows, duplicate groups: {groups}",
            failed=counts.failed, rows=counts.rows, groups=counts.groups,
        )  # fmt: skip
