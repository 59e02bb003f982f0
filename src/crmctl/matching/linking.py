"""Scored pairs into clusters of forms: compares what was not compared inside a component, has doubtful ones split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from duckdb import DuckDBPyConnection

from crmctl.matching.clusters import Component, Ints, components, split
from crmctl.matching.comparison import Comparison, compare
from crmctl.matching.prepare import FORMS
from crmctl.matching.scoring import banded
from crmctl.matching.settings import MatchSettings
from crmctl.matching.weights import Weights
from crmctl.sql import SQL, ident, sql

MOST_PAIRS, LARGEST_WHOLE = 500_000, 1_000
"""Components are compared pair by pair before they are trusted, smallest first, within this many pairs and forms."""


def link(
    con: DuckDBPyConnection, comparisons: Sequence[Comparison], weights: Weights, forms: int, settings: MatchSettings
) -> None:
    """Create `matching_labels` (`form`, `label`): forms with one label are one customer."""
    _run(con, sql(
        "create or replace temp table matching_alone as select l as form from matching_scored"
        " where l = r and band is distinct from 'merge'"
    ))  # fmt: skip
    edges = con.execute(
        "select l, r from matching_scored where band = 'merge' and l < r"
        " and l not in (from matching_alone) and r not in (from matching_alone) order by l, r"
    ).fetchnumpy()
    labels = components(forms, np.asarray(edges["l"], dtype=np.int64), np.asarray(edges["r"], dtype=np.int64))
    _store(con, labels)
    whole = _largest_whole(con)
    _complete(con, comparisons, weights, settings, whole)
    for component in _doubtful(con, whole):
        for group in split(component):
            labels[group] = group[0]
    _store(con, labels)
    _run(con, sql("drop table matching_alone"))


def _run(con: DuckDBPyConnection, query: SQL) -> None:
    con.execute(query.text, query.values)


def _store(con: DuckDBPyConnection, labels: Ints) -> None:
    con.register("matching_found", {"form": np.arange(len(labels), dtype=np.int64), "label": labels})
    _run(con, sql(
        "create or replace temp table matching_labels as select form::integer as form, label::integer as label,"
        " count(*) over (partition by label) as size from matching_found order by form"
    ))  # fmt: skip
    con.unregister("matching_found")


def _largest_whole(con: DuckDBPyConnection) -> int:
    """The size up to which all components together can be compared pair by pair."""
    largest, total = 2, 0
    sizes = con.execute(
        "select size, count(*) from matching_labels where size > 2 group by size order by size"
    ).fetchall()
    for size, forms in sizes:
        total += forms * (size - 1) // 2
        if total > MOST_PAIRS or size > LARGEST_WHOLE:
            break
        largest = size
    return largest


def _complete(
    con: DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    weights: Weights,
    settings: MatchSettings,
    whole: int,
) -> None:
    """Compare the pairs within a component that shared no blocking key."""
    missing = sql(
        "(select a.form as l, b.form as r from matching_labels a join matching_labels b"
        " on a.label = b.label and a.form < b.form anti join matching_scored s on s.l = a.form and s.r = b.form"
        " where a.size between 3 and {whole})",
        whole=whole,
    )
    _run(con, sql("create or replace temp table matching_levels as {q}", q=compare(FORMS, missing, comparisons)))
    _run(con, sql("insert into matching_scored by name {q}",
                  q=banded(ident("matching_levels"), comparisons, weights, settings)))  # fmt: skip
    _run(con, sql("drop table matching_levels"))


def _doubtful(con: DuckDBPyConnection, whole: int) -> list[Component]:
    """Components that hold a veto or a pair that looks like two people, and all too large to compare in full."""
    rows = con.execute(
        "with inside as (select a.label, a.size, s.l, s.r, s.bits, s.vetoed, s.band from matching_scored s"
        " join matching_labels a on a.form = s.l join matching_labels b on b.form = s.r"
        " where a.label = b.label and s.l < s.r and a.size > 2),"
        " doubtful as (select label from inside group by label having bool_or(vetoed or band is null) or max(size) > ?)"
        " select label, l, r, (bits * 1000000)::bigint, vetoed from inside semi join doubtful using (label)"
        " order by all",
        [whole],
    ).fetchall()
    found: dict[int, Component] = {}
    for label, left, right, bits, vetoed in rows:
        component = found.setdefault(label, Component([]))
        component.bits[left, right] = bits
        if vetoed:
            component.vetoed.add((left, right))
    for component in found.values():
        component.members = sorted({form for pair in component.bits for form in pair})
    return list(found.values())
