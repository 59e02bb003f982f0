"""The run's one as-of moment: given, or the newest thing that happened in the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from crmctl.errors import UsageError
from crmctl.sql import sql
from crmctl.step.types import Dataset, midnight
from crmctl.store import Store

_ISOLATED_DAYS = 180
_FEWEST_ROWS = 10


@dataclass(frozen=True)
class Moment:
    """A day's beginning, and where it comes from."""

    at: dt.datetime
    source: str


def parse_as_of(text: str) -> Moment:
    """`today` or an ISO date.

    Raises:
        UsageError: It is neither.
    """
    if text == "today":
        return Moment(midnight(dt.datetime.now(dt.UTC).date()), "today")
    try:
        return Moment(midnight(dt.date.fromisoformat(text)), "given")
    except ValueError:
        raise UsageError("{text!r} is not a date", cure="write it as 2026-06-30, or 'today'", text=text) from None


def from_data(store: Store, datasets: Iterable[Dataset], started: dt.datetime) -> Moment:
    """The newest date of all event fields that is not later than the run's start.

    Raises:
        UsageError: It lies alone, far after all others: a typing error would move every window.
    """
    newest: Moment | None = None
    for dataset in datasets:
        for column in dataset.columns:
            if column.event:
                found = _newest(store, dataset, column.name, started)
                if found and (newest is None or found > newest.at):
                    newest = Moment(found, f"{dataset.name}.{column.name}")
    return newest or Moment(midnight(started.date()), "today")


def _newest(store: Store, dataset: Dataset, field: str, started: dt.datetime) -> dt.datetime | None:
    value = next(c for c in dataset.columns if c.name == field).typed()
    rows = store.rows(
        sql(
            "with days as (select try_cast({value} as date) as day, count(*) as n from {table}"
            " where {value} <= {started} group by 1),"
            " newest as (select max(day) as day from days where day is not null)"
            " select newest.day, (select max(day) from days where day < newest.day),"
            " (select min(day) from days), (select sum(n) from days where day is not null) from newest",
            value=value,
            table=dataset.relation,
            started=started,
        )
    )
    day, before, first, count = rows[0]
    if day is None:
        return None
    if before is not None and count >= _FEWEST_ROWS:
        gap, span = (day - before).days, (before - first).days
        if gap > max(_ISOLATED_DAYS, span / 4):
            raise UsageError(
                "the newest {field} of {dataset} is {day}, {gap} days after all others",
                cure="say what 'now' is with --as-of (for example --as-of {before})",
                field=field, dataset=dataset.name, day=day, gap=gap, before=before,
            )  # fmt: skip
    return midnight(day)
