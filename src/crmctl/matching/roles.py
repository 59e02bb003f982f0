"""Which column is the given name, which the e-mail, and so on. It looks at names and types, never at values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmctl.errors import UsageError, did_you_mean
from crmctl.matching.words import Role, RoleList, role_list
from crmctl.messages import term
from crmctl.schema.column import Column


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that take part, by role; a role that no column has is absent."""

    columns: Mapping[str, tuple[Column, ...]]

    def __contains__(self, role: str) -> bool:
        return role in self.columns

    def all(self, role: str) -> tuple[Column, ...]:
        """The columns of a role, most likely first."""
        return self.columns.get(role, ())

    def describe(self) -> str:
        """Role by role, the headers chosen."""
        chosen = (f"{term(role)}: {', '.join(c.header for c in columns)}" for role, columns in self.columns.items())
        return "; ".join(chosen)


def assign_roles(columns: Sequence[Column], ignore: frozenset[str] = frozenset()) -> Roles:
    """Give each role its columns.

    Args:
        columns: The business columns.
        ignore: Names or headers to leave out.

    Raises:
        UsageError: A name in `ignore` is no column.
    """
    _refuse_unknown(columns, ignore)
    rules = role_list()
    free = [c for c in columns if not ignore & {c.name, c.header} and not _is_about_someone_else(c, rules)]
    chosen: dict[str, tuple[Column, ...]] = {}
    for role, rule in rules.roles.items():
        fitting = [c for c in free if _fits(c, rule)]
        fitting.sort(key=lambda c: (_is_secondary(c, rules), c.type not in rule.types))
        if fitting:
            chosen[role] = tuple(fitting[: rule.most])
            free = [c for c in free if c not in fitting[: rule.most]]
    return Roles(chosen)


def plain(name: str) -> str:
    """A name as it is compared: lower case, without blanks and punctuation."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _refuse_unknown(columns: Sequence[Column], ignore: frozenset[str]) -> None:
    known = {name for column in columns for name in (column.name, column.header)}
    for name in sorted(ignore - known):
        near = did_you_mean(name, known)
        cure = "did you mean {near!r}?" if near else "name a column of the data"
        raise UsageError("no field called {name!r} to leave out", cure=cure, name=name, near=near)


def _fits(column: Column, rule: Role) -> bool:
    named = bool({plain(column.name), plain(column.header)} & set(rule.names))
    if column.type in rule.types:
        return named or not rule.named
    return column.type == "text" and named


def _is_about_someone_else(column: Column, rules: RoleList) -> bool:
    return any(word in plain(name) for word in rules.never for name in (column.name, column.header))


def _is_secondary(column: Column, rules: RoleList) -> bool:
    return any(plain(name).startswith(word) for word in rules.secondary for name in (column.name, column.header))
