"""The structure of an .xlsx package: its sheets, the number formats that matter. Cells are `sheet_xml`'s."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree as ET

from crmctl.formats.workbook.facts import Sheet, spelling
from crmctl.formats.workbook.package import Package

_TRUE = frozenset({"1", "true", "on"})


@dataclass(frozen=True)
class Spreadsheet:
    """What the package says of itself; element names are taken without their namespace, which differs by maker."""

    package: Package

    @cached_property
    def _main(self) -> str:
        for kind, target in self._relations("").values():
            if kind == "officeDocument":
                return target
        raise self.package.broken()

    @cached_property
    def _book(self) -> ET.Element:
        return self.package.xml(self._main)

    @cached_property
    def from_1904(self) -> bool:
        """Days count from 1904."""
        found = _first(self._book, "workbookPr")
        return found is not None and found.get("date1904", "") in _TRUE

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The sheets of cells, in the order of their tabs."""
        related = self._relations(self._main)
        found = []
        listing = _first(self._book, "sheets")
        for element in listing if listing is not None else ():
            kind, target = related.get(_attribute(element, "id"), ("", ""))
            if kind == "worksheet" and target in self.package:
                visible = element.get("state", "visible") == "visible"
                found.append(Sheet(element.get("name", ""), visible, target))
        return found

    @cached_property
    def spellings(self) -> dict[bytes, Callable[[float, bool], str | None]]:
        """By the style of a cell, as its ``s`` says: how its number is spelled, where that is not the number itself."""
        name = next((target for kind, target in self._relations(self._main).values() if kind == "styles"), None)
        if name is None or name not in self.package:
            return {}
        root = self.package.xml(name)
        listed = _first(root, "numFmts")
        codes = {
            entry.get("numFmtId", ""): entry.get("formatCode", "") for entry in (listed if listed is not None else ())
        }
        styles = _first(root, "cellXfs")
        found = {}
        for number, style in enumerate(styles if styles is not None else ()):
            code = style.get("numFmtId", "0")
            spell = spelling(codes.get(code, "[h]:mm:ss" if code == "46" else code))
            if spell is not None:
                found[str(number).encode()] = spell
        return found

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """By their ids: the kind and the target of what a part refers to."""
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        if listing not in self.package:
            return {}
        found = {}
        for entry in self.package.xml(listing):
            target = entry.get("Target", "").replace("\\", "/")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[entry.get("Id", "")] = (entry.get("Type", "").rsplit("/", 1)[-1], whole)
        return found


def _first(root: ET.Element, name: str) -> ET.Element | None:
    return next((element for element in root if local(element.tag) == name), None)


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rsplit("}", 1)[-1]


def _attribute(element: ET.Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if "}" in key and local(key) == name), "")
