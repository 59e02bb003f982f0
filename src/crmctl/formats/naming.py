"""SQL column names made from the headers of a file."""

from __future__ import annotations

from collections.abc import Iterable

from crmctl.schema.column import HELPER_PREFIX, RESERVED


class Namer:
    """Gives each header a name that no earlier one has, whatever the case.

    Args:
        reserved: Names that stay free for later headers.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(RESERVED)
        self._reserved = {name.casefold() for name in reserved}
        self._count = 0

    def name(self, header: str) -> str:
        """The next column's name: the header tidied, numbered where it is taken, ``column_3`` where it is empty."""
        self._count += 1
        base = tidy(header) or f"column_{self._count}"
        if base.casefold().startswith(HELPER_PREFIX):
            base = base[1:]
        name, number = base, 1
        while name.casefold() in self._taken or (number > 1 and name.casefold() in self._reserved):
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name.casefold())
        return name


def tidy(header: str) -> str:
    """The header on one line, without outer blanks and marks that no one sees."""
    return " ".join(header.replace("\ufeff", "").replace("\0", "").split())


def column_names(headers: Iterable[str]) -> list[str]:
    """A unique SQL name for every header.

    >>> column_names(["Name", "name", "", "_id", "rowid", "_crmctl_x"])
    ['Name', 'name_2', 'column_3', '_id_2', 'rowid_2', 'crmctl_x']
    """
    given = list(headers)
    namer = Namer(map(tidy, given))
    return [namer.name(header) for header in given]
