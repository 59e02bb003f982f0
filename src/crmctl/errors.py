"""Every error a user can meet, each with its exit code. Nothing else lives here.

CrmctlError
├── DataFailed      1   a check, a reject limit or a guard refused the data
├── UsageError      2   wrong usage, recipe, schema or rule
├── FileError       3   an input or output cannot be read or written
├── StoreLocked     4   another process holds the store
└── InternalFault   5   a fault in crmctl itself

A message is an English template with named holes, so that it can be said in another language.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString, NamedTuple

from crmctl.messages import translate


class Place(NamedTuple):
    """Where in which file something stands; line and column are 1-based."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class CrmctlError(Exception):
    """A place, a cause and a cure.

    Args:
        cause: What is wrong, as a template: ``"no field called {field}"``.
        cure: What to do about it, as a template.
        place: The file, line and column it concerns.
        values: What the holes of both templates stand for.
    """

    exit_code: int = 5

    def __init__(
        self, cause: LiteralString, /, *, cure: LiteralString = "", place: Place | None = None, **values: object
    ) -> None:
        self.cause_template, self.cure_template = cause, cure
        self.place, self.values = place, values
        super().__init__(cause)

    @property
    def cause(self) -> str:
        """The cause, in the user's language."""
        return translate(self.cause_template, **self.values)

    @property
    def cure(self) -> str:
        """The cure, in the user's language; empty where there is none."""
        return translate(self.cure_template, **self.values) if self.cure_template else ""

    @property
    def parts(self) -> list[CrmctlError]:
        """The single errors that this one carries; itself where it is one."""
        return [self]

    def __str__(self) -> str:
        text = f"{self.place}: {self.cause}" if self.place else self.cause
        return translate("{cause}; {cure}", cause=text, cure=self.cure) if self.cure else text

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data, for ``--json-errors``."""
        place = self.place
        return {
            "error": type(self).__name__,
            "exit_code": self.exit_code,
            "cause": self.cause,
            "cure": self.cure or None,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
        }


class DataFailed(CrmctlError):
    """The data failed: a check, a reject limit, a shrink guard, an undo that others depend on."""

    exit_code = 1


class UsageError(CrmctlError):
    """Wrong usage, or a recipe, schema or rule that cannot be carried out."""

    exit_code = 2


class UsageErrors(UsageError):
    """Several errors found in one go, all of them shown; the exit code is theirs where they have one in common."""

    def __init__(self, errors: Iterable[CrmctlError]) -> None:
        self.errors = list(errors)
        super().__init__("{count} problems", count=len(self.errors))
        codes = {part.exit_code for part in self.parts}
        self.exit_code = codes.pop() if len(codes) == 1 else UsageError.exit_code

    @property
    def parts(self) -> list[CrmctlError]:
        """Every single error."""
        return [part for error in self.errors for part in error.parts]

    def __str__(self) -> str:
        return "\n".join(str(part) for part in self.parts)


class FileError(CrmctlError):
    """An input or output cannot be read or written."""

    exit_code = 3


class PasswordNeeded(FileError):
    """A file is protected, and no password was given."""


class StoreLocked(CrmctlError):
    """Another process holds the store."""

    exit_code = 4


class InternalFault(CrmctlError):
    """A sum of crmctl's own that does not add up: a fault in the program, never the user's."""

    exit_code = 5


def raise_all(errors: list[CrmctlError]) -> None:
    """Raise what was collected: nothing, the one error, or all of them as one."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise UsageErrors(errors)


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """The candidate nearest to ``word``, ready to be shown; empty where none is near.

    >>> did_you_mean("thresold", ["threshold", "fields"])
    'threshold'
    """
    import difflib  # only once there is something to correct

    known = {candidate.casefold(): candidate for candidate in candidates}
    near = difflib.get_close_matches(word.casefold(), known, n=1, cutoff=0.6)
    return known[near[0]] if near else ""
