"""How a test reads its field: as text, number, moment or truth; and its values in the same type. No logic here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Literal, LiteralString

from crmctl.errors import UsageError
from crmctl.resources import VOCABULARY
from crmctl.rules.operands import failure
from crmctl.rules.tree import FieldValue, Literal_, Moment, Operand, Test
from crmctl.schema.column import Column, typed
from crmctl.sql import SQL, sql
from crmctl.yamlfile import load

Reading = Literal["text", "number", "moment", "truth"]

_BY_SQL_TYPE: dict[str, Reading] = {
    "bigint": "number", "double": "number", "decimal(18,4)": "number", "date": "moment", "timestamp": "moment",
    "boolean": "truth",
}  # fmt: skip
_TEXTUAL = {"contains", "starts with", "ends with", "matches"}
_TEMPORAL = {"within", "before", "after", "on", "recurs within", "recurs this month"}
_ORDERED = {"<", "<=", ">", ">=", "between"}
_DATE = re.compile(r"(\d{4})([-/.年])(\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class Span:
    """A moment on the right of an operator: from its start to before its end, a day; or one instant, without end."""

    start: SQL
    end: SQL | None


def reading_of(test: Test, column: Column) -> Reading:
    """The type in which a test compares: the column's own; for a text column, what operator and values ask for."""
    if test.operator in _TEXTUAL:
        return "text"
    if test.operator in _TEMPORAL:
        return "moment"
    return _BY_SQL_TYPE.get(column.sql_type) or _reading_of_text(test)


def _reading_of_text(test: Test) -> Reading:
    if any(isinstance(operand, Moment) for operand in test.operands):
        return "moment"
    written = [operand for operand in test.operands if isinstance(operand, Literal_)]
    if test.operator in _ORDERED and written and not any(operand.quoted for operand in written):
        if all(_number(operand.text) is not None for operand in written):
            return "number"
        if all(_moment(operand.text) is not None for operand in written):
            return "moment"
    return "text"


def cell(column: Column, reading: Reading) -> SQL:
    """A column's value in a reading; null where it is missing, does not fit, or is no finite number or date."""
    match reading:
        case "text":
            return sql("nullif(trim({text}), '')", text=column.identifier)
        case "number":
            return _finite(column, "number")
        case "moment":
            return sql("cast({value} as timestamp)", value=_finite(column, "datetime"))
        case _:
            return typed(column.identifier, "boolean")


def _finite(column: Column, semantic_type: str) -> SQL:
    """Text such as `nan` or `infinity` is a double or a date to SQL, and greater than every other."""
    numeric = _BY_SQL_TYPE.get(column.sql_type) == ("number" if semantic_type == "number" else "moment")
    value = column.typed() if numeric else typed(column.identifier, semantic_type)
    if column.sql_type in {"bigint", "decimal(18,4)"} and numeric:
        return value
    return sql("(case when isfinite({value}) then {value} end)", value=value)


def text_value(operand: Operand, test: Test, columns: dict[str, Column]) -> SQL:
    """A value as text, without blanks around it; a pattern and a part of a text keep theirs."""
    if isinstance(operand, FieldValue):
        return cell(columns[operand.name], "text")
    assert isinstance(operand, Literal_)  # noqa: S101 - a moment makes the reading a moment
    return sql("{text}", text=operand.text if test.operator in _TEXTUAL else operand.text.strip())


def number_value(operand: Operand, test: Test, column: Column, columns: dict[str, Column]) -> SQL:
    """A value as a number, exact against whole numbers and money, a double against the rest."""
    if isinstance(operand, FieldValue):
        return cell(columns[operand.name], "number")
    number = _number(operand.text) if isinstance(operand, Literal_) else None
    if number is None:
        raise _misfit("{field} holds numbers, and {value!r} is none", operand, test)
    exact = column.sql_type in {"bigint", "decimal(18,4)"} and number.adjusted() < 18 and _scale(number) <= 10
    return sql("{number}", number=number if exact else float(number))


def truth_value(operand: Operand, test: Test, columns: dict[str, Column]) -> SQL:
    """A value as true or false."""
    if isinstance(operand, FieldValue):
        return cell(columns[operand.name], "truth")
    truth = _truths().get(operand.text.strip().lower()) if isinstance(operand, Literal_) else None
    if truth is None:
        raise _misfit("{field} holds true or false, and {value!r} is neither", operand, test)
    return sql("{truth}", truth=truth)


@cache
def _truths() -> dict[str, bool]:
    """Every way of writing yes and no."""
    written = load(VOCABULARY / "booleans.yaml").data
    return {str(word): name == "true" for name, words in written.items() for word in [name, *words]}


def span(operand: Operand, test: Test, columns: dict[str, Column], today: Callable[[], dt.date]) -> Span:
    """A value as a moment; a date without a time is the whole day."""
    match operand:
        case FieldValue(name):
            column = columns[name]
            value = cell(column, "moment")
            return _day(value) if column.sql_type == "date" else Span(value, None)
        case Moment(None):
            return _day(sql("cast({day} as timestamp)", day=today()))
        case Moment(shift, sign) if shift is not None:
            if sign < 0:
                return _day(sql("(cast({day} as timestamp) - {shift})", day=today(), shift=shift.sql))
            return _day(sql("(cast({day} as timestamp) + {shift})", day=today(), shift=shift.sql))
        case Literal_(text):
            moment = _moment(text)
            if isinstance(moment, dt.datetime):
                return Span(sql("{moment}", moment=moment), None)
            if moment is not None:
                return _day(sql("cast({day} as timestamp)", day=moment))
    raise _misfit("{field} holds dates, and {value!r} is none", operand, test)


def _day(start: SQL) -> Span:
    return Span(start, sql("({start} + to_days(1))", start=start))


def _misfit(problem: LiteralString, operand: Operand, test: Test) -> UsageError:
    value = operand.text if isinstance(operand, Literal_) else "as_of"
    error = UsageError(
        problem, cure="correct the value; another field goes in backticks", field=test.field, value=value
    )
    return failure(error, test.origin)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() <= 300 else None


def _scale(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _moment(text: str) -> dt.date | dt.datetime | None:
    """A date, or a moment without a zone (one with a zone is turned to UTC, as DuckDB does)."""
    match = _DATE.fullmatch(text.strip())
    try:
        if match:
            return dt.date(int(match[1]), int(match[3]), int(match[4]))
        moment = dt.datetime.fromisoformat(text.strip()) if text.strip()[4:5] == "-" else None
    except ValueError:
        return None
    if moment is not None and moment.tzinfo is not None:
        return moment.astimezone(dt.UTC).replace(tzinfo=None)
    return moment


def named_columns(names: set[str], columns: Sequence[Column]) -> dict[str, Column]:
    """Every field name of a condition with its column.

    Raises:
        UsageError: No column, or more than one, is called that.
    """
    from crmctl.schema import resolve_column

    return {name: resolve_column(columns, name) for name in sorted(names)}
