"""The operators as people write them, and what each one takes. Their meaning in SQL is in `compile`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from crmctl.errors import did_you_mean
from crmctl.rules.tree import Operator

Takes = Literal["value", "list", "pair", "text", "duration", "nothing"]

TAKES: Mapping[Operator, Takes] = {
    "=": "value", "<": "value", "<=": "value", ">": "value", ">=": "value",
    "before": "value", "after": "value", "on": "value",
    "in": "list", "between": "pair",
    "contains": "text", "starts with": "text", "ends with": "text", "matches": "text",
    "within": "duration", "recurs within": "duration",
    "is missing": "nothing", "recurs this month": "nothing",
}  # fmt: skip

# Spelling -> (operator, whether it says the opposite). `not` before any word operator turns it round too.
SPELLINGS: Mapping[str, tuple[Operator, bool]] = {
    **{operator: (operator, False) for operator in TAKES},
    **{f"not {operator}": (operator, True) for operator in TAKES if operator[0].isalpha() and operator[:2] != "is"},
    "!=": ("=", True),
    "is not missing": ("is missing", True),
}
_LONGEST = max(len(spelling.split()) for spelling in SPELLINGS)

_MISTAKES = {
    "==": "=", "===": "=", "<>": "!=", "=>": ">=", "=<": "<=", "!": "!=", "!==": "!=", "~": "matches", "~=": "matches",
    "like": "contains", "equals": "=", "equal": "=", "is": "=", "is empty": "is missing", "is null": "is missing",
    "is blank": "is missing", "is not null": "is not missing", "is not empty": "is not missing", "since": "within",
    "last": "within", "exists": "is not missing", "startswith": "starts with", "endswith": "ends with",
    "begins": "starts with", "includes": "contains", "has": "contains", "regex": "matches", "starts": "starts with",
    "ends": "ends with", "is not": "!=", "any": "in", "one": "in",
}  # fmt: skip

COMMON = (
    "=, !=, <, <=, >, >=, in, between, contains, starts with, ends with, matches, is missing, within, before, after, on"
)


def longest_spelling(words: list[str]) -> str:
    """The longest operator that the words begin with; empty where they begin with none."""
    lowered = [word.lower() for word in words[:_LONGEST]]
    for length in range(len(lowered), 0, -1):
        spelling = " ".join(lowered[:length])
        if spelling in SPELLINGS:
            return spelling
    return ""


def nearest_operator(words: list[str]) -> str:
    """The operator that the words were probably meant to be; empty where none is near."""
    lowered = [word.lower() for word in words[:_LONGEST]]
    phrases = [" ".join(lowered[:length]) for length in range(len(lowered), 0, -1)]
    for phrase in phrases:
        if phrase in _MISTAKES:
            return _MISTAKES[phrase]
    return next((near for phrase in phrases if (near := did_you_mean(phrase, SPELLINGS))), "")
