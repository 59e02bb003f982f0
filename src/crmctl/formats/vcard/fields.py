"""Which vCard property is which column: the table `vocabulary/vcard.yaml`, and both ways through it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from crmctl import yamlfile
from crmctl.formats.vcard.lines import Property
from crmctl.resources import VOCABULARY

OWN = "X-CRMCTL"
"""The property that carries a column for which vCard has none; its parameter NAME says the header."""

_MOMENTS = frozenset({"BDAY", "REV", "ANNIVERSARY"})
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a column stands in a card: the property, the type that goes with it, and which of its components."""

    property: str
    type: str = ""
    part: int | None = None


@cache
def table() -> Mapping[str, Any]:
    """The table as it stands in the file."""
    loaded: Mapping[str, Any] = yamlfile.load(VOCABULARY / "vcard.yaml").data
    return loaded


@cache
def order() -> Mapping[str, int]:
    """Every header of the table and its place among the columns."""
    simple = table()["simple"]
    heads = [simple["UID"][0], simple["FN"][0]]
    for columns in table()["structured"].values():
        heads += [header for header, _ in columns]
    heads += [entry["column"][0] for entry in table()["telephones"]]
    heads += [header for header, _ in simple.values()]
    for entry in reversed(table()["addresses"]):
        heads += [header for header, _ in entry["columns"]]
    return {header: place for place, header in enumerate(dict.fromkeys(heads))}


@cache
def slots() -> Mapping[str, Slot]:
    """Where a column stands, by its field's name and its header, in small letters."""
    found: dict[str, Slot] = {}
    for name, (header, field) in table()["simple"].items():
        _claim(found, header, field, Slot(name))
    for name, columns in table()["structured"].items():
        for part, (header, field) in enumerate(columns):
            _claim(found, header, field, Slot(name, "", part))
    for entry in table()["telephones"]:
        header, field = entry["column"]
        _claim(found, header, field, Slot("TEL", (entry["types"] or ["voice"])[0]))
    for entry in table()["addresses"]:
        for part, (header, field) in enumerate(entry["columns"]):
            _claim(found, header, field, Slot("ADR", (entry["types"] or ["work"])[0], part))
    return found


@cache
def header_of(slot: Slot) -> str:
    """What a reader calls the column of a slot."""
    if slot.property == "TEL":
        return str(_of_type("telephones", frozenset({slot.type}))["column"][0])
    return str(table()["simple"][slot.property][0])


def _claim(found: dict[str, Slot], header: str, field: str, slot: Slot) -> None:
    for word in (field, header.casefold()):
        found.setdefault(word, slot)


def cells_of(properties: list[Property]) -> Iterator[tuple[str, str]]:
    """The headers and cells of a card; what comes more than once is numbered."""
    labels = {each.group: each.text() for each in properties if each.name == "X-ABLABEL" and each.group}
    seen: dict[str, int] = {}
    for each in properties:
        for header, value in _columns(each, labels):
            if value == "":
                continue
            seen[header] = number = seen.get(header, 0) + 1
            yield (header if number == 1 else f"{header} {number}"), value


def _columns(each: Property, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    if each.name == "X-ABLABEL" or (each.name == "FN" and each.parameters.get("DERIVED", "").lower() == "true"):
        return []
    given = each.parameters.get("NAME", "") if each.name == OWN else each.parameters.get("X-CRMCTL-HEADER", "")
    if given:
        return [(given.encode("utf-8", "replace").decode(), each.text())]
    types = each.types | _labelled(labels.get(each.group, ""))
    if each.name in table()["structured"]:
        heads = [header for header, _ in table()["structured"][each.name]]
        return _spread(heads, each.components())
    if each.name == "TEL":
        value = each.text()
        return [(_of_type("telephones", types)["column"][0], value[4:] if value[:4].lower() == "tel:" else value)]
    if each.name == "ADR":
        heads = [header for header, _ in _of_type("addresses", types)["columns"]]
        return _spread(heads, each.components())
    header = table()["simple"].get(each.name, [each.name])[0]
    return [(header, _plain(each))]


def _of_type(kind: str, types: frozenset[str]) -> Mapping[str, Any]:
    entries: list[Mapping[str, Any]] = table()[kind]
    return next(entry for entry in entries if not entry["types"] or types & set(entry["types"]))


def _labelled(label: str) -> frozenset[str]:
    """The type that a label of Apple's address book stands for."""
    plain = label.removeprefix("_$!<").removesuffix(">!$_").strip().lower()
    return frozenset(kind for word, kind in table()["labels"].items() if word in plain) if plain else frozenset()


def _spread(heads: list[str], components: list[str]) -> list[tuple[str, str]]:
    """Components on their columns; more than there are columns go to the last one."""
    last = len(heads) - 1
    held = [*components[:last], "; ".join(filter(None, components[last:]))]
    return list(zip(heads, held, strict=False))


def _plain(each: Property) -> str:
    value = each.text()
    if each.name in _MOMENTS and each.parameters.get("VALUE", "").lower() != "text":
        return readable_moment(value)
    if each.name == "EMAIL" and value[:7].lower() == "mailto:":
        return value[7:]
    return "; ".join(filter(None, each.components())) if each.name == "GENDER" else value


def readable_moment(value: str) -> str:
    """A date or time of the basic form (19961022) in the extended one.

    >>> readable_moment("19961022"), readable_moment("20240102T030405Z"), readable_moment("--1022")
    ('1996-10-22', '2024-01-02T03:04:05Z', '--1022')
    """
    found = _BASIC.fullmatch(value)
    if not found:
        return value
    day = f"{found[1]}-{found[2]}-{found[3]}"
    if not found[4]:
        return day
    return f"{day}{'T' if found[7] else ' '}{found[4]}:{found[5]}:{found[6]}{found[7]}"


def written_moment(name: str, value: str) -> tuple[str, str]:
    """The parameter and the value with which `readable_moment` gives the text back."""
    if name not in _MOMENTS:
        return "", value
    basic = re.sub(r"[-: ]|(?<=\d)T", "", value)
    basic = basic[:8] + "T" + basic[8:] if len(basic) > 8 else basic
    if _BASIC.fullmatch(basic) and readable_moment(basic) == value:
        return "", basic
    return ";VALUE=text", value
