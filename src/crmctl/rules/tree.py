"""The tree of a parsed condition. It knows no columns, no SQL and no language; see `parse`, `compile`, `explain`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Literal

from crmctl.errors import Place
from crmctl.rules.duration import Duration

Operator = Literal[
    "=", "<", "<=", ">", ">=", "in", "between", "contains", "starts with", "ends with", "matches",
    "is missing", "within", "before", "after", "on", "recurs within", "recurs this month",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a test was written: the whole condition, the column in it (1-based), and the file's place."""

    text: str = ""
    column: int = 0
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Literal_:  # noqa: N801 - `Literal` is typing's
    """A value as written; what it means is decided by the column it meets. Quoted text is never a number or date."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of another field of the same row."""

    name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """The as-of day, moved by a duration: sign -1 goes back, +1 forward."""

    shift: Duration | None = None
    sign: int = 1


Operand = Literal_ | FieldValue | Moment | Duration


@dataclass(frozen=True, slots=True)
class Test:
    """One field against nothing (`is missing`), one value, two (`between`) or several (`in`)."""

    __test__ = False  # not a pytest class

    field: str
    operator: Operator
    operands: tuple[Operand, ...] = ()
    origin: Origin = attribute(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class InSegment:
    """Membership of a named segment."""

    name: str
    origin: Origin = attribute(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The exact opposite: true wherever the condition is not."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class All:
    """True where every part is."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True where at least one part is."""

    conditions: tuple[Condition, ...]


Condition = Test | InSegment | Not | All | Any


def tests_of(condition: Condition) -> Iterator[Test | InSegment]:
    """The single tests of a condition, in the order written."""
    match condition:
        case Not(inner):
            yield from tests_of(inner)
        case All(parts) | Any(parts):
            for part in parts:
                yield from tests_of(part)
        case _:
            yield condition


def fields_of(condition: Condition) -> set[str]:
    """The fields a condition reads, as they were written: names, headers or labels."""
    found: set[str] = set()
    for test in tests_of(condition):
        if isinstance(test, Test):
            found |= {test.field, *(operand.name for operand in test.operands if isinstance(operand, FieldValue))}
    return found


def segments_of(condition: Condition) -> set[str]:
    """The segments a condition asks about."""
    return {test.name for test in tests_of(condition) if isinstance(test, InSegment)}
