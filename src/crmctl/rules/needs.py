"""Rules that say which fields they need, and are left out with a note where a dataset has none of that name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmctl.errors import UsageError
from crmctl.messages import translate
from crmctl.schema.column import Column


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A class or segment that cannot be decided on this dataset, and the fields it misses."""

    name: str
    missing: tuple[str, ...]

    @property
    def note(self) -> str:
        """What to tell the user, in their language."""
        return translate(
            "{name!r} is left out: no field called {fields}", name=self.name, fields=", ".join(self.missing)
        )


def absent(needs: Sequence[str], columns: Sequence[Column]) -> tuple[str, ...]:
    """The needed fields that no column answers to; an ambiguous one is there."""
    return tuple(name for name in needs if not _there(name, columns))


def _there(name: str, columns: Sequence[Column]) -> bool:
    from crmctl.schema import resolve_column

    try:
        resolve_column(columns, name)
    except UsageError as error:
        return "candidates" in error.values
    return True
