"""Value tiers (ABC): which customers make up the first 80 % of what all have spent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from crmctl.analytics.summary import with_tie_keys
from crmctl.errors import UsageError
from crmctl.sql import SQL, ident, join, sql

By = Literal["value", "customers"]


def value_tier(
    summary: SQL,
    *,
    cuts: Sequence[float] = (0.8, 0.95),
    names: Sequence[str] = ("A", "B", "C"),
    none: str = "none",
    by: By = "value",
    inclusive: bool = False,
    value: str = "total_spent",
    keys: SQL | None = None,
) -> SQL:
    """One row per customer of the summary: ``customer``, ``value_tier``.

    Customers are ordered by value, highest first, equal ones by their key. A customer belongs to the first tier whose
    cut is above the share of those before; whoever crosses the line belongs to the higher tier, so the first is never
    empty. Who spent nothing, or less, is in no tier.

    Args:
        summary: What `purchase_summary` returned.
        cuts: The cumulative shares that end the tiers, ascending, between 0 and 1; the last tier needs none.
        names: The tiers' names, one more than cuts.
        none: The name for customers without a positive value.
        by: Shares of the `value`, or of the number of `customers` (the top 20 %).
        inclusive: Compare the share including the customer (`<=` the cut): whoever crosses falls to the lower tier.
        value: The summary's column to go by.
        keys: Customer and key, by which customers of equal value are ordered; the customer where there is none.

    Raises:
        UsageError: Cuts that do not ascend between 0 and 1, or a wrong number of names.
    """
    _check(cuts, names)
    measure = ident(value) if by == "value" else sql("1")
    return sql(
        """(
    with weighed as (
        select customer, tie_key, {value} as worth, cast({measure} as decimal(28, 4)) as weight
        from {keyed} where {value} > 0
    ), running as (
        select customer, weight, cast(sum(weight) over () as decimal(28, 4)) as whole,
            cast(sum(weight) over ordered as decimal(28, 4)) as upto
        from weighed
        window ordered as (order by worth desc, {tie} rows unbounded preceding)
    )
    select customer, {tier} as value_tier from running
    union all by name
    select customer, {none} as value_tier from {summary} where coalesce({value}, 0) <= 0
)""",
        value=ident(value), measure=measure, summary=summary, keyed=with_tie_keys(summary, keys),
        tie=sql("customer") if keys is None else sql("tie_key, customer"),
        tier=_tier(cuts, names, inclusive=inclusive), none=none,
    )  # fmt: skip


def _tier(cuts: Sequence[float], names: Sequence[str], *, inclusive: bool) -> SQL:
    running = sql("upto") if inclusive else sql("upto - weight")
    sign = sql("<=") if inclusive else sql("<")
    branches = [
        sql("when {sum} {sign} {cut} * whole then {name}", sum=running, sign=sign, cut=_exact(cut), name=name)
        for cut, name in zip(cuts, names, strict=False)
    ]
    return sql("case {branches} else {last} end", branches=join(branches, " "), last=names[-1])


def _exact(cut: float) -> Decimal:
    """0.8 as a decimal of at most nine places: a share of money is compared exactly."""
    return round(Decimal(str(cut)), 9)


def _check(cuts: Sequence[float], names: Sequence[str]) -> None:
    if not cuts or any(not 0 < cut < 1 for cut in cuts) or list(cuts) != sorted(set(cuts)):
        raise UsageError("cuts {cuts} do not ascend between 0 and 1", cure="write [0.8, 0.95]", cuts=list(cuts))
    if len(names) != len(cuts) + 1 or len(set(names)) != len(names):
        raise UsageError(
            "{cuts} cuts make {wanted} tiers, and {given} different names are given", cure="give one name to each",
            cuts=len(cuts), wanted=len(cuts) + 1, given=len(set(names)),
        )  # fmt: skip
