"""Exact keys, each guarded by the given name: a shared mailbox or phone with other given names is a household."""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from crmctl.matching.prepare import FORMS
from crmctl.sql import SQL, sql

CERTAIN = 0.99
"""The least probability of a pair that an exact rule joins."""


@dataclass(frozen=True, slots=True)
class ExactRule:
    """Forms with the same key and the same root of a given name are one customer, unless vetoed.

    A household's key, shared by father and son or by a whole office, asks that family name and birthday do not differ.
    """

    name: str
    key: SQL
    household: bool = False


RULES: tuple[ExactRule, ...] = (
    ExactRule("exact e-mail + given name", sql("unnest(emails)")),
    ExactRule("exact phone + given name", sql("unnest(phones)"), household=True),
    ExactRule("exact identifier + given name", sql("identifier")),
)


def exact_pairs(con: DuckDBPyConnection) -> list[tuple[str, int]]:
    """Create `matching_exact` (`l` < `r`, `rule`) and tell how many pairs each rule joined.

    Each form is joined to the first one of its group only, so that a large group costs no more than its size.
    """
    con.execute("create or replace temp table matching_exact (l integer, r integer, rule varchar)")
    for rule in RULES:
        query = sql(
            "insert into matching_exact select distinct first, form, {name} from (select form, min(form) over"
            " (partition by key, root) as first from (select form, key, unnest(roots) as root"
            " from (select form, roots, {key} as key from {forms}) where key is not null)) where first < form",
            name=rule.name, key=rule.key, forms=FORMS,
        )  # fmt: skip
        con.execute(query.text, query.values)
    con.execute(
        "create or replace temp table matching_exact as select l, r, min(rule) as rule from matching_exact group by l, r"
    )
    found = con.execute("select rule, count(*) from matching_exact group by rule order by rule").fetchall()
    return [(str(rule), int(count)) for rule, count in found]
