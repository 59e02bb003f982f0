"""What one header was taken for, and why. How it comes to that is `mapping.py`'s and `by_content.py`'s."""

from __future__ import annotations

from dataclasses import dataclass

from crmctl import messages


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """What one header was taken for.

    Args:
        header: The header as the file spells it.
        field: The field it fills; None where it stays under its own name.
        score: How good a sign it is, 0 to 1.
        reason: What it matched: `name`, `label`, `alias`, `preset`, `content`, or `given` by the user; empty where
            nothing did.
        evidence: What was seen, where content decided: `98 % mobiles`.
    """

    header: str
    field: str | None
    score: float
    reason: str
    evidence: str = ""

    @property
    def why(self) -> str:
        """The reason in words, with what was seen."""
        reason = messages.term(self.reason)
        return f"{reason}: {self.evidence}" if self.evidence else reason
