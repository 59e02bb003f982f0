"""From checks to measurements: all row-level checks of a dataset in one scan. Listing failing rows is `failures`'."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from crmctl.checks.conditions import condition_sql
from crmctl.checks.fields import find_column, get_column
from crmctl.checks.model import Check, Counts, RowTest, Scope, Skip
from crmctl.errors import CrmctlError, UsageError, raise_all
from crmctl.messages import translate
from crmctl.schema.column import Column
from crmctl.sql import SQL, conjunction, join, sql

_SAME_BUT_FOR = {"description", "owner", "if_missing"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A check ready to be measured: its columns, the rows it applies to, and what it asks of them."""

    check: Check
    name: str
    columns: tuple[Column, ...]
    applies: SQL
    test: RowTest

    @property
    def failing(self) -> SQL:
        """True in the rows to be listed."""
        return sql("({applies} and {fails})", applies=self.applies, fails=self.test.fails)


@dataclass(frozen=True, slots=True)
class Settled:
    """A check decided by the shape of the data alone."""

    check: Check
    name: str
    outcome: Literal["failed", "skipped"]
    message: str


def plan(checks: Sequence[Check], scope: Scope) -> list[Planned | Settled]:
    """Every check, resolved against the columns; what is written twice is run once.

    Raises:
        UsageError: Checks that cannot be carried out; all of them.
    """
    errors: list[CrmctlError] = []
    plans: list[Planned | Settled] = []
    for name, check in _named(checks):
        try:
            raise_all(check.problems())
            plans.append(_plan_one(name, check, scope))
        except UsageError as error:
            errors += error.parts
    raise_all(errors)
    return plans


def _named(checks: Sequence[Check]) -> list[tuple[str, Check]]:
    """The checks, one for each field, under names that tell them apart."""
    named: dict[str, Check] = {}
    seen: set[str] = set()
    for check in itertools.chain.from_iterable(one.expanded() for one in checks):
        content = check.model_dump_json(exclude=_SAME_BUT_FOR)
        if content in seen:
            continue
        seen.add(content)
        name, number = check.title, 1
        while name in named:
            number += 1
            name = f"{check.title} #{number}"
        named[name] = check
    return list(named.items())


def _plan_one(name: str, check: Check, scope: Scope) -> Planned | Settled:
    missing = [field for field in check.needs() if find_column(field, scope.columns, check.place) is None]
    if missing and check.if_missing != "error":
        outcome: Literal["failed", "skipped"] = "failed" if check.if_missing == "fail" else "skipped"
        return Settled(check, name, outcome, translate("column missing: {names}", names=", ".join(missing)))
    columns = tuple(get_column(field, scope.columns, check.place) for field in check.targets)
    applies = [check.scope_of_rows(columns)]
    if check.where is not None:
        applies.append(condition_sql(check.where, scope, check.place))
    rows = conjunction(applies)
    test = check.test(scope, columns, rows)
    if isinstance(test, Skip):
        return Settled(check, name, "skipped", test.reason)
    if test.applies is not None:
        rows = conjunction([rows, test.applies])
    return Planned(check, name, columns, rows, test)


def scan(plans: Sequence[Planned], scope: Scope) -> SQL:
    """The one scan: all rows, then for each check the rows it applies to and those that fail it."""
    counts = [sql("count(*)")]
    for planned in plans:
        counts.append(sql("count(*) filter (where {applies})", applies=planned.applies))
        counts.append(sql("count(*) filter (where {failing})", failing=planned.failing))
    return sql("select {counts} from {relation}", counts=join(counts), relation=scope.relation)


def measure(plans: Sequence[Planned], scope: Scope) -> tuple[int, Mapping[str, Counts]]:
    """The number of rows, and each check's counts by its name."""
    in_scan = [planned for planned in plans if planned.test.counts is None]
    query = scan(in_scan, scope)
    [(total, *figures)] = scope.con.execute(query.text, query.values).fetchall()
    counts = {
        planned.name: Counts(rows, failed)
        for planned, rows, failed in zip(in_scan, figures[::2], figures[1::2], strict=True)
    }
    for planned in plans:
        if planned.test.counts is not None:
            own = planned.test.counts
            [(rows, failed, groups)] = scope.con.execute(own.text, own.values).fetchall()
            counts[planned.name] = Counts(int(rows), int(failed), int(groups))
    return total, counts
