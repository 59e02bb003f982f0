"""A condition as a boolean SQL expression over a relation's text columns. Reading values typed is in `reading`.

Missing values: a test of a missing (or ill-fitting) value is false, except `is missing`; and `not`, `!=`, `not in`
are exact opposites, hence true of it. So every row is on exactly one side of a condition, and no result is null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from crmctl.errors import UsageError, did_you_mean
from crmctl.rules.duration import Duration
from crmctl.rules.operands import failure
from crmctl.rules.reading import (
    Span,
    cell,
    named_columns,
    number_value,
    reading_of,
    span,
    text_value,
    truth_value,
)
from crmctl.rules.tree import All, Any, Condition, FieldValue, InSegment, Not, Test
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, conjunction, disjunction, join, sql

AsOf: TypeAlias = dt.datetime | Callable[[], dt.datetime]
"""The run's moment, or what gives it when it is asked for."""

_SIGNS = {"=": sql("="), "<": sql("<"), "<=": sql("<="), ">": sql(">"), ">=": sql(">=")}
_AS_SIGN = {"before": "<", "after": ">"}


def compile_condition(
    condition: Condition, columns: Sequence[Column], *, as_of: AsOf, members: Mapping[str, SQL] | None = None
) -> SQL:
    """A boolean SQL expression, never null.

    ``=`` and ``in`` on text are exact after trimming; ``contains``, ``starts with`` and ``ends with`` ignore case;
    ``matches`` finds an RE2 pattern anywhere in the text. A date without a time stands for its whole day, so that
    ``created_at <= 2024-01-31`` includes the 31st. ``within 90d`` is [as_of - 90 days, as_of + 1 day).

    Args:
        condition: What `parse_condition` returned.
        columns: The relation's columns, all text.
        as_of: The run's date, or what gives it, asked only where the condition hangs on it; its time of day is
            not used.
        members: For `in segment`: a boolean expression for each known segment, true of its members.

    Raises:
        UsageError: An unknown or ambiguous field, an unknown segment, or a value that does not fit its field.
    """
    return _Compiler(columns, as_of, members or {}).expression(condition)


class _Compiler:
    """Holds what every test needs: the columns, the as-of day and the known segments."""

    def __init__(self, columns: Sequence[Column], as_of: AsOf, members: Mapping[str, SQL]) -> None:
        self.columns, self.as_of, self.members = columns, as_of, members

    def today(self) -> dt.date:
        """The as-of day."""
        moment = self.as_of() if callable(self.as_of) else self.as_of
        return moment.date()

    def expression(self, condition: Condition) -> SQL:
        match condition:
            case All(parts):
                return sql("({all})", all=conjunction(self.expression(part) for part in parts))
            case Any(parts):
                return sql("({any})", any=disjunction(self.expression(part) for part in parts))
            case Not(inner):
                return sql("(not {inner})", inner=self.expression(inner))
            case InSegment():
                return self.membership(condition)
            case Test():
                return self.test(condition)

    def membership(self, asked: InSegment) -> SQL:
        if asked.name in self.members:
            return sql("coalesce({member}, false)", member=self.members[asked.name])
        near = did_you_mean(asked.name, self.members)
        known = ", ".join(self.members) or "-"
        error = UsageError(
            "no segment called {name!r}", cure="did you mean {near!r}?" if near else "known segments: {known}",
            name=asked.name, near=near, known=known,
        )  # fmt: skip
        raise failure(error, asked.origin)

    def test(self, test: Test) -> SQL:
        named = self.named(test)
        column = named[test.field]
        if test.operator == "is missing":
            return blank(column.identifier)
        reading = reading_of(test, column)
        value = cell(column, reading)
        match reading:
            case "text":
                found = _textual(test, value, [text_value(operand, test, named) for operand in test.operands])
            case "number":
                found = _compare(
                    test.operator, value, [number_value(each, test, column, named) for each in test.operands]
                )
            case "truth":
                found = self.truth(test, value, named)
            case _:
                found = self.temporal(test, value, named)
        return sql("coalesce({found}, false)", found=found)

    def named(self, test: Test) -> dict[str, Column]:
        names = {test.field, *(operand.name for operand in test.operands if isinstance(operand, FieldValue))}
        try:
            return named_columns(names, self.columns)
        except UsageError as error:
            raise failure(error, test.origin) from None

    def truth(self, test: Test, value: SQL, named: dict[str, Column]) -> SQL:
        if test.operator not in {"=", "in"}:
            error = UsageError(
                "{field} holds true or false, which {operator!r} cannot compare", cure="use = or !=",
                field=test.field, operator=test.operator,
            )  # fmt: skip
            raise failure(error, test.origin)
        return _compare(test.operator, value, [truth_value(operand, test, named) for operand in test.operands])

    def temporal(self, test: Test, value: SQL, named: dict[str, Column]) -> SQL:
        match test.operator:
            case "within":
                return _within(value, _duration(test), self.today())
            case "recurs within":
                return _recurs(value, _duration(test), self.today())
            case "recurs this month":
                return sql("month({value}) = {month}", value=value, month=self.today().month)
            case _:
                return _against(test.operator, value, [span(each, test, named, self.today) for each in test.operands])


