"""Which of two values of a cell holds: the newest that is filled, unless the user says otherwise for a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from crmctl.errors import UsageError, did_you_mean
from crmctl.schema import resolve_column
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, ident, sql

Rule = Literal["newest", "longest", "keep"]
RULES: tuple[str, ...] = get_args(Rule)


@dataclass(frozen=True)
class Precedence:
    """How a value that comes in meets the one that is there.

    Args:
        blanks_overwrite: A blank cell that comes in empties the one that is there.
        rules: By field: the newest filled value, the longest, or the one that was there first.
    """

    blanks_overwrite: bool = False
    rules: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, str], columns: Sequence[Column], *, blanks_overwrite: bool) -> Precedence:
        """The rules as the user writes them.

        Raises:
            UsageError: A field is not there, or a rule is none.
        """
        rules = {}
        for text, rule in given.items():
            if rule not in RULES:
                near = did_you_mean(rule, RULES)
                raise UsageError(
                    "{rule!r} is no rule for {field}", cure="did you mean {near!r}?" if near else "choose: {rules}",
                    rule=rule, field=text, near=near, rules=", ".join(RULES),
                )  # fmt: skip
            rules[resolve_column(columns, text).name.casefold()] = rule
        return cls(blanks_overwrite, rules)

    def rule(self, column: Column) -> str:
        """The rule of a column."""
        return self.rules.get(column.name.casefold(), "newest")

    def settle(self, column: Column, old: SQL, new: SQL) -> SQL:
        """The value that holds of an old and a new one of one row."""
        match self.rule(column):
            case "keep":
                return sql("case when {blank} then {new} else {old} end", blank=blank(old), new=new, old=old)
            case "longest":
                return sql(
                    "case when {blank} or length(trim({new})) < coalesce(length(trim({old})), 0) then {old}"
                    " else {new} end",
                    blank=blank(new),
                    new=new,
                    old=old,
                )
            case _ if self.blanks_overwrite:
                return new
            case _:
                return sql("case when {blank} then {old} else {new} end", blank=blank(new), new=new, old=old)

    def fold(self, column: Column, place: SQL) -> SQL:
        """The value that holds of several lines of one row, as an aggregate over lines that come in order of place."""
        cell = ident(column.name)
        filled = sql("filter (not {blank})", blank=blank(cell))
        match self.rule(column):
            case "keep":
                return sql("arg_min({c}, {place}) {filled}", c=cell, place=place, filled=filled)
            case "longest":
                return sql("arg_max({c}, (length(trim({c})), {place})) {filled}", c=cell, place=place, filled=filled)
            case _ if self.blanks_overwrite:
                return sql("arg_max_null({c}, {place})", c=cell, place=place)
            case _:
                return sql("arg_max({c}, {place}) {filled}", c=cell, place=place, filled=filled)
