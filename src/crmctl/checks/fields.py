"""The column that a check names, with the check's place in errors. How a word means a column is `crmctl.schema`'s."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.errors import Place, UsageError
from crmctl.schema import Column, resolve_column


def get_column(name: str, columns: Sequence[Column], place: Place | None = None) -> Column:
    """The column that a name, header, label or alias means.

    Raises:
        UsageError: None of them, or several.
    """
    try:
        return resolve_column(columns, name)
    except UsageError as error:
        error.place = error.place or place
        raise


def find_column(name: str, columns: Sequence[Column], place: Place | None = None) -> Column | None:
    """The same, but None where the data have no such column.

    Raises:
        UsageError: Several columns answer to the name.
    """
    try:
        return get_column(name, columns, place)
    except UsageError as error:
        if "candidates" in error.values:
            raise
        return None
