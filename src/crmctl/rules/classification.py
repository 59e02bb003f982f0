"""Classifications: mutually exclusive labels. An ordered rule list becomes SQL here; other methods are analytics'."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from crmctl.errors import CrmctlError, Place, UsageError, raise_all
from crmctl.rules.compile import AsOf, compile_condition
from crmctl.rules.files import Labels, Outcome, read_rules
from crmctl.rules.needs import LeftOut, absent
from crmctl.rules.structure import parse_condition
from crmctl.rules.tree import Condition
from crmctl.schema.column import Column
from crmctl.sql import SQL, join, sql
from crmctl.yamlfile import Document

Method = Literal["rules", "value_tier", "lifecycle", "rfm"]


class ClassRule(Outcome):
    """One outcome; for the method `rules`, with its condition. A name may stand in several rules."""

    when: str | dict[str, Any] | list[Any] | None = None
    needs: list[str] = Field(default_factory=list)


def _other() -> Outcome:
    return Outcome(name="other", labels={"en": "Other", "zh": "其他"})


class Classification(BaseModel):
    """A rule file: the result column, the method and its options, the outcomes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classification: str = Field(min_length=1)
    labels: Labels = Field(default_factory=dict)
    description: Labels = Field(default_factory=dict)
    method: Method = "rules"
    options: dict[str, Any] = Field(default_factory=dict)
    classes: list[ClassRule] = Field(default_factory=list)
    otherwise: Outcome = Field(default_factory=_other)

    _document: Document | None = PrivateAttr(default=None)

    @property
    def document(self) -> Document:
        """The file it came from, for the places of errors."""
        return self._document or Document(self.classification, None)

    @property
    def column(self) -> Column:
        """The result as a column."""
        definition = self.description.get("en", "")
        return Column(self.classification, self.classification, "enum", self.labels, definition=definition)

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Every outcome by its name, in the order of the file; the catch-all last."""
        found: dict[str, Outcome] = {}
        for outcome in [*self.classes, self.otherwise]:
            if outcome.name not in found or not found[outcome.name].labels:
                found[outcome.name] = outcome
        return found

    @cached_property
    def conditions(self) -> list[Condition]:
        """The parsed conditions of the classes, in their order."""
        return [parse_class(self.document, number, rule) for number, rule in enumerate(self.classes)]


def parse_class(document: Document, number: int, rule: ClassRule) -> Condition:
    """The condition of one class.

    Raises:
        UsageError: There is none, or it cannot be parsed.
    """
    at = ("classes", number)
    if rule.when is None:
        raise UsageError(
            "the class {name!r} has no condition", cure="add 'when', or move it to 'otherwise'",
            place=document.place(*at), name=rule.name,
        )  # fmt: skip
    return parse_condition(rule.when, locate=lambda *keys: document.place(*at, "when", *keys))


def load_classification(name: str | Path) -> Classification:
    """Read a classification: a file's path, or the name of a shipped one. Its conditions are parsed at once.

    Raises:
        UsageError: No such file, or it does not fit; every error at once, each with its place.
        FileError: The file cannot be read.
    """
    return read_classification(read_rules(name, "rules"))


def read_classification(document: Document) -> Classification:
    """A classification from a YAML document.

    Raises:
        UsageError: It does not fit; every error at once, each with its place.
    """
    found = document.validate(Classification)
    found._document = document
    if found.method == "rules":
        _check_rules(found, document)
    return found


def _check_rules(found: Classification, document: Document) -> None:
    errors: list[CrmctlError] = []
    if not found.classes:
        errors.append(
            UsageError(
                "'classes' is empty", cure="add a class with a name and a condition", place=document.place("classes")
            )
        )
    if found.options:
        errors.append(
            UsageError("the method 'rules' takes no options", cure="remove them", place=document.place("options"))
        )
    for number, rule in enumerate(found.classes):
        try:
            parse_class(document, number, rule)
        except UsageError as error:
            errors.append(error)
    raise_all(errors)


def classification_sql(classification: Classification, columns: Sequence[Column], as_of: AsOf) -> SQL:
    """The class of each row as an SQL expression: the first rule that holds, else the catch-all; never null.

    Classes whose `needs` are not there are left out; `left_out` says which.

    Raises:
        UsageError: The method is not `rules`, or a condition does not fit the columns.
    """
    if classification.method != "rules":
        raise UsageError(
            "{name!r} is made by the method {method!r}, not by rules", cure="classify with its orders",
            place=_place(classification), name=classification.classification, method=classification.method,
        )  # fmt: skip
    branches = [
        sql(
            "when {condition} then {name}", name=rule.name, condition=compile_condition(condition, columns, as_of=as_of)
        )
        for rule, condition in zip(classification.classes, classification.conditions, strict=True)
        if not absent(rule.needs, columns)
    ]
    if not branches:
        return sql("{name}", name=classification.otherwise.name)
    return sql("case {branches} else {other} end", branches=join(branches, " "), other=classification.otherwise.name)


def left_out(classification: Classification, columns: Sequence[Column]) -> list[LeftOut]:
    """The classes that these columns cannot decide, with the fields they miss."""
    return [LeftOut(rule.name, missing) for rule in classification.classes if (missing := absent(rule.needs, columns))]


def _place(classification: Classification) -> Place | None:
    return classification._document.place("method") if classification._document else None
