"""From values to lengths, and the round numbers on an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of values that holds zero; ``low`` is below ``high``."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float | None], *, whole: bool = False) -> Scale:
        """The range of some values; ``whole`` carries shares of a half and more on to 1."""
        known = [value for value in values if value is not None]
        low, high = min([0.0, *known]), max([0.0, *known])
        if whole and 0.5 <= high <= 1 and low == 0:
            high = 1.0
        # Below this a range cannot be divided into ticks.
        return cls(low, high if high - low > 1e-290 else low + 1.0)

    @property
    def zero(self) -> float:
        """Where zero lies, as a part of the range."""
        return self.at(0.0)

    def at(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end."""
        return (value - self.low) / (self.high - self.low)

    def span(self, value: float | None, start: float, length: float) -> tuple[float, float]:
        """Start and length of the bar from zero to a value; what is there at all is at least 1.5 px long."""
        zero = start + self.zero * length
        if value is None or value == 0:
            return zero, 0.0
        end = start + self.at(value) * length
        reach = max(abs(end - zero), 1.5)
        return (zero, reach) if value > 0 else (zero - reach, reach)

    def ticks(self, about: int = 4, *, whole_numbers: bool = False) -> list[float]:
        """Round values (1, 2 or 5 times a power of ten apart) from at or below the low end to at or above the high."""
        rough = (self.high - self.low) / about
        power = 10.0 ** math.floor(math.log10(rough))
        step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough * 0.999), 10 * power)
        if whole_numbers:
            step = max(step, 1.0)
        first, last = math.floor(self.low / step + 1e-9), math.ceil(self.high / step - 1e-9)
        return [float(f"{index * step:.10g}") for index in range(first, last + 1)]
