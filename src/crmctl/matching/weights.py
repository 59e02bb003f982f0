"""What each level of agreement is worth: the Fellegi–Sunter model (JASA 64, 1969), fitted to the data at hand.

A weight is log2(m / u): m, how often matches show the level, by EM over the distinct comparison patterns; u, how often
other pairs do, from random pairs and, for equal values, exactly from how common each value is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from crmctl.matching.comparison import Comparison, compare
from crmctl.matching.prepare import FORMS
from crmctl.sql import SQL, ident, idents, join, sql

RANDOM_PAIRS = 100_000
PRIOR_MATCHES = 40.0
LEARNABLE_MATCHES = 30.0
ROUNDS = 40
MOST_TERM_BITS = 4.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct level combinations, `levels` (patterns, fields), and how many pairs show each, `counts`."""

    levels: NDArray[np.int64]
    counts: Floats


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted model.

    Args:
        prior: λ, the share of all pairs that match.
        bits: For each comparison the weight of level 0, 1, 2, … in bits.
        equal: For each comparison, how often two other records have the same value by chance.
        learned: False where too few matches were found and the usual error rates stand in.
    """

    prior: float
    bits: tuple[tuple[float, ...], ...]
    equal: tuple[float, ...]
    learned: bool


def learn(con: DuckDBPyConnection, levels: SQL, comparisons: Sequence[Comparison], forms: int) -> Weights:
    """Fit the model.

    Args:
        con: The connection that holds the forms.
        levels: The compared candidate pairs.
        comparisons: The fields compared.
        forms: How many forms there are.
    """
    candidates = _patterns(con, levels, comparisons)
    random = _patterns(con, sql("({q})", q=compare(FORMS, _random_pairs(forms), comparisons)), comparisons)
    chances = [_equal_by_value(con, comparison) for comparison in comparisons]
    prior = 1.0 / max(forms, 2)
    m, u, matches = _fit(candidates, random, chances, comparisons, prior)
    # λ learned inside blocks wanders off, so one look at the matches found may move it by a factor of four at most.
    expected = 2 * matches / (max(forms, 2) * (max(forms, 2) - 1))
    prior = min(max(expected, prior / 4), prior * 4, 0.25)
    m, u, matches = _fit(candidates, random, chances, comparisons, prior)
    learned = matches >= LEARNABLE_MATCHES
    if not learned:
        m = [np.array(comparison.usual) for comparison in comparisons]
    bits = [_bits(m[i], u[i], comparison) for i, comparison in enumerate(comparisons)]
    equal = tuple(float(u[i][comparison.exact - 1]) for i, comparison in enumerate(comparisons))
    return Weights(prior, tuple(bits), equal, learned)


def score(levels: SQL, comparisons: Sequence[Comparison], weights: Weights) -> SQL:
    """A query over compared pairs: everything in `levels`, and `bits` and `probability`.

    Common values are worth less than rare ones: an equal value's weight moves by log2(chance / its own share), capped.
    """
    terms = []
    for comparison, bits, equal in zip(comparisons, weights.bits, weights.equal, strict=True):
        terms.append(sql("({bits}::double[])[{c} + 1]", bits=[round(b, 6) for b in bits], c=comparison.column))
        if comparison.share:
            terms.append(sql(
                "case when {c} = {exact} then least(greatest(log2({equal} / l.{share}), -{most}), {most}) else 0 end",
                c=comparison.column, exact=comparison.exact, equal=equal, share=ident(comparison.share),
                most=MOST_TERM_BITS,
            ))  # fmt: skip
    odds = float(np.log2(weights.prior / (1 - weights.prior)))
    total = sql("round({odds} + {terms}, 6)", odds=odds, terms=join(terms, " + ") if terms else sql("0"))
    return sql(
        "select *, 1 / (1 + pow(2, -bits)) as probability from"
        " (select p.*, {total} as bits from {levels} p join {forms} l on l.form = p.l)",
        total=total, levels=levels, forms=FORMS,
    )  # fmt: skip


def _random_pairs(forms: int) -> SQL:
    """Pairs of forms a few fixed distances apart: forms are numbered by md5, so these are random pairs."""
    distances = max(1, min(RANDOM_PAIRS // max(forms, 1), (forms - 1) // 2))
    return sql(
        "(select form as l, (form + d) % {n} as r from {forms}, generate_series(1, {distances}) s(d)"
        " where form <> (form + d) % {n} and form < {most})",
        n=max(forms, 1), forms=FORMS, distances=distances, most=RANDOM_PAIRS,
    )  # fmt: skip


def _patterns(con: DuckDBPyConnection, levels: SQL, comparisons: Sequence[Comparison]) -> Patterns:
    names = [f"{comparison.name}_level" for comparison in comparisons]
    query = sql(
        "select {names}, count(*) as pairs from {levels} p group by {names} order by {names}",
        names=idents(names), levels=levels,
    )  # fmt: skip
    found = con.execute(query.text, query.values).fetchnumpy()
    return Patterns(
        np.column_stack([np.asarray(found[name], dtype=np.int64) for name in names]),
        np.asarray(found["pairs"], dtype=np.float64),
    )


def _equal_by_value(con: DuckDBPyConnection, comparison: Comparison) -> tuple[float, float]:
    """How many pairs of all forms have equal values, and how many have a value on both sides."""
    query = sql(
        "select coalesce(sum(n * (n - 1) // 2), 0)::double, (coalesce(sum(n), 0) * (coalesce(sum(n), 0) - 1)"
        " // 2)::double"
        " from (select count(*) as n from {forms} where {c} is not null group by {c})",
        forms=FORMS, c=ident(comparison.name),
    )  # fmt: skip
    equal, all_pairs = con.execute(query.text, query.values).fetchall()[0]
    return float(equal), float(all_pairs)


def _fit(
    candidates: Patterns,
    random: Patterns,
    chances: Sequence[tuple[float, float]],
    comparisons: Sequence[Comparison],
    prior: float,
) -> tuple[list[Floats], list[Floats], float]:
    """EM with λ fixed. Matches among the random pairs and the equal values are taken out of u as they appear."""
    m = [np.array(comparison.usual) for comparison in comparisons]
    nobody = np.zeros(len(random.counts))
    u = [_u(i, c, random, matched=nobody, chance=chances[i], matched_equal=0.0) for i, c in enumerate(comparisons)]
    matches = 0.0
    for _ in range(ROUNDS):
        matched = _posterior(candidates, m, u, prior) * candidates.counts
        strangers = _posterior(random, m, u, prior)
        matches = float(matched.sum())
        m = [_m(candidates.levels[:, i], matched, comparison) for i, comparison in enumerate(comparisons)]
        for i, comparison in enumerate(comparisons):
            equal = float(matched[candidates.levels[:, i] == comparison.exact].sum())
            u[i] = _u(i, comparison, random, matched=strangers, chance=chances[i], matched_equal=equal)
    return m, u, matches


def _posterior(patterns: Patterns, m: list[Floats], u: list[Floats], prior: float) -> Floats:
    log_odds = np.full(len(patterns.counts), np.log(prior / (1 - prior)))
    for i, (of_matches, of_others) in enumerate(zip(m, u, strict=True)):
        ratio = np.concatenate([[0.0], np.log(of_matches / of_others)])
        log_odds += ratio[patterns.levels[:, i]]
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))


def _m(levels: NDArray[np.int64], matched: Floats, comparison: Comparison) -> Floats:
    usual = np.array(comparison.usual)
    seen = np.bincount(levels, weights=matched, minlength=len(usual) + 1)[1:]
    return np.asarray((seen + PRIOR_MATCHES * usual) / (seen.sum() + PRIOR_MATCHES))


def _u(
    i: int,
    comparison: Comparison,
    random: Patterns,
    *,
    matched: Floats,
    chance: tuple[float, float],
    matched_equal: float,
) -> Floats:
    """How often pairs of different customers show each level of the comparison in column `i`.

    Args:
        i: The comparison's column.
        comparison: The comparison.
        random: Random pairs by their levels.
        matched: How likely each of their patterns is a match.
        chance: How many pairs of all forms have equal values, and how many have a value on both sides.
        matched_equal: How many of the equal pairs are matches.
    """
    size = len(comparison.usual)
    seen = np.bincount(random.levels[:, i], weights=random.counts * (1 - matched), minlength=size + 1)[1:]
    usual = np.geomspace(1.0, 0.001, size)
    rest = seen + usual / usual.sum() * 20
    rest[comparison.exact - 1] = 0
    equal_pairs, all_pairs = chance
    equal = (max(equal_pairs - matched_equal, 0.0) + 1.0) / (all_pairs + 1000.0)
    equal = min(max(equal, 1e-8), 0.5)
    result = rest / rest.sum() * (1 - equal)
    result[comparison.exact - 1] = equal
    return np.asarray(result)


def _bits(m: Floats, u: Floats, comparison: Comparison) -> tuple[float, ...]:
    bits = np.log2(m / u)
    if comparison.one_sided:
        bits[0] = 0.0
    return (0.0, *(float(b) for b in bits))
