"""How good a clustering is against a known truth, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from crmctl.sql import SQL, sql


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Pairwise agreement with the truth.

    Args:
        true_pairs: Pairs of rows that are one person.
        found_pairs: Pairs of rows that were put together.
        right_pairs: Pairs that are both.
    """

    true_pairs: int
    found_pairs: int
    right_pairs: int

    @property
    def precision(self) -> float:
        """The share of found pairs that are right; 1 where none was found."""
        return self.right_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """The share of true pairs that were found; 1 where there is none."""
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def evaluate(con: DuckDBPyConnection, clusters: SQL, truth: SQL) -> Evaluation:
    """Compare clusters with the truth.

    Args:
        con: The connection.
        clusters: A relation with `_id` and `cluster`.
        truth: A relation with `_id` and `person`; rows it does not name are left out.
    """
    query = sql(
        "with both_sides as (select cluster, person, count(*) as n from {clusters} c join {truth} t using"
        " (_id) group by all)"
        " select (select coalesce(sum(n * (n - 1) // 2), 0) from (select sum(n) as n from both_sides group by person)),"
        " (select coalesce(sum(n * (n - 1) // 2), 0) from (select sum(n) as n from both_sides group by cluster)),"
        " (select coalesce(sum(n * (n - 1) // 2), 0) from both_sides)",
        clusters=clusters, truth=truth,
    )  # fmt: skip
    true_pairs, found_pairs, right_pairs = con.execute(query.text, query.values).fetchall()[0]
    return Evaluation(int(true_pairs), int(found_pairs), int(right_pairs))