def _against(operator: str, value: SQL, spans: list[Span]) -> SQL:
    match operator:
        case "in":
            return disjunction(_moment("=", value, each) for each in spans)
        case "between":
            return conjunction([_moment(">=", value, spans[0]), _moment("<=", value, spans[1])])
        case "on":
            return sql("cast({value} as date) = cast({day} as date)", value=value, day=spans[0].start)
        case _:
            return _moment(_AS_SIGN.get(operator, operator), value, spans[0])


def _compare(operator: str, value: SQL, operands: list[SQL]) -> SQL:
    match operator:
        case "in":
            return sql("{value} in ({operands})", value=value, operands=join(operands))
        case "between":
            return sql("{value} between {low} and {high}", value=value, low=operands[0], high=operands[1])
        case _:
            return sql("{value} {sign} {operand}", value=value, sign=_SIGNS[operator], operand=operands[0])


def _textual(test: Test, value: SQL, operands: list[SQL]) -> SQL:
    match test.operator:
        case "contains":
            return sql("contains(lower({value}), lower({part}))", value=value, part=operands[0])
        case "starts with":
            return sql("starts_with(lower({value}), lower({part}))", value=value, part=operands[0])
        case "ends with":
            return sql("suffix(lower({value}), lower({part}))", value=value, part=operands[0])
        case "matches":
            return sql("regexp_matches({value}, {pattern})", value=value, pattern=operands[0])
        case _:
            return _compare(test.operator, value, operands)


def _moment(sign: str, value: SQL, bounds: Span) -> SQL:
    """A timestamp against a day or an instant; a day's end belongs to the next day."""
    start, end = bounds.start, bounds.end
    if end is None:
        return sql("{value} {sign} {at}", value=value, sign=_SIGNS[sign], at=start)
    match sign:
        case "=":
            return sql("({value} >= {start} and {value} < {end})", value=value, start=start, end=end)
        case "<=":
            return sql("{value} < {end}", value=value, end=end)
        case ">":
            return sql("{value} >= {end}", value=value, end=end)
        case _:
            return sql("{value} {sign} {start}", value=value, sign=_SIGNS[sign], start=start)


def _duration(test: Test) -> Duration:
    duration = test.operands[0]
    assert isinstance(duration, Duration)  # noqa: S101 - the parser gives these operators nothing else
    return duration


def _within(value: SQL, duration: Duration, as_of: dt.date) -> SQL:
    return sql(
        "({value} >= cast({day} as timestamp) - {back} and {value} < cast({day} as timestamp) + to_days(1))",
        value=value, day=as_of, back=duration.sql,
    )  # fmt: skip


def _recurs(value: SQL, duration: Duration, as_of: dt.date) -> SQL:
    """The day comes round within [as_of, as_of + duration); 29 February is kept on the 28th in other years."""
    coming = [
        sql(
            "cast({value} + to_years(cast({year} - year({value}) as integer)) as date)",
            value=value,
            year=as_of.year + later,
        )
        for later in (0, 1)
    ]
    return disjunction(
        sql("{day} >= {start} and {day} < {start} + {ahead}", day=day, start=as_of, ahead=duration.sql)
        for day in coming
    )
