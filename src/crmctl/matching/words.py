"""The word lists that matching reads from `vocabulary/`: loaded once, checked, nothing computed."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel

from crmctl.resources import VOCABULARY
from crmctl.yamlfile import load

Words = Annotated[list[str], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NameWords(_Strict):
    """Words around a personal name, and values that stand for a missing one."""

    titles: Words
    suffixes: Words
    particles: Words
    honorifics_zh: Words
    missing: Words
    missing_emails: Words
    missing_dates: Words


class Surnames(_Strict):
    """Chinese family names; each entry of `single` is a run of one-character names, of `double` a list by blanks."""

    double: Words
    single: Words

    @property
    def pattern(self) -> str:
        """An alternation of all of them, longer names first."""
        longer = {name for line in self.double for name in line.split()}
        return alternation(sorted(longer, key=lambda name: (-len(name), name))) + "|[" + "".join(self.single) + "]"


class LegalForms(_Strict):
    """What stands at the end of a company's name by law."""

    latin: Words
    zh: Words


class Role(_Strict):
    """Which columns may take a role: by type, or by name."""

    types: list[str]
    names: list[str]
    named: bool = False
    most: int = 1


class RoleList(_Strict):
    """All roles, and the words that keep a column out of them."""

    never: list[str]
    secondary: list[str]
    roles: dict[str, Role]


class _Nicknames(RootModel[dict[str, list[str]]]):
    """Full name to short forms."""


@cache
def name_words() -> NameWords:
    """The words around names."""
    return load(VOCABULARY / "name_words.yaml").validate(NameWords)


@cache
def surnames() -> Surnames:
    """The Chinese family names."""
    return load(VOCABULARY / "surnames_zh.yaml").validate(Surnames)


@cache
def legal_forms() -> LegalForms:
    """The legal forms of companies."""
    return load(VOCABULARY / "legal_forms.yaml").validate(LegalForms)


@cache
def role_list() -> RoleList:
    """The roles of columns."""
    return load(VOCABULARY / "matching_roles.yaml").validate(RoleList)


@cache
def nickname_pairs() -> tuple[tuple[str, str], ...]:
    """Every (short form, full name), sorted; a full name stands for itself too."""
    groups = load(VOCABULARY / "nicknames.yaml").validate(_Nicknames).root
    pairs = {(short, full) for full, shorts in groups.items() for short in (full, *shorts)}
    return tuple(sorted(pairs))


def alternation(words: list[str]) -> str:
    """A regular expression that fits any of the words."""
    return "|".join(re.escape(word) for word in words)
