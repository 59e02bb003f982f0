"""From forms to scored pairs: candidates, levels, weights, vetoes, bands. What pairs add up to is said elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from crmctl.matching.blocking import candidate_pairs
from crmctl.matching.comparison import Comparison, compare
from crmctl.matching.exact import CERTAIN, exact_rule
from crmctl.matching.prepare import FORMS
from crmctl.matching.settings import MatchSettings
from crmctl.matching.vetoes import unsure, veto
from crmctl.matching.weights import Weights, learn, score
from crmctl.messages import term, translate
from crmctl.sql import SQL, ident, sql


@dataclass(frozen=True, slots=True)
class Scored:
    """The fitted weights, how many pairs were compared, and sentences about both."""

    weights: Weights
    candidates: int
    notes: list[str]


def score_candidates(
    con: DuckDBPyConnection, comparisons: Sequence[Comparison], forms: int, settings: MatchSettings
) -> Scored:
    """Create `matching_scored`: every candidate pair, and every form that has copies as a pair with itself.

    Its columns: `l`, `r`, `bits`, `probability`, `vetoed`, `rule`, and `band`, null below the review cut.
    """
    keys = candidate_pairs(con, forms)
    _run(con, sql("create or replace temp table matching_levels as {q}",
                  q=compare(FORMS, ident("matching_candidates"), comparisons)))  # fmt: skip
    weights = learn(con, ident("matching_levels"), comparisons, forms)
    copies = sql("(select form as l, form as r from {forms} where copies > 1)", forms=FORMS)
    _run(con, sql("insert into matching_levels {q}", q=compare(FORMS, copies, comparisons)))
    scored = banded(ident("matching_levels"), comparisons, weights, settings)
    _run(con, sql("create or replace temp table matching_scored as {scored}", scored=scored))
    candidates = int(con.execute("select count(*) from matching_candidates").fetchall()[0][0])
    for table in ("candidates", "levels"):
        _run(con, sql("drop table {t}", t=ident(f"matching_{table}")))
    return Scored(weights, candidates, _notes(keys, _rule_counts(con), weights))


def banded(levels: SQL, comparisons: Sequence[Comparison], weights: Weights, settings: MatchSettings) -> SQL:
    """A query that scores compared pairs and gives each its band.

    Args:
        levels: The compared pairs.
        comparisons: What was compared.
        weights: The fitted weights.
        settings: The cuts.
    """
    return sql(
        "select l, r, case when rule is not null then greatest(bits, {least}) else bits end as bits, vetoed,"
        " case when rule is not null and not vetoed then greatest(probability, {certain}) else probability end"
        " as probability,"
        " coalesce(rule, 'score') as rule,"
        " case when vetoed then case when rule is not null or probability >= {review} then 'vetoed' end when"
        " rule is not null or (probability >= {merge} and not unsure) then 'merge'"
        " when probability >= {review} then 'review' end as band from"
        " (select s.*, {veto} as vetoed, {unsure} as unsure, {rule} as rule from ({scores}) s)",
        least=6.6, certain=CERTAIN, merge=settings.merge_at, review=settings.review_at, veto=veto(comparisons),
        unsure=unsure(comparisons),
        rule=exact_rule(comparisons), scores=score(levels, comparisons, weights),
    )  # fmt: skip


def _run(con: DuckDBPyConnection, query: SQL) -> None:
    con.execute(query.text, query.values)


def _rule_counts(con: DuckDBPyConnection) -> list[tuple[str, int]]:
    return con.execute(
        "select rule, count(*) from matching_scored where l < r and rule <> 'score' group by rule order by rule"
    ).fetchall()


def _notes(keys: list[tuple[str, int]], rules: list[tuple[str, int]], weights: Weights) -> list[str]:
    counts = ", ".join(f"{term(name)} {count}" for name, count in keys)
    notes = [translate("candidate pairs by key: {counts}", counts=counts or translate("none"))]
    notes += [translate("{name}: {count} pairs", name=term(name), count=count) for name, count in rules]
    notes.append(translate("expected share of matching pairs (λ): {share:.3g}", share=weights.prior))
    if not weights.learned:
        notes.append(translate("too few likely matches to learn from: exact rules and usual error rates decided"))
    return notes
