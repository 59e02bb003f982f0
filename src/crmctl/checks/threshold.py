"""Thresholds such as `>5%`, `>=10`, `>0`: how many failing rows are too many."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from crmctl.errors import Place, UsageError

_FORM = re.compile(r"\s*(>=|>)\s*([0-9]+(?:\.[0-9]+)?)\s*(%?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound on failing rows.

    Args:
        amount: Rows, or per cent of the rows that the check applies to.
        percent: The amount is a percentage.
        inclusive: Reaching the amount is enough (`>=`).
    """

    amount: Decimal
    percent: bool
    inclusive: bool

    def met(self, failed: int, rows: int) -> bool:
        """True where so many failures among so many rows are too many; without a failure never.

        >>> Threshold(Decimal(5), percent=True, inclusive=False).met(5, 100)
        False
        """
        if failed == 0:
            return False
        # Integers on both sides: 5 of 100 rows are exactly 5 %, whatever a float would say.
        have, allowed = (failed * 100, self.amount * rows) if self.percent else (failed, self.amount)
        return have >= allowed if self.inclusive else have > allowed

    def shadows(self, other: Threshold) -> bool:
        """True where whatever meets ``other`` meets this one too, so that ``other`` alone never speaks."""
        if self.amount == 0 or (not self.percent and self.amount == 1 and self.inclusive):
            return True
        if self.percent != other.percent:
            return False
        return (self.amount, not self.inclusive) <= (other.amount, not other.inclusive)

    def __str__(self) -> str:
        return f"{'>=' if self.inclusive else '>'}{self.amount}{'%' if self.percent else ''}"


ANY_ROW = Threshold(Decimal(0), percent=False, inclusive=False)


def parse_threshold(text: str, place: Place | None = None) -> Threshold:
    """Read `>5%`, `>=10` or `>0`.

    Raises:
        UsageError: The text has another form, or is a threshold that is met always or never.
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise UsageError(
            "{text!r} is no threshold", cure="write a share such as '>5%' or a number of rows such as '>=10'",
            place=place, text=text,
        )  # fmt: skip
    threshold = Threshold(Decimal(found[2]), percent=bool(found[3]), inclusive=found[1] == ">=")
    if threshold.inclusive and threshold.amount == 0:
        raise UsageError(
            "the threshold {text!r} is always met", cure="write '>0' for any failing row", place=place, text=text
        )
    if threshold.percent and (threshold.amount, not threshold.inclusive) > (Decimal(100), False):
        raise UsageError(
            "the threshold {text!r} can never be met", cure="write '>=100%' for all rows, or a smaller share",
            place=place, text=text,
        )  # fmt: skip
    if not threshold.percent and threshold.amount != threshold.amount.to_integral_value():
        raise UsageError(
            "the threshold {text!r} counts rows, which are whole", cure="write {text!r} with a % for a share",
            place=place, text=text,
        )  # fmt: skip
    return threshold
