"""`pattern`: the value matches a regular expression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crmctl.checks.model import Check, Counts, RowTest, Scope, trimmed
from crmctl.messages import translate
from crmctl.schema.column import Column
from crmctl.sql import SQL, sql


class Pattern(Check):
    """The whole trimmed value matches an RE2 expression; write `.*x.*` for one that only contains x.

    Args:
        pattern: The expression, in the syntax of RE2 (no look-around, no back-references).
    """

    kind: Literal["pattern"] = "pattern"
    pattern: str

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:  # noqa: ARG002 - the kinds' common face
        """Fails where the expression does not match the whole text."""
        import duckdb

        try:
            scope.con.execute("select regexp_full_match('', ?)", [self.pattern]).fetchall()
        except duckdb.Error as error:
            raise self.wrong(
                "the pattern {pattern!r} cannot be read: {problem}", cure="write it in the syntax of RE2",
                pattern=self.pattern, problem=str(error).removeprefix("Invalid Input Error: ").splitlines()[0],
            ) from None  # fmt: skip
        return RowTest(
            fails=sql("not regexp_full_match({text}, {pattern})", text=trimmed(columns[0]), pattern=self.pattern)
        )

    def message(self, counts: Counts) -> str:
        """How many values do not match."""
        return translate(
            "{failed} of {rows} values not matching {pattern}",
            failed=counts.failed, rows=counts.rows, pattern=self.pattern,
        )  # fmt: skip
