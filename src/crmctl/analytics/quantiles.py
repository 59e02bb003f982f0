"""Exact cut-offs at fractions of a column. Scores are made of them in `rfm`; this knows no scores."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from crmctl.sql import SQL, sql, values


def quantile_cuts(column: SQL, relation: SQL, fractions: Sequence[Fraction]) -> SQL:
    """The quantiles of a column as a relation: `position` (0-based), `cut` DECIMAL(38,10).

    R's type 7: between the two neighbours in order, linear. Done in whole numbers (ten-thousandths), because a
    rounded product such as 0.2 * (n - 1) can fall below the neighbour it hits and then cuts a tie in two. A cut
    that is no multiple of 0.0001 is cut off after ten digits, which never moves it across a value.

    Args:
        column: A numeric expression with up to four decimals; nulls are left out.
        relation: What it is taken from.
        fractions: The fractions, between 0 and 1.
    """
    wanted = values([position, part.numerator, part.denominator] for position, part in enumerate(fractions))
    return sql(
        """(
    with counted as (
        select cast({column} * 10000 as hugeint) as value, count(*) as many
        from {relation} where {column} is not null group by all
    ), ranked as (
        select value, sum(many) over (order by value rows unbounded preceding) as upto, sum(many) over () as n
        from counted
    ), neighbours as (
        select position, denominator, any_value((n - 1) * numerator) % denominator as rest,
            min(value) filter (upto > (n - 1) * numerator // denominator) as low,
            min(value) filter (upto > (n - 1) * numerator // denominator + 1) as high
        from ranked cross join (values {wanted}) as fractions(position, numerator, denominator)
        group by position, denominator
    ), scaled as (
        select position,
            (low * denominator + (coalesce(high, low) - low) * rest) * 1000000 // denominator as cut
        from neighbours
    )
    select position, cast(cut as decimal(27, 0)) * 0.0000000001 as cut from scaled
)""",
        column=column, relation=relation, wanted=wanted,
    )  # fmt: skip


def bin_fractions(bins: int) -> list[Fraction]:
    """The fractions that part a column into bins: 1/5, 2/5, 3/5, 4/5."""
    return [Fraction(step, bins) for step in range(1, bins)]
