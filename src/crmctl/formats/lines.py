"""The physical lines of a text file, of bounded length. What they mean is each format's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crmctl.errors import FileError, Place

_LONGEST = 64 << 20


def physical_lines(path: Path, start: int, named: Path) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, from 1; line ends stay.

    Args:
        path: The file.
        start: The byte at which it begins.
        named: What to call it.

    Raises:
        FileError: A line would not fit into memory.
    """
    with path.open("rb") as file:
        file.seek(start)
        number = 0
        while line := file.readline(_LONGEST + 1):
            number += 1
            if len(line) > _LONGEST:
                raise FileError(
                    "a line is longer than {size} MB", cure="check that the file is what it should be",
                    place=Place(str(named), number), size=_LONGEST // 1_000_000,
                )  # fmt: skip
            yield number, line
