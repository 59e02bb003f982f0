"""The check kinds, one file each, and their register. A new kind is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.checks.kinds.allowed import Allowed
from crmctl.checks.kinds.condition import Condition
from crmctl.checks.kinds.length import Length
from crmctl.checks.kinds.pattern import Pattern
from crmctl.checks.kinds.range import Range
from crmctl.checks.kinds.reference import Reference
from crmctl.checks.kinds.required import Required
from crmctl.checks.kinds.row_count import RowCount
from crmctl.checks.kinds.semantic_type import SemanticType
from crmctl.checks.kinds.unique import Unique
from crmctl.checks.model import Check

KINDS: Mapping[str, type[Check]] = {
    kind.model_fields["kind"].default: kind
    for kind in (Required, Unique, SemanticType, Allowed, Range, Length, Pattern, Reference, Condition, RowCount)
}

__all__ = [
    "KINDS",
    "Allowed",
    "Condition",
    "Length",
    "Pattern",
    "Range",
    "Reference",
    "Required",
    "RowCount",
    "SemanticType",
    "Unique",
]
