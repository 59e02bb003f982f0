"""A classification file whose method needs orders, carried out: its options checked, its result one SQL relation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from crmctl.analytics.lifecycle import LifecycleThresholds, lifecycle
from crmctl.analytics.rfm import rfm
from crmctl.analytics.rfm_maps import load_rfm_map
from crmctl.analytics.rfm_scores import Monetary, RfmCuts, Scoring
from crmctl.analytics.summary import Returns, purchase_summary
from crmctl.analytics.value_tier import By, value_tier
from crmctl.errors import UsageError
from crmctl.rules import Classification, Outcome
from crmctl.sql import SQL, ident, sql


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    returns: Returns = "net"


class RfmOptions(_Options):
    """The options of the method `rfm`."""

    bins: int = 5
    scoring: Scoring = "quantile_value"
    map: str = "grid-10"
    monetary: Monetary = "total_spent"
    thresholds: dict[Literal["recency", "frequency", "monetary"], list[float]] | None = None


class ValueTierOptions(_Options):
    """The options of the method `value_tier`."""

    cuts: list[float] = Field(default_factory=lambda: [0.8, 0.95])
    names: list[str] = Field(default_factory=lambda: ["A", "B", "C"])
    by: By = "value"
    inclusive: bool = False


class LifecycleOptions(_Options):
    """The options of the method `lifecycle`."""

    thresholds: LifecycleThresholds = LifecycleThresholds()


_Model = TypeVar("_Model", bound=_Options)


@dataclass(frozen=True, slots=True)
class _Task:
    """What every method gets."""

    classification: Classification
    orders: SQL
    as_of: dt.datetime
    cuts: RfmCuts | None
    keys: SQL | None

    def summary(self, options: _Options) -> SQL:
        """The customers' figures, with returns treated as the options say."""
        return purchase_summary(self.orders, self.as_of, returns=options.returns)


def method_sql(
    classification: Classification,
    orders: SQL,
    as_of: dt.datetime,
    *,
    cuts: RfmCuts | None = None,
    keys: SQL | None = None,
) -> SQL:
    """One row per customer with orders: ``customer`` and the classification's own column; for `rfm` its scores too.

    Customers without a row are the caller's to fill with `without_orders`.

    Args:
        classification: One whose method is `rfm`, `value_tier` or `lifecycle`.
        orders: The relation that `purchase_summary` takes.
        as_of: The run's date.
        cuts: For `rfm`: the frozen cuts of an earlier run.
        keys: A relation of ``customer`` and ``key``, which puts equal customers in order. Needed where the customer
            is an `_id`, which must not decide.

    Raises:
        UsageError: The options do not fit the method, with their place in the file.
    """
    made, column = _MADE.get(classification.method, (_not_by_orders, ""))
    try:
        result = made(_Task(classification, orders, as_of, cuts, keys))
    except UsageError as error:
        error.place = error.place or classification.document.place("options")
        raise
    if classification.classification == column:
        return result
    name = ident(classification.classification)
    return sql("(select * rename ({made} as {name}) from {result})", made=ident(column), name=name, result=result)


def without_orders(classification: Classification) -> str:
    """The outcome of a customer who never ordered, by the classification's method."""
    return {"lifecycle": "potential", "value_tier": "none"}.get(classification.method, classification.otherwise.name)


def outcomes(classification: Classification) -> dict[str, Outcome]:
    """Every outcome with its labels: those of the file, and for `rfm` those of its map."""
    found = dict(classification.outcomes)
    if classification.method == "rfm":
        for name, labels in load_rfm_map(options_of(classification, RfmOptions).map).labels.items():
            found.setdefault(name, Outcome(name=name, labels=labels))
    return found


def options_of(classification: Classification, model: type[_Model]) -> _Model:
    """The options as their method's model.

    Raises:
        UsageError: They do not fit; every error at once, each with its place.
    """
    return classification.document.validate(model, "options", data=classification.options)


def _rfm(task: _Task) -> SQL:
    options = options_of(task.classification, RfmOptions)
    cuts = task.cuts
    if cuts is None and options.thresholds is not None:
        cuts = RfmCuts.of({str(name): given for name, given in options.thresholds.items()})
    return rfm(
        task.summary(options), bins=options.bins, scoring=options.scoring, map=options.map,
        monetary=options.monetary, cuts=cuts, keys=task.keys,
    )  # fmt: skip


def _value_tier(task: _Task) -> SQL:
    options = options_of(task.classification, ValueTierOptions)
    return value_tier(
        task.summary(options), cuts=options.cuts, names=options.names, by=options.by,
        inclusive=options.inclusive, keys=task.keys,
    )  # fmt: skip


def _lifecycle(task: _Task) -> SQL:
    options = options_of(task.classification, LifecycleOptions)
    return lifecycle(task.summary(options), options.thresholds)


def _not_by_orders(task: _Task) -> SQL:
    name = task.classification.classification
    raise UsageError("{name!r} is made by rules, not from orders", cure="use classification_sql", name=name)


_MADE: dict[str, tuple[Callable[[_Task], SQL], str]] = {
    "rfm": (_rfm, "rfm_segment"),
    "value_tier": (_value_tier, "value_tier"),
    "lifecycle": (_lifecycle, "lifecycle"),
}
