"""What `range`, `length` and `row_count` share: a lower and an upper bound. What is bounded lives with each kind."""

from __future__ import annotations

from typing import ClassVar

from crmctl.checks.model import Check
from crmctl.errors import CrmctlError

Bound = int | float | str


class Bounded(Check):
    """A check with `min` and `max`, both included.

    Args:
        min: The smallest allowed.
        max: The largest allowed.
    """

    min: Bound | None = None
    max: Bound | None = None
    whole: ClassVar[bool] = False

    def problems(self) -> list[CrmctlError]:
        """Also bounds that are missing, reversed or not counts where counts are meant."""
        problems = super().problems()
        given = [bound for bound in (self.min, self.max) if bound is not None]
        if not given:
            problems.append(self.wrong("{kind} needs a bound", cure="add min: or max:"))
        if self.whole and any(not isinstance(bound, int) or bound < 0 for bound in given):
            problems.append(self.wrong("the bounds of {kind} are whole numbers from 0", cure="write max: 20"))
        elif self.reversed():
            problems.append(self.wrong("min {min} is above max {max}", cure="swap them", min=self.min, max=self.max))
        return problems

    def reversed(self) -> bool:
        """True where nothing can lie between the bounds; unlike kinds of bounds are compared once the type is known."""
        low, high = self.min, self.max
        if isinstance(low, str) or isinstance(high, str) or low is None or high is None:
            return False
        return low > high

    @property
    def extent(self) -> str:
        """The bounds as people write them: `0..100`, `0..`, `..100`."""
        return f"{'' if self.min is None else self.min}..{'' if self.max is None else self.max}"
