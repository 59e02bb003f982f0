"""A length of time in calendar units, such as `90d` or `1y`. Where it starts is the caller's business."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from crmctl.errors import Place, UsageError
from crmctl.sql import SQL, sql

_WRITTEN = re.compile(r"(\d{1,6})([dwmqy])")
_LIMIT = 100_000
# One calendar unit of each letter; a month back from 31 March is 28 or 29 February.
_UNITS = {"d": sql("to_days(1)"), "w": sql("to_days(7)"), "m": sql("to_months(1)"), "q": sql("to_months(3)"),
          "y": sql("to_years(1)")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of days, weeks, months, quarters or years."""

    amount: int
    unit: str

    @classmethod
    def parse(cls, text: str, place: Place | None = None) -> Duration:
        """Read `365d`, `12w`, `6m`, `2q` or `1y`.

        >>> Duration.parse("12w")
        Duration(amount=12, unit='w')

        Raises:
            UsageError: It is no duration, or one beyond any calendar.
        """
        match = _WRITTEN.fullmatch(text.strip().lower())
        if match is None or int(match[1]) > _LIMIT:
            raise UsageError(
                "{text!r} is no duration", cure="write a number and one of d, w, m, q, y, such as 90d",
                place=place, text=text,
            )  # fmt: skip
        return cls(int(match[1]), match[2])

    @property
    def sql(self) -> SQL:
        """The SQL interval."""
        return sql("({amount} * {unit})", amount=self.amount, unit=_UNITS[self.unit])

    def __rsub__(self, moment: dt.date) -> SQL:
        """The moment that lies this long before another, as SQL: `as_of() - within`."""
        return sql("({moment} - {interval})", moment=moment, interval=self.sql)

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"
