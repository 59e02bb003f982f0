"""`type`: a value reads as the field's semantic type. Repairing it is the cleaning's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, LiteralString

from crmctl.checks.model import Check, Counts, RowTest, Scope, trimmed
from crmctl.errors import CrmctlError, did_you_mean
from crmctl.messages import translate
from crmctl.schema.column import TYPES, Column, typed
from crmctl.sql import SQL, sql

# Shapes only: whether a mailbox or a number exists, and check digits, are not asked here.
SHAPES: Mapping[str, str] = {
    "email": r"[^@\s,;<>()\[\]\\\"]+@(?:[^@\s.,;<>()\[\]\\\"]+\.)+[^@\s.,;<>()\[\]\\\"0-9][^@\s.,;<>()\[\]\\\"]+",
    "phone": r"(?:\+|＋)?(?:[ ().\-/（）]*[0-9]){5,15}(?:\s*(?i:;ext=|x|ext\.?|#|转)\s*[0-9]{1,20})?",
    "uscc": r"[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}",
}
_SHAPE_OF = {"email": "email", "phone": "phone", "mobile": "phone", "uscc": "uscc"}


class SemanticType(Check):
    """The value fits the type: it casts without losing a fraction or a time of day, or has the type's shape.

    Args:
        type: A semantic type; the column's own where not given.
    """

    kind: Literal["type"] = "type"
    type: str | None = None

    def problems(self) -> list[CrmctlError]:
        """Also a type that does not exist."""
        problems = super().problems()
        if self.type is not None and self.type not in TYPES:
            near = did_you_mean(self.type, TYPES)
            cure: LiteralString = "did you mean {near!r}?" if near else "use one of {known}"
            problems.append(
                self.wrong("unknown type {type!r}", cure=cure, type=self.type, near=near, known=", ".join(TYPES))
            )
        return problems

    def test(self, scope: Scope, columns: Sequence[Column], applies: SQL) -> RowTest:  # noqa: ARG002 - the kinds' common face
        """Fails where the text does not fit."""
        wanted = self.type or columns[0].type
        if not can_fail(wanted):
            raise self.wrong(
                "{field}: every text fits the type {type!r}", cure="name a type that can fail, such as type: date",
                field=columns[0].name, type=wanted,
            )  # fmt: skip
        return RowTest(fails=sql("not coalesce({fits}, false)", fits=fits(columns[0], wanted)))

    def message(self, counts: Counts) -> str:
        """How many values do not fit."""
        return translate("{failed} of {rows} values not of the type", failed=counts.failed, rows=counts.rows)


def can_fail(semantic_type: str) -> bool:
    """True for a type that some text does not fit."""
    return semantic_type in _SHAPE_OF or TYPES.get(semantic_type, "varchar") != "varchar"


def fits(column: Column, semantic_type: str) -> SQL:
    """True where a non-blank text reads as the type and nothing of it is lost; false or null where not."""
    text, value = trimmed(column), typed(column.identifier, semantic_type)
    if semantic_type in _SHAPE_OF:
        return sql("regexp_full_match({text}, {shape})", text=text, shape=SHAPES[_SHAPE_OF[semantic_type]])
    match TYPES[semantic_type]:
        case "bigint":  # the cast rounds 1.5 to 2
            return sql("{value} = try_cast({text} as double)", value=value, text=text)
        case "double":  # the cast takes nan and infinity
            return sql("isfinite({value})", value=value)
        case "date":  # the cast drops a time of day, and takes infinity, epoch and the year 24
            return sql("{date} = try_cast({text} as timestamp) and {year}", date=value, text=text, year=_year(text))
        case "timestamp":
            return sql("{value} is not null and {year}", value=value, year=_year(text))
        case _:
            return sql("{value} is not null", value=value)


def _year(text: SQL) -> SQL:
    return sql("regexp_matches({text}, '^[0-9]{{4}}[-/ ]') and not contains({text}, 'BC')", text=text)
