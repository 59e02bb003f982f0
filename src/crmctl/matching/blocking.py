"""Which pairs of forms are worth comparing: those that share a key. How they compare is said elsewhere.

A key that would give more pairs than its budget takes only its small blocks as they are; forms in larger blocks are
split by a further field, and what no field can split meets its neighbours in sorted order. Nothing is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from crmctl.matching.exact import add_exact_pairs
from crmctl.matching.prepare import FORMS
from crmctl.sql import SQL, ident, join, sql

LARGEST_BLOCK, NEIGHBOURS, LEAST_BUDGET = 100, 3, 40_000


@dataclass(frozen=True, slots=True)
class Key:
    """A blocking key.

    Args:
        name: What the notes call it.
        value: The key as SQL over one form; null keeps the form out.
        splitters: Fields that split a block that is too large, in turn.
    """

    name: str
    value: SQL
    splitters: tuple[str, ...]


KEYS: tuple[Key, ...] = (
    Key("e-mail", sql("unnest(emails)"), ("given", "family", "birthday", "city")),
    Key("phone", sql("unnest(phones)"), ("given", "family", "birthday", "city")),
    Key("identifier", sql("identifier"), ("given", "family", "birthday")),
    Key("handle", sql("handle"), ("given", "family", "birthday")),
    Key("both names", sql("least(given, family) || '|' || greatest(given, family)"),
        ("birthday", "city", "postal", "email", "phone", "company", "street")),
    Key("birthday", sql("birthday"), ("city", "postal", "family", "given")),
    Key("family name", sql("family"), ("birthday", "postal", "company", "city", "street")),
    Key("given name", sql("given"), ("birthday", "postal", "company", "city", "street")),
    Key("e-mail user", sql("case when length(email_user) >= 4 then email_user end"), ("family", "given", "city")),
    Key("street", sql("street"), ("house", "postal", "city", "family")),
    Key("second street line", sql("street_2"), ("street", "postal", "city", "family")),
    Key("postal code", sql("postal"), ("house", "birthday", "given", "family")),
    Key("company", sql("company"), ("family", "given", "city")),
    Key("beginnings of both names", sql("left(family, 3) || '|' || left(given, 2)"), ("city", "postal", "birthday")),
    Key("beginnings of both names, either way",
        sql("least(left(given, 3), left(family, 3)) || '|' || greatest(left(given, 3), left(family, 3))"),
        ("city", "postal", "birthday")),
    Key("birth year and city", sql("left(birthday, 4) || '|' || city"), ("family", "given")),
)  # fmt: skip


def candidate_pairs(con: DuckDBPyConnection, forms: int) -> list[tuple[str, int]]:
    """Create `matching_candidates` (`l` < `r`, distinct) and tell how many pairs each key gave."""
    _run(con, sql("create or replace temp table matching_candidates (l integer, r integer)"))
    budget = max(LEAST_BUDGET, forms // 4)
    counts = [(key.name, _pairs_of_key(con, key, budget)) for key in KEYS if forms > 1]
    add_exact_pairs(con)
    _run(con, sql("create or replace temp table matching_candidates as"
                  " select l, r from matching_candidates group by l, r order by l, r"))  # fmt: skip
    return [(name, count) for name, count in counts if count]


def _run(con: DuckDBPyConnection, query: SQL) -> list[tuple[int, ...]]:
    return con.execute(query.text, query.values).fetchall()


def _pairs_of_key(con: DuckDBPyConnection, key: Key, budget: int) -> int:
    before = _count(con)
    _run(con, sql(
        "create or replace temp table matching_blocks as select block, form, count(*) over (partition by block) as size"
        " from (select {value} as block, form from {forms}) where block is not null qualify size > 1",
        value=key.value, forms=FORMS,
    ))  # fmt: skip
    splitters = iter(key.splitters)
    while _run(con, sql("select count(*) from matching_blocks"))[0][0]:
        largest = _largest_block_within(con, budget - (_count(con) - before))
        _pair_up(con, largest)
        _run(con, sql("delete from matching_blocks where size <= {n}", n=largest))
        splitter = next(splitters, None)
        if splitter is None:
            _pair_neighbours(con)
            break
        _split(con, splitter)
    _run(con, sql("drop table matching_blocks"))
    return _count(con) - before


def _split(con: DuckDBPyConnection, splitter: str) -> None:
    _run(con, sql(
        "create or replace temp table matching_blocks as select block, form, count(*) over (partition by block) as size"
        " from (select md5(b.block || chr(31) || coalesce(f.{splitter}, '')) as block, form"
        " from matching_blocks b join {forms} f using (form)) qualify size > 1",
        splitter=ident(splitter), forms=FORMS,
    ))  # fmt: skip


def _count(con: DuckDBPyConnection) -> int:
    return _run(con, sql("select count(*) from matching_candidates"))[0][0]


def _largest_block_within(con: DuckDBPyConnection, budget: int) -> int:
    """The size up to which all blocks together stay within the budget; at least 5, at most `LARGEST_BLOCK`."""
    largest, total = 5, 0
    for size, members in _run(con, sql("select size, count(*) from matching_blocks group by size order by size")):
        total += members * (size - 1) // 2
        if total > budget or size > LARGEST_BLOCK:
            break
        largest = max(largest, size)
    return largest


def _pair_up(con: DuckDBPyConnection, largest: int) -> None:
    _run(con, sql(
        "insert into matching_candidates select a.form, b.form from matching_blocks a join matching_blocks b"
        " on a.block = b.block and a.form < b.form where a.size <= {n} and b.size <= {n}",
        n=largest,
    ))  # fmt: skip


def _pair_neighbours(con: DuckDBPyConnection) -> None:
    """Forms of a block that nothing could split meet the next few in the order of their names and dates."""
    order = sql("family, given, birthday, email, phone, street, form")
    nearby = join([sql("lead(form, {n}) over w", n=n) for n in range(1, NEIGHBOURS + 1)])
    _run(con, sql(
        "insert into matching_candidates select least(form, other), greatest(form, other) from"
        " (select form, unnest([{nearby}]) as other from matching_blocks join {forms} using (form)"
        " window w as (partition by block order by {order})) where other is not null",
        nearby=nearby, forms=FORMS, order=order,
    ))  # fmt: skip
