"""What differs between two tables of rows that carry `_id`: one full join, whatever made the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from crmctl.schema.column import Column
from crmctl.sql import SQL, disjunction, ident, idents, join, sql
from crmctl.store.connection import Store


@dataclass(frozen=True)
class Change:
    """The measured difference between two states of a dataset.

    Args:
        rows_in: Rows before.
        rows_out: Rows after.
        added: Rows whose ``_id`` is new.
        removed: Rows whose ``_id`` is gone.
        changed: Rows in both with at least one cell that differs.
        cells: Cells that differ, by field; a field that is only on one side counts its filled cells.
    """

    rows_in: int = 0
    rows_out: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    cells: dict[str, int] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        """Nothing differs."""
        return not (self.added or self.removed or self.changed or self.cells)


def _differences(before: Sequence[Column], after: Sequence[Column]) -> dict[str, SQL]:
    """For every field of either side, when a row that is on both sides differs in it."""
    old, new = {c.name for c in before}, {c.name for c in after}
    result: dict[str, SQL] = {}
    for column in [*after, *(c for c in before if c.name not in new)]:
        name = ident(column.name)
        if column.name in old and column.name in new:
            result[column.name] = sql("o.{name} is distinct from n.{name}", name=name)
        else:
            side = sql("n.{name}", name=name) if column.name in new else sql("o.{name}", name=name)
            result[column.name] = sql("coalesce({side}, '') <> ''", side=side)
    return result


def measure(store: Store, before: SQL | None, old: Sequence[Column], after: SQL, new: Sequence[Column]) -> Change:
    """Count what changed from one table to the other."""
    if before is None:
        rows = int(store.scalar(sql("select count(*) from {t}", t=after)))
        return Change(0, rows, added=rows)
    differences = _differences(old, new)
    both = sql("o._id is not null and n._id is not null")
    common = {c.name for c in old} & {c.name for c in new}
    changed = disjunction(d for name, d in differences.items() if name in common)
    counts = [
        sql("count(o._id)"), sql("count(n._id)"),
        sql("count(*) filter (o._id is null)"), sql("count(*) filter (n._id is null)"),
        sql("count(*) filter ({both} and ({changed}))", both=both, changed=changed),
        *(sql("count(*) filter ({both} and ({d}))", both=both, d=d) for d in differences.values()),
    ]  # fmt: skip
    row = store.rows(
        sql(
            "select {counts} from (select {o} from {before}) o full join (select {n} from {after}) n on o._id = n._id",
            counts=join(counts),
            before=before,
            after=after,
            o=idents(["_id", *(c.name for c in old)]),
            n=idents(["_id", *(c.name for c in new)]),
        )
    )[0]
    cells = {name: int(count) for name, count in zip(differences, row[5:], strict=True) if count}
    rows_in, rows_out, added, removed, altered = (int(count) for count in row[:5])
    return Change(rows_in, rows_out, added, removed, altered, cells)


def sample(
    store: Store, before: SQL | None, old: Sequence[Column], after: SQL, new: Sequence[Column], limit: int = 10
) -> list[dict[str, object]]:
    """Some changed cells as they were and as they are: ``source, line, field, before, after`` in the rows' order.

    Each also says ``of`` how many changed cells it is one.
    """
    shared = [c.name for c in new if c.name in {column.name for column in old}]
    if before is None or not shared:
        return []
    cells = join(
        [
            sql(
                "select {number} as position, n._source as source, n._line as line, {name} as field, o.{c} as before,"
                " n.{c} as after, n._id as _id from o join n using (_id) where o.{c} is distinct from n.{c}",
                number=number, name=name, c=ident(name),
            )
            for number, name in enumerate(shared)
        ],
        " union all ",
    )  # fmt: skip
    return store.dicts(
        sql(
            "with o as (select * from {before}), n as (select * from {after}), cells as ({cells})"
            " select source, line, field, before, after, count(*) over () as of from cells"
            " order by source, line nulls last, _id, position limit {limit}",
            before=before,
            after=after,
            cells=cells,
            limit=limit,
        )
    )
