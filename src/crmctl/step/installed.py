"""Which installed packages offer steps, told from their metadata files alone: nothing of theirs is imported.

The root help lists them, so this avoids what is slow to import: importlib.metadata (40 ms) and pathlib.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

GROUP = "crmctl.steps"
_METADATA = (".dist-info", ".egg-info")


class Plugin(NamedTuple):
    """A step that an installed package offers.

    Args:
        name: The step's name.
        target: Where it is: ``module:function``.
        package: The package that brings it.
    """

    name: str
    target: str
    package: str


@cache
def installed() -> dict[str, tuple[Plugin, ...]]:
    """The offers for each name, sorted; more than one is a clash."""
    found: dict[str, set[Plugin]] = {}
    for folder in dict.fromkeys(sys.path):
        for plugin in _offers(folder or "."):
            found.setdefault(plugin.name, set()).add(plugin)
    return {name: tuple(sorted(found[name], key=lambda each: (each.package, each.target))) for name in sorted(found)}


def _offers(folder: str) -> Iterator[Plugin]:
    try:
        entries = [entry for entry in os.scandir(folder) if entry.name.endswith(_METADATA)]
    except OSError:
        return
    for entry in entries:
        try:
            with open(os.path.join(entry.path, "entry_points.txt"), encoding="utf-8") as file:  # noqa: PTH118, PTH123 - see above
                text = file.read()
        except OSError:
            continue
        package = entry.name.split("-", 1)[0].removesuffix(".egg").replace("_", "-")
        yield from (Plugin(name, target, package) for name, target in _points(text))


def _points(text: str) -> Iterator[tuple[str, str]]:
    """Name and target of every entry of our group."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == GROUP and "=" in line:
            name, _, target = line.partition("=")
            yield name.strip(), target.partition("[")[0].strip()
