"""Finds the column that a user's word means, and keeps columns as JSON. Whole header rows are `mapping.py`'s."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from crmctl.errors import UsageError, did_you_mean
from crmctl.schema.column import Column
from crmctl.schema.headers import normalise_header

_Words = Callable[[Column], Iterable[str]]


def resolve_column(columns: Sequence[Column], text: str) -> Column:
    """The column that a word means: its name, else its header, else its label in any language, else an alias.

    Names and headers count as spelled first, then with case, blanks and marks put aside.

    Raises:
        UsageError: No column, or more than one, goes by that word; the error lists them.
    """
    folded = normalise_header(text)
    for wanted, words in _tiers(text, folded):
        hits = [column for column in columns if wanted and wanted in words(column)]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise UsageError(
                "{text!r} could mean {candidates}", cure="write the column's own name",
                text=text, candidates=_shown(hits),
            )  # fmt: skip
    raise _not_found(columns, text)


def _tiers(text: str, folded: str) -> list[tuple[str, _Words]]:
    return [
        (text, lambda column: (column.name,)),
        (text, lambda column: (column.header,)),
        (folded, lambda column: (normalise_header(column.name),)),
        (folded, lambda column: (normalise_header(column.header),)),
        (folded, lambda column: map(normalise_header, column.labels.values())),
        (folded, lambda column: map(normalise_header, column.aliases)),
    ]


def _not_found(columns: Sequence[Column], text: str) -> UsageError:
    near = did_you_mean(text, [word for column in columns for word in (column.name, column.header)])
    if near:
        return UsageError(
            "no column called {text!r}", cure="did you mean {near!r}? The columns are {columns}",
            text=text, near=near, columns=_shown(columns),
        )  # fmt: skip
    return UsageError("no column called {text!r}", cure="the columns are {columns}", text=text, columns=_shown(columns))


def _shown(columns: Sequence[Column]) -> str:
    """The columns' names, each with its header where that differs."""
    return ", ".join(
        column.name if column.name == column.header else f"{column.name} ({column.header})" for column in columns
    )


def columns_to_json(columns: Sequence[Column]) -> str:
    """Columns as JSON text; `columns_from_json` reads it back."""
    return json.dumps([column.to_dict() for column in columns], ensure_ascii=False)


def columns_from_json(text: str) -> list[Column]:
    """The columns that `columns_to_json` wrote."""
    return [Column.from_dict(data) for data in json.loads(text)]
