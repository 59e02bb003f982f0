"""Exact keys, each guarded by the given name: a shared mailbox or phone with other given names is a household."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from crmctl.matching.comparison import Comparison
from crmctl.matching.prepare import FORMS
from crmctl.sql import SQL, conjunction, join, sql

CERTAIN = 0.99
"""The least probability of a pair that an exact rule joins."""

SAME_NAME = 5
"""The level of the given name from which it is the same name, spelled alike or shortened."""


@dataclass(frozen=True, slots=True)
class ExactRule:
    """Forms with the same key and the same given name are one customer, unless vetoed.

    Args:
        name: What the pairs and the notes call it.
        key: The key as SQL over one form.
        field: The comparison whose exact level says that the keys are equal.
        household: The key is often shared, by father and son or by a whole office: family name and birthday must not
            differ.
    """

    name: str
    key: SQL
    field: str
    household: bool = False


RULES: tuple[ExactRule, ...] = (
    ExactRule("exact e-mail + given name", sql("unnest(emails)"), "email"),
    ExactRule("exact phone + given name", sql("unnest(phones)"), "phone", household=True),
    ExactRule("exact identifier + given name", sql("identifier"), "identifier"),
)


def add_exact_pairs(con: DuckDBPyConnection) -> None:
    """Add to `matching_candidates` what shares a key and the root of a given name, whatever the size of the group.

    Each form is paired with the first one of its group only, so that a large group costs no more than its size.
    """
    for rule in RULES:
        query = sql(
            "insert into matching_candidates select distinct first, form from (select form, min(form) over"
            " (partition by key, root) as first from (select form, key, unnest(roots) as root"
            " from (select form, roots, {key} as key from {forms}) where key is not null)) where first < form",
            key=rule.key, forms=FORMS,
        )  # fmt: skip
        con.execute(query.text, query.values)


def exact_rule(comparisons: Sequence[Comparison]) -> SQL:
    """The name of the first rule that a compared pair fulfils, over its level columns; null where it fulfils none."""
    fields = {comparison.name: comparison for comparison in comparisons}
    if "given" not in fields:
        return sql("null::varchar")
    cases = []
    for rule in RULES:
        if rule.field not in fields:
            continue
        equal = sql("{c} = {n}", c=fields[rule.field].column, n=fields[rule.field].exact)
        same_name = sql("{c} >= {n}", c=fields["given"].column, n=SAME_NAME)
        careful = [fields[name] for name in ("family", "birthday") if rule.household and name in fields]
        conditions = [equal, same_name, *(sql("{c} <> 1", c=comparison.column) for comparison in careful)]
        cases.append(sql(" when {all} then {name}", all=conjunction(conditions), name=rule.name))
    return sql("case{cases} end", cases=join(cases, "")) if cases else sql("null::varchar")
