"""A condition said in words; the phrases are in `vocabulary/condition_phrases.yaml`."""

from __future__ import annotations

from functools import cache
from typing import Any as Anything

from crmctl.resources import VOCABULARY
from crmctl.rules.duration import Duration
from crmctl.rules.tree import All, Any, Condition, FieldValue, InSegment, Literal_, Moment, Not, Operand, Test
from crmctl.yamlfile import load


def explain_condition(condition: Condition, language: str) -> str:
    """The condition as a sentence a customer manager reads.

    >>> from crmctl.rules import parse_condition
    >>> explain_condition(parse_condition("total_spent >= 1000 and not email is missing"), "en")
    'total_spent is at least 1000 and email is not missing'

    Args:
        condition: What `parse_condition` returned.
        language: `en` or `zh`; any other is English.
    """
    phrases = _phrases()
    return _say(condition, phrases.get(language[:2], phrases["en"]))


@cache
def _phrases() -> dict[str, Anything]:
    return dict(load(VOCABULARY / "condition_phrases.yaml").data)


def _say(condition: Condition, words: dict[str, Anything]) -> str:
    match condition:
        case Test():
            return _test(condition, words["tests"], words)
        case InSegment(name):
            return str(words["segment"]).format(name=name)
        case Not(inner):
            return _opposite(inner, words)
        case All(parts):
            return str(words["and"]).join(_grouped(part, words) for part in parts)
        case Any(parts):
            return str(words["or"]).join(_grouped(part, words) for part in parts)


def _opposite(condition: Condition, words: dict[str, Anything]) -> str:
    match condition:
        case Test():
            return _test(condition, words["not"], words)
        case InSegment(name):
            return str(words["not_segment"]).format(name=name)
        case Not(inner):
            return _say(inner, words)
        case _:
            return str(words["not_group"]).format(inner=_say(condition, words))


def _grouped(part: Condition, words: dict[str, Anything]) -> str:
    said = _say(part, words)
    return str(words["group"]).format(inner=said) if isinstance(part, All | Any) else said


def _test(test: Test, phrases: dict[str, str], words: dict[str, Anything]) -> str:
    separator = words["between"] if test.operator == "between" else words["list"]
    value = separator.join(_value(operand, words) for operand in test.operands)
    return phrases[test.operator].format(field=test.field, value=value)


def _value(operand: Operand, words: dict[str, Anything]) -> str:
    match operand:
        case Literal_(text, quoted):
            return f'"{text}"' if quoted else text
        case FieldValue(name):
            return name
        case Duration():
            return _duration(operand, words)
        case Moment(None):
            return str(words["as_of"])
        case Moment(shift, sign) if shift is not None:
            return str(words["before_as_of" if sign < 0 else "after_as_of"]).format(duration=_duration(shift, words))
    raise AssertionError(operand)


def _duration(duration: Duration, words: dict[str, Anything]) -> str:
    one, many = words["units"][duration.unit]
    return str(words["duration"]).format(amount=duration.amount, unit=one if duration.amount == 1 else many)
