"""What stands on the right of an operator, read from its text. Which type it has is decided in `compile`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from crmctl.errors import UsageError
from crmctl.rules.duration import Duration
from crmctl.rules.tree import Literal_, Moment, Operand, Origin

_MOMENT = re.compile(r"as_of(?:([+-])(.*))?", re.IGNORECASE)
_CLOCKS = {"today", "now", "now()", "today()"}


def literal(text: str, origin: Origin, *, quoted: bool = False) -> Literal_ | Moment:
    """A value as written: `as_of`, `as_of - 90d`, or plain text.

    Raises:
        UsageError: Empty text, which nothing equals; a clock; or an unreadable duration.
    """
    if not text.strip():
        raise failure(UsageError("an empty text matches nothing", cure="write 'is missing'"), origin)
    moment = None if quoted else _MOMENT.fullmatch(text.replace(" ", ""))
    if moment is None:
        if not quoted and text.lower() in _CLOCKS:
            raise failure(UsageError("{text!r} is no date", cure="write as_of, the run's own date", text=text), origin)
        return Literal_(text, quoted)
    if moment[1] is None:
        return Moment()
    try:
        return Moment(Duration.parse(moment[2]), -1 if moment[1] == "-" else 1)
    except UsageError as error:
        raise failure(error, origin) from None


def check_pattern(value: Operand, origin: Origin) -> None:
    """Refuse what `matches` cannot take: anything but a pattern that RE2 reads.

    Raises:
        UsageError: Another field, or no valid pattern.
    """
    if not isinstance(value, Literal_):
        raise failure(UsageError("'matches' takes a pattern", cure='write it in quotes: matches "^vip"'), origin)
    problem = _pattern_problem(value.text)
    if problem:
        error = UsageError("{pattern!r} is no valid pattern: {problem}", pattern=value.text, problem=problem)
        raise failure(error, origin)


@dataclass(frozen=True, slots=True)
class _Said:
    """A cause within another: translated when it is shown."""

    error: UsageError

    def __str__(self) -> str:
        return self.error.cause


def failure(error: UsageError, origin: Origin) -> UsageError:
    """The error with its column in the condition and its place in the file."""
    if not origin.column:
        error.place = error.place or origin.place
        return error
    return UsageError(
        "{problem} (column {column} of {condition!r})", cure=error.cure_template, place=error.place or origin.place,
        **{**error.values, "problem": _Said(error), "column": origin.column, "condition": origin.text},
    )  # fmt: skip


@cache
def _pattern_problem(pattern: str) -> str:
    """What DuckDB's own engine says against a pattern; empty where it takes it."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        try:
            connection.execute("select regexp_matches('', ?)", [pattern]).fetchall()
        except duckdb.Error as error:
            return str(error).removeprefix("Invalid Input Error: ").strip()
    return ""
