"""`range`: a number or date within bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from crmctl.checks.kinds.bounds import Bound, Bounded
from crmctl.checks.kinds.semantic_type import fits
from crmctl.checks.model import Counts, RowTest, Scope, trimmed
from crmctl.messages import translate
from crmctl.schema.column import TYPES, Column
from crmctl.sql import SQL, disjunction, sql

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ORDERED = {"bigint", "double", "decimal(18,4)", "date", "timestamp"}
_TIMES = {"date", "datetime"}


class Range(Bounded):
    """The value lies between `min` and `max`, both included.

    Bounds are numbers, dates, or `as_of`, the run's date. A date as a bound means the whole day.
    In a column without a type the bounds tell whether numbers or dates are meant.

    Args:
        unreadable: Whether a value that is no number or date fails, or is left to a `type` check.
    """

    kind: Literal["range"] = "range"
    unreadable: Literal["fail", "skip"] = "fail"

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:  # noqa: ARG002 - the kinds' common face
        """Fails outside the bounds, and where the text cannot be compared with them."""
        column = columns[0]
        bounds = {"min": self._bound(self.min, scope), "max": self._bound(self.max, scope)}
        wanted = self._wanted(column, [bound for bound in bounds.values() if bound is not None])
        # Numbers compare as doubles: a cast to a whole number would round first.
        target = "timestamp" if wanted in _TIMES else "double"
        self._verify(scope, target, column, bounds)
        value = sql("try_cast({text} as {target})", text=trimmed(column), target=SQL((target,)))
        low, high = bounds["min"], bounds["max"]
        reads = sql("coalesce({fits}, false)", fits=fits(column, wanted))
        outside = [_below(value, low, target)] if low is not None else []
        outside += [_above(value, high, target)] if high is not None else []
        if self.unreadable == "skip":
            return RowTest(fails=disjunction(outside), applies=reads)
        return RowTest(fails=disjunction([sql("not {reads}", reads=reads), *outside]))

    def _bound(self, bound: Bound | None, scope: Scope) -> Bound | None:
        return scope.as_of.date().isoformat() if bound == "as_of" else bound

    def _wanted(self, column: Column, bounds: list[Bound]) -> str:
        """The semantic type compared in: the column's own, else what the bounds are."""
        if TYPES.get(column.type) in _ORDERED:
            return column.type
        return "datetime" if all(isinstance(bound, str) for bound in bounds) else "number"

    def _verify(self, scope: Scope, target: str, column: Column, bounds: dict[str, Bound | None]) -> None:
        """Refuse bounds that are no numbers or dates, or that nothing lies between."""
        low, high = (None if bound is None else str(bound) for bound in bounds.values())
        query = sql(
            "select try_cast({low} as {t}), try_cast({high} as {t}), try_cast({low} as {t}) > try_cast({high} as {t})",
            low=low, high=high, t=SQL((target,)),
        )  # fmt: skip
        [(read_low, read_high, crossed)] = scope.con.execute(query.text, query.values).fetchall()
        for given, read in ((low, read_low), (high, read_high)):
            if given is not None and read is None:
                raise self.wrong(
                    "{field}: the bound {bound!r} is not a {wanted}", cure="write a number, or a date as 2025-12-31",
                    field=column.name, bound=given, wanted=translate("date" if target == "timestamp" else "number"),
                )  # fmt: skip
        if crossed:
            raise self.wrong("min {min} is above max {max}", cure="swap them", min=low, max=high)

    def message(self, counts: Counts) -> str:
        """How many values lie outside."""
        return translate(
            "{failed} of {rows} values outside {extent}", failed=counts.failed, rows=counts.rows, extent=self.extent
        )


def _below(value: SQL, bound: Bound, target: str) -> SQL:
    return sql("{value} < cast({bound} as {t})", value=value, bound=str(bound), t=SQL((target,)))


def _above(value: SQL, bound: Bound, target: str) -> SQL:
    """Above a bound; at ten o'clock on the last day is not above that day."""
    if _DAY.fullmatch(str(bound)):
        return sql("{value} >= cast({bound} as date) + interval 1 day", value=value, bound=str(bound))
    return sql("{value} > cast({bound} as {t})", value=value, bound=str(bound), t=SQL((target,)))
