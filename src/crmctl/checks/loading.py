"""From a YAML file or plain data to checks, each with its place. What a schema implies is `from_schema`'s."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crmctl import yamlfile
from crmctl.checks.kinds import KINDS
from crmctl.checks.model import Check
from crmctl.errors import CrmctlError, Place, UsageError, did_you_mean, raise_all
from crmctl.yamlfile import Document


def load_checks(path: Path | str) -> list[Check]:
    """The checks of a YAML file `checks: [{kind: required, field: email}, …]`.

    Raises:
        FileError: The file cannot be read.
        UsageError: Checks that are not understood; all of them, each with its place.
    """
    document = yamlfile.load(path)
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("checks"), list):
        raise UsageError("no list of checks", cure="write checks: and below it one - for each", place=document.place())
    for key in data:
        if key != "checks":
            raise UsageError("unknown key {name!r}", cure="a file of checks has only checks:",
                             place=document.place(key), name=key)  # fmt: skip
    checks: list[Check] = []
    errors: list[CrmctlError] = []
    for index, item in enumerate(data["checks"]):
        try:
            checks += _read(document, item, ("checks", index)).expanded()
        except UsageError as error:
            errors += error.parts
    raise_all(errors + _repeated_names(checks))
    return checks


def parse_check(data: Mapping[str, Any], place: Place | None = None) -> Check:
    """One check from plain data, such as `{"kind": "required", "field": "email"}`.

    Raises:
        UsageError: It is not understood.
    """
    document = Document("", dict(data), {(): place} if place else {})
    try:
        return _read(document, document.data, ()).at(place)
    except UsageError as error:
        for part in error.parts:
            part.place = place
        raise


def _read(document: Document, item: Any, at: tuple[str | int, ...]) -> Check:
    place = document.place(*at)
    if not isinstance(item, dict):
        raise UsageError("{item!r} is no check", cure="write kind: and the field", place=place, item=item)
    kind = item.get("kind")
    if kind is None:
        raise UsageError("a check without a kind", cure="add kind: one of {kinds}", place=place, kinds=", ".join(KINDS))
    if kind not in KINDS:
        place = document.place(*at, "kind")
        near = did_you_mean(str(kind), KINDS)
        raise UsageError(
            "unknown kind {kind!r}", cure="did you mean {near!r}?" if near else "use one of {kinds}",
            place=place, kind=kind, near=near, kinds=", ".join(KINDS),
        )  # fmt: skip
    check = document.validate(KINDS[kind], *at, data=item).at(place)
    raise_all(check.problems())
    return check


def _repeated_names(checks: list[Check]) -> list[CrmctlError]:
    """Names given twice: results could not be told apart."""
    first: dict[str, Check] = {}
    errors: list[CrmctlError] = []
    for check in checks:
        if check.name is None:
            continue
        if check.name in first:
            errors.append(
                UsageError("two checks are called {name!r}", cure="rename one", place=check.place, name=check.name)
            )
        first.setdefault(check.name, check)
    return errors
