"""The lists of values that stand for nothing: words that mean missing, and stopgaps that many records share."""

from __future__ import annotations

from functools import cache
from typing import Any

from crmctl.resources import VOCABULARY
from crmctl.yamlfile import load


@cache
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = load(VOCABULARY / "placeholders.yaml").data
    return lists


@cache
def missing_words(semantic_type: str | None = None) -> frozenset[str]:
    """Words that mean a missing value, in lower case and half width.

    Args:
        semantic_type: Leave out the words that mean something in this type, and add its own.
    """
    lists = _lists()["missing"]
    words = set(lists["words"])
    if semantic_type is not None:
        words -= set(lists["meant"].get(semantic_type, ()))
        words |= set(lists["more"].get(semantic_type, ()))
    return frozenset(words)


@cache
def listed_suspects(semantic_type: str) -> frozenset[str]:
    """The stopgap values of a type as the list spells them, in lower case."""
    groups = [group for group in _lists()["suspects"] if semantic_type in group["types"]]
    return frozenset(value.lower() for group in groups for value in group["values"])
