"""Texts put together from columns by templates such as `({area}) {local[0:3]}`, a whole column at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl

from crmctl.sampling.streams import Flags, Integers

_HOLE = re.compile(r"\{(\w+)(?:\[(\d+):(\d*)\])?\}")


@cache
def expression(template: str) -> pl.Expr:
    """The template as an expression over the columns that it names; null where one of them is."""
    parts: list[pl.Expr] = []
    position = 0
    for hole in _HOLE.finditer(template):
        if hole.start() > position:
            parts.append(pl.lit(template[position : hole.start()]))
        parts.append(_slice(*hole.groups()))
        position = hole.end()
    if position < len(template):
        parts.append(pl.lit(template[position:]))
    return pl.concat_str(parts)


def _slice(column: str, start: str | None, end: str | None) -> pl.Expr:
    if start is None:
        return pl.col(column)
    return pl.col(column).str.slice(int(start), int(end) - int(start) if end else None)


def fill(templates: Sequence[str], chosen: Integers, frame: pl.DataFrame) -> pl.Series:
    """For every row the template of the chosen number, filled from the row."""
    pieces, places = [pl.Series(dtype=pl.String)], [np.zeros(0, dtype=np.int64)]
    for number in np.unique(chosen):
        rows = np.flatnonzero(chosen == number)
        pieces.append(frame[rows].select(expression(templates[number]).alias("text")).to_series())
        places.append(rows)
    return pl.concat([piece.alias("text") for piece in pieces]).gather(np.argsort(np.concatenate(places)))


def alter(frame: pl.DataFrame, column: str, where: Flags, change: pl.Expr) -> pl.DataFrame:
    """The frame with one column changed in the rows where the flag stands."""
    rows = np.flatnonzero(where)
    if not rows.size:
        return frame
    changed = frame[rows].select(change.cast(frame.schema[column]).alias(column)).to_series()
    if changed.len() != rows.size:
        changed = changed.new_from_index(0, rows.size)
    return frame.with_columns(frame[column].scatter(rows, changed))
