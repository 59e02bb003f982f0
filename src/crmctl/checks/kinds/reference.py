"""`reference`: a value that exists in another dataset's field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crmctl.checks.fields import find_column, get_column
from crmctl.checks.model import Check, Counts, RowTest, Scope, Skip, trimmed
from crmctl.messages import translate
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, ident, sql


class Reference(Check):
    """The value stands in a field of another dataset; skipped where that dataset is not there.

    Args:
        to: The other dataset.
        to_field: Its field; the one of the same name where not given.
        source_field: The field that names the source whose value it is; where it is blank, any source will do.
    """

    kind: Literal["reference"] = "reference"
    to: str
    to_field: str | None = None
    source_field: str | None = None

    @property
    def title(self) -> str:
        """Its name, else one with both ends."""
        target = f"{self.to}.{self.to_field}" if self.to_field else self.to
        return self.name or f"reference({', '.join(self.targets)} -> {target})"

    def needs(self) -> list[str]:
        """Also the field that names the source."""
        return super().needs() + ([self.source_field] if self.source_field else [])

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest | Skip:  # noqa: ARG002 - the kinds' common face
        """Fails where the other dataset has no such value."""
        if self.to not in scope.references:
            return Skip(translate("no dataset {to} to look in", to=self.to))
        other, other_columns = scope.references[self.to]
        wanted = self.to_field or columns[0].name
        if self.if_missing == "skip" and find_column(wanted, other_columns, self.place) is None:
            return Skip(translate("{to} has no field {field}", to=self.to, field=wanted))
        target = get_column(wanted, other_columns, self.place)
        mine, theirs = trimmed(columns[0]), trimmed(target)
        filled = sql("{other} where not {blank}", other=other, blank=blank(target.identifier))
        anywhere = sql("{mine} not in (select {theirs} from {filled})", mine=mine, theirs=theirs, filled=filled)
        source = get_column(self.source_field, scope.columns, self.place) if self.source_field else None
        if source is None:
            return RowTest(fails=anywhere)
        there = sql(
            "[{mine}, {named}] not in (select [{theirs}, coalesce({source}, '')] from {filled})",
            mine=mine, named=trimmed(source), theirs=theirs, source=ident("_source"), filled=filled,
        )  # fmt: skip
        return RowTest(
            fails=sql(
                "case when {unnamed} then {anywhere} else {there} end",
                unnamed=blank(source.identifier), anywhere=anywhere, there=there,
            )
        )  # fmt: skip

    def message(self, counts: Counts) -> str:
        """How many values are not there."""
        return translate("{failed} of {rows} values not in {to}", failed=counts.failed, rows=counts.rows, to=self.to)
