"""The stage of a customer's life: new, active, at risk, churned … by fixed days and by the customer's own rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crmctl.analytics.quantiles import quantile_cuts
from crmctl.sql import SQL, sql

Rule = Literal["both", "days", "rhythm"]


class LifecycleThresholds(BaseModel):
    """Every limit of the lifecycle. There is no standard: the defaults are crmctl's own choice.

    Days count from the last order to the as-of day. Lateness is those days over the customer's usual interval
    between orders.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Rule = "both"
    new_days: int = Field(default=90, ge=0)
    active_days: int = Field(default=90, ge=0)
    dormant_days: int = Field(default=180, ge=0)
    churned_days: int = Field(default=365, ge=0)
    active_late: float = Field(default=1.5, gt=0, le=1000)
    dormant_late: float = Field(default=2.5, gt=0, le=1000)
    churned_late: float = Field(default=4, gt=0, le=1000)
    loyal_orders: int = Field(default=10, ge=2)
    loyal_quantile: float = Field(default=0.8, gt=0, lt=1)
    rhythm_orders: int = Field(default=3, ge=2)

    @model_validator(mode="after")
    def _ascends(self) -> LifecycleThresholds:
        days = [self.active_days, self.dormant_days, self.churned_days]
        late = [self.active_late, self.dormant_late, self.churned_late]
        if days != sorted(days) or late != sorted(late):
            raise ValueError("the limits of active, dormant and churned have to ascend")
        return self


DEFAULTS = LifecycleThresholds()


def lifecycle(summary: SQL, thresholds: LifecycleThresholds = DEFAULTS) -> SQL:
    """One row per customer of the summary: ``customer``, ``lifecycle``.

    The first that holds, R being the recency in days, F the orders, and late = R / the usual interval (the mean
    interval of the customer's own orders from the third on, else the median of all who have three):

    - ``potential``: no order. Customers that are not in the summary at all are the caller's to add.
    - active means R <= active_days or late <= active_late. Among the active: ``returned`` where the gap before the
      last order was longer than the churn rule; ``new`` with one order and R <= new_days; ``loyal`` with at least two
      orders, and either loyal_orders of them or as many as the loyal_quantile of all; ``repeat`` with at least two;
      ``active`` the rest.
    - ``churned``: R > churned_days or late > churned_late. ``dormant``: the same with the dormant limits.
      ``at_risk``: the rest.

    The rule `days` goes by days alone, `rhythm` by lateness alone (by days where nobody has a rhythm).

    Args:
        summary: What `purchase_summary` returned.
        thresholds: The limits.
    """
    limits = thresholds
    buyers = sql("(select * from {summary} where order_count > 0)", summary=summary)
    quantile = Fraction(str(limits.loyal_quantile))
    return sql(
        """(
    with buyers as materialized (
        select customer, recency_days, order_count,
            date_diff('day', cast(first_order_at as date), cast(last_order_at as date)) as span,
            date_diff('day', cast(first_order_at as date), cast(previous_order_at as date)) as earlier_span,
            date_diff('day', cast(previous_order_at as date), cast(last_order_at as date)) as gap
        from {buyers}
    ), usual as (
        select cast(median(span / (order_count - 1)) as decimal(18, 6)) as days
        from buyers where order_count >= {rhythm_orders} and span > 0
    ), loyal as (
        select max(cut) as orders from {loyal}
    ), paced as (
        select customer, recency_days, order_count, gap, loyal.orders as loyal_orders,
            {span} as span, {steps} as steps, {earlier_span} as earlier_span, {earlier_steps} as earlier_steps
        from buyers cross join usual cross join loyal
    ), staged as (
        select *, {active} as is_active, {churned} as is_churned, {dormant} as is_dormant, {returned} as has_returned
        from paced
    )
    select customer, {stage} as lifecycle
    from staged
    union all by name
    select customer, 'potential' as lifecycle from {summary} where order_count = 0
)""",
        buyers=buyers, summary=summary, loyal=quantile_cuts(sql("order_count"), sql("buyers"), [quantile]),
        rhythm_orders=limits.rhythm_orders, stage=_stage(limits),
        **_rhythm(limits), **_states(limits),
    )  # fmt: skip


def _stage(limits: LifecycleThresholds) -> SQL:
    return sql(
        """case
        when is_active and has_returned then 'returned'
        when is_active and order_count = 1 and recency_days <= {new_days} then 'new'
        when is_active and order_count >= 2 and order_count >= least({loyal_count}, loyal_orders) then 'loyal'
        when is_active and order_count >= 2 then 'repeat'
        when is_active then 'active'
        when is_churned then 'churned'
        when is_dormant then 'dormant'
        else 'at_risk' end""",
        new_days=limits.new_days, loyal_count=limits.loyal_orders,
    )  # fmt: skip


def _rhythm(limits: LifecycleThresholds) -> dict[str, SQL]:
    """The usual interval as span / steps, now and before the last order; kept apart so that no rounding decides."""
    own = sql("(order_count >= {orders} and span > 0)", orders=limits.rhythm_orders)
    earlier = sql("(order_count > {orders} and earlier_span > 0)", orders=limits.rhythm_orders)
    return {
        "span": sql("case when {own} then span else usual.days end", own=own),
        "steps": sql("case when {own} then order_count - 1 else 1 end", own=own),
        "earlier_span": sql("case when {own} then earlier_span else usual.days end", own=earlier),
        "earlier_steps": sql("case when {own} then order_count - 2 else 1 end", own=earlier),
    }


def _states(limits: LifecycleThresholds) -> dict[str, SQL]:
    now = _Wait(sql("recency_days"), sql("span"), sql("steps"), limits.rule)
    before = _Wait(sql("gap"), sql("earlier_span"), sql("earlier_steps"), limits.rule)
    return {
        "active": sql("not {inactive}", inactive=now.beyond_both(limits.active_days, limits.active_late)),
        "churned": now.beyond(limits.churned_days, limits.churned_late),
        "dormant": now.beyond(limits.dormant_days, limits.dormant_late),
        "returned": sql(
            "coalesce({inactive} and {churned}, false)",
            inactive=before.beyond_both(limits.active_days, limits.active_late),
            churned=before.beyond(limits.churned_days, limits.churned_late),
        ),
    }


@dataclass(frozen=True, slots=True)
class _Wait:
    """Days waited, against the usual interval of span / steps days."""

    days: SQL
    span: SQL
    steps: SQL
    rule: Rule

    def beyond(self, days: int, late: float) -> SQL:
        """Whether the wait passes either limit; the lateness counts where there is a rhythm."""
        if self.rule != "both":
            return self._by_one_rule(days, late)
        return sql("({days} or coalesce({late}, false))", days=self._by_days(days), late=self._by_rhythm(late))

    def beyond_both(self, days: int, late: float) -> SQL:
        """Whether the wait passes both limits."""
        if self.rule != "both":
            return self._by_one_rule(days, late)
        return sql("({days} and coalesce({late}, true))", days=self._by_days(days), late=self._by_rhythm(late))

    def _by_one_rule(self, days: int, late: float) -> SQL:
        if self.rule == "days":
            return self._by_days(days)
        return sql("coalesce({late}, {days})", late=self._by_rhythm(late), days=self._by_days(days))

    def _by_days(self, limit: int) -> SQL:
        return sql("({days} > {limit})", days=self.days, limit=limit)

    def _by_rhythm(self, limit: float) -> SQL:
        return sql(
            "({days} * {steps} > cast({limit} as decimal(9, 4)) * {span})",
            days=self.days, steps=self.steps, limit=str(limit), span=self.span,
        )  # fmt: skip
