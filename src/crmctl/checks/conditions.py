"""The one place where checks meet the condition language of `crmctl.rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crmctl.checks.fields import get_column
from crmctl.errors import Place
from crmctl.schema.column import blank
from crmctl.sql import SQL, conjunction, disjunction, sql

if TYPE_CHECKING:
    from crmctl.checks.model import Scope
    from crmctl.rules import Condition

Written = str | dict[str, Any] | list[Any]


def condition_fields(condition: Written, place: Place | None) -> list[str]:
    """The fields that a condition reads, as written, in alphabetical order.

    Raises:
        UsageError: It cannot be read.
    """
    from crmctl.rules import fields_of, parse_condition

    return sorted(fields_of(parse_condition(condition, place)))


def condition_sql(condition: Written, scope: Scope, place: Place | None) -> SQL:
    """A condition as a boolean over the data's columns.

    Raises:
        UsageError: It cannot be read, or names a field that the data do not have.
    """
    from crmctl.rules import compile_condition, parse_condition

    return compile_condition(parse_condition(condition, place), scope.columns, as_of=scope.as_of)


def holds_or_unknown(condition: Written, scope: Scope, place: Place | None) -> SQL:
    """The same, but null where a blank leaves the answer open, as SQL's own CHECK has it.

    The condition language is two-valued: a comparison with a blank is false. A check must not blame the blank
    for that; only `is missing` speaks of blanks.
    """
    from crmctl.rules import parse_condition

    return _known(parse_condition(condition, place), scope, place)


def _known(condition: Condition, scope: Scope, place: Place | None) -> SQL:
    from crmctl.rules import All, Not, Test, compile_condition, fields_of
    from crmctl.rules import Any as AnyOf

    match condition:
        case Not(inner):
            return sql("(not {inner})", inner=_known(inner, scope, place))
        case All(parts):
            return sql("({all})", all=conjunction(_known(part, scope, place) for part in parts))
        case AnyOf(parts):
            return sql("({any})", any=disjunction(_known(part, scope, place) for part in parts))
        case Test() if condition.operator != "is missing":
            holds = compile_condition(condition, scope.columns, as_of=scope.as_of)
            blanks = [_is_blank(name, scope, place) for name in sorted(fields_of(condition))]
            return sql("case when not ({blank}) then {holds} end", blank=disjunction(blanks), holds=holds)
        case _:
            return compile_condition(condition, scope.columns, as_of=scope.as_of)


def _is_blank(name: str, scope: Scope, place: Place | None) -> SQL:
    return blank(get_column(name, scope.columns, place).identifier)
