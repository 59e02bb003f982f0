"""The run's one as-of moment: given, or the newest thing that happened in the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from crmctl.errors import UsageError
from crmctl.schema.column import Column
from crmctl.sql import SQL, join, sql
from crmctl.step.types import Dataset, midnight
from crmctl.store import Store

CLOCK = "today"
_ISOLATED_DAYS = 180
_FEWEST_ROWS = 10
_LOW = 0.1
"""The share of rows before which a date says nothing about the span: placeholders such as 1900-01-01."""


@dataclass(frozen=True)
class Moment:
    """A day's beginning, and where it comes from."""

    at: dt.datetime
    source: str

    @property
    def dated(self) -> dt.date | None:
        """The day that a file may carry; None where it is only the clock's."""
        return None if self.source == CLOCK else self.at.date()


def parse_as_of(text: str) -> Moment:
    """`today` or an ISO date.

    Raises:
        UsageError: It is neither.
    """
    if text == CLOCK:
        return Moment(midnight(dt.datetime.now().astimezone().date()), CLOCK)
    try:
        return Moment(midnight(dt.date.fromisoformat(text)), "given")
    except ValueError:
        raise UsageError("{text!r} is not a date", cure="write it as 2026-06-30, or 'today'", text=text) from None


def from_data(store: Store, datasets: Iterable[Dataset], started: dt.datetime) -> Moment:
    """The newest date of all event fields that is not later than the run's start.

    Args:
        store: The store.
        datasets: Where to look.
        started: The run's start in UTC; the dates in data are local ones.

    Raises:
        UsageError: It lies alone, far after all others: a typing error would move every window.
    """
    started = started.replace(tzinfo=dt.UTC).astimezone().replace(tzinfo=None)
    fields = [_days(dataset, column, started) for dataset in datasets for column in dataset.columns if column.event]
    if not fields:
        return Moment(midnight(started.date()), CLOCK)
    rows = store.rows(
        sql(
            "with days as materialized ({fields}), newest as (select max(day) as day from days),"
            " ranked as (select day, sum(sum(n)) over (order by day) as upto from days group by day)"
            " select day, min_by(dataset, (dataset, field)), min_by(field, (dataset, field)),"
            "   (select max(day) from days where day < (from newest)), "
            "   (select min(day) from ranked where upto > {low} * (select sum(n) from days)),"
            "   (select sum(n) from days) from days where day = (from newest) group by day",
            fields=join(fields, " union all "),
            low=_LOW,
        )
    )
    if not rows:
        return Moment(midnight(started.date()), CLOCK)
    day, dataset, field, before, first, count = rows[0]
    if before is not None and count >= _FEWEST_ROWS:
        gap, span = (day - before).days, (before - first).days
        if gap > max(_ISOLATED_DAYS, span / 4):
            raise UsageError(
                "the newest {field} of {dataset} is {day}, {gap} days after all others",
                cure="say what 'now' is with --as-of (for example --as-of {before})",
                field=field, dataset=dataset, day=day, gap=gap, before=before,
            )  # fmt: skip
    return Moment(midnight(day), f"{dataset}.{field}")


def _days(dataset: Dataset, column: Column, started: dt.datetime) -> SQL:
    """Every day of an event field, with how many rows it has."""
    return sql(
        "select {dataset} as dataset, {field} as field, {value}::date as day, count(*) as n from {table}"
        " where {value} <= {started} group by all",
        dataset=dataset.name, field=column.name, value=column.typed(), table=dataset.relation, started=started,
    )  # fmt: skip
