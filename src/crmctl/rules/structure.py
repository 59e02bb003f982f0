"""A condition given as YAML data: one-line strings nested in `all`, `any`, `not`, and tests as mappings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any as Anything

from crmctl.errors import Place, UsageError, did_you_mean
from crmctl.rules.duration import Duration
from crmctl.rules.operands import check_pattern, failure, literal
from crmctl.rules.operators import COMMON, SPELLINGS, TAKES, nearest_operator
from crmctl.rules.parse import parse_line
from crmctl.rules.tree import All, Any, Condition, FieldValue, InSegment, Literal_, Not, Operand, Operator, Origin, Test

Key = str | int
Locate = Callable[..., Place | None]
"""Gives the place of the value under a path of keys."""

_MAX_DEPTH = 64
_NEGATABLE = ("all", "any", "not", "segment", "field")


def parse_condition(
    value: str | Mapping[str, Anything] | list[Anything], place: Place | None = None, *, locate: Locate | None = None
) -> Condition:
    """Parse a condition in either form.

    A string is the one-line form (``total_spent >= 1000 and city in [上海, Beijing]``). A mapping is one of
    ``{all: […]}``, ``{any: […]}``, ``{not: …}``, ``{segment: name}`` or ``{field: name, operator: value}``, with the
    operators spelled as in the one-line form; several operators have to hold together. A list is ``all`` of its items.

    Args:
        value: The condition.
        place: Where it stands, for errors.
        locate: Finer: the place of any part of it by its path.

    Raises:
        UsageError: It is no condition; the message names the column or the key, and the cure.
    """
    return _build(value, (), locate or (lambda *_keys: place))


def _build(value: Anything, path: tuple[Key, ...], locate: Locate) -> Condition:
    if len(path) > _MAX_DEPTH:
        raise UsageError("nested too deeply", place=locate(*path))
    if isinstance(value, str):
        return parse_line(value, locate(*path))
    if isinstance(value, list):
        return All(_parts(value, path, locate))
    if isinstance(value, Mapping):
        return _mapping(value, path, locate)
    raise UsageError(
        "{value!r} is no condition", cure="write one such as: total_spent >= 1000", place=locate(*path), value=value
    )


def _mapping(value: Mapping[str, Anything], path: tuple[Key, ...], locate: Locate) -> Condition:
    if "field" in value:
        return _tests(value, path, locate)
    if len(value) != 1 or next(iter(value)) not in _NEGATABLE:
        wrong = next((key for key in value if key not in _NEGATABLE), None)
        near = did_you_mean(str(wrong), _NEGATABLE) if wrong is not None else ""
        raise UsageError(
            "a condition has one of the keys all, any, not, segment, field; not {keys}",
            cure="did you mean {near!r}?" if near else "nest several conditions under all or any",
            place=locate(*path, wrong) if wrong is not None else locate(*path), near=near,
            keys=", ".join(map(str, value)),
        )  # fmt: skip
    ((key, inner),) = value.items()
    match key:
        case "not":
            return Not(_build(inner, (*path, key), locate))
        case "segment":
            return InSegment(str(inner), Origin(place=locate(*path, key)))
        case "all":
            return All(_parts(inner, (*path, key), locate))
        case _:
            return Any(_parts(inner, (*path, key), locate))


def _parts(value: Anything, path: tuple[Key, ...], locate: Locate) -> tuple[Condition, ...]:
    if not isinstance(value, list) or not value:
        raise UsageError(
            "a list of conditions is expected, not {value!r}", cure="write one condition per line, each after '- '",
            place=locate(*path), value=value,
        )  # fmt: skip
    return tuple(_build(item, (*path, index), locate) for index, item in enumerate(value))


def _tests(value: Mapping[str, Anything], path: tuple[Key, ...], locate: Locate) -> Condition:
    name = str(value["field"])
    found = [
        _test(name, key, given, Origin(place=locate(*path, key))) for key, given in value.items() if key != "field"
    ]
    if not found:
        raise UsageError(
            "nothing is asked of the field {name!r}", cure="add an operator: {operators}", place=locate(*path),
            name=name, operators=COMMON,
        )  # fmt: skip
    return found[0] if len(found) == 1 else All(tuple(found))


def _test(name: str, spelling: str, given: Anything, origin: Origin) -> Condition:
    spelled = " ".join(spelling.lower().split())
    if spelled not in SPELLINGS:
        near = nearest_operator(spelled.split())
        raise UsageError(
            "unknown operator {spelling!r}", cure="did you mean {near!r}?" if near else "operators are {operators}",
            place=origin.place, spelling=spelling, near=near, operators=COMMON,
        )  # fmt: skip
    operator, negated = SPELLINGS[spelled]
    if TAKES[operator] == "nothing":
        negated = negated != _denied(given, spelled, origin)
    test = Test(name, operator, _operands(operator, given, origin), origin)
    return Not(test) if negated else test


def _denied(given: Anything, spelling: str, origin: Origin) -> bool:
    if isinstance(given, bool):
        return not given
    raise UsageError(
        "{spelling!r} takes true or false, not {given!r}", place=origin.place, spelling=spelling, given=given
    )


def _operands(operator: Operator, given: Anything, origin: Origin) -> tuple[Operand, ...]:
    takes = TAKES[operator]
    if takes == "nothing":
        return ()
    if takes == "duration":
        return (Duration.parse(str(given), origin.place),)
    if takes in {"list", "pair"}:
        if not isinstance(given, list) or not given or (takes == "pair" and len(given) != 2):
            raise UsageError(
                "{operator!r} takes a list, not {given!r}",
                cure="write [low, high]" if takes == "pair" else "write [one, two]",
                place=origin.place, operator=operator, given=given,
            )  # fmt: skip
        return tuple(_value(item, origin) for item in given)
    value = _value(given, origin)
    if operator == "matches":
        check_pattern(value, origin)
    return (value,)


def _value(given: Anything, origin: Origin) -> Operand:
    if isinstance(given, Mapping) and set(given) == {"field"}:
        return FieldValue(str(given["field"]))
    if isinstance(given, bool):
        return Literal_("true" if given else "false")
    if isinstance(given, str | int | float):
        return literal(str(given), origin)
    raise failure(
        UsageError("{given!r} is no value", cure="write text, a number, a date or {{field: name}}", given=given), origin
    )
