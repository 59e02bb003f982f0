"""The failing rows: one table with a row for each failing check of each row. What is counted is `compiler`'s."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmctl.checks.compiler import Planned
from crmctl.checks.mask import mask_sql
from crmctl.checks.model import Scope
from crmctl.schema.column import Column
from crmctl.sql import FALSE, SQL, disjunction, ident, join, sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXAMPLES = 10
"""How many failing rows of a check a result carries for reports."""

_numbers = itertools.count(1)
_NULL = sql("null::varchar")


@dataclass(frozen=True, slots=True)
class FailingRow:
    """One row that failed a check; the value of a personal field is masked."""

    line: int | None
    source: str | None
    field: str | None
    value: str | None


def list_failures(plans: Sequence[Planned], scope: Scope, sample: int | None, *, show_pii: bool) -> SQL:
    """A temporary table of the failing rows, in the order of the checks, then by line, source and content.

    Args:
        plans: The checks that have failing rows; where none has, the table is empty and nothing is scanned.
        scope: The data.
        sample: At most so many rows of each check; None for all.
        show_pii: Write personal values out in full.
    """
    table = ident(f"checks_failures_{next(_numbers)}")
    listed = [planned for planned in plans if not planned.test.dataset_level]
    query = sql(
        """create temp table {table} as
        select hit.check_name, hit.kind, hit.severity, _id, _line, _source, hit.field, hit.value
        from ({hits}) where hit is not null
        {cap} order by hit.position, _line, _source, tie""",
        table=table, hits=_hits(listed, scope, show_pii=show_pii), cap=_cap(sample),
    )  # fmt: skip
    scope.con.execute(query.text, query.values).fetchall()
    return table


def _cap(sample: int | None) -> SQL:
    if sample is None:
        return sql("")
    order = sql("row_number() over (partition by hit.position order by _line, _source, tie)")
    return sql("qualify {order} <= {sample}", order=order, sample=sample)


def _hits(plans: Sequence[Planned], scope: Scope, *, show_pii: bool) -> SQL:
    """One row for each check and row, null where the row passes; rows that pass all are not looked at further."""
    structs = [_hit(number, planned, show_pii=show_pii) for number, planned in enumerate(plans)]
    texts = join([column.identifier for column in scope.columns] or [_NULL])
    return sql(
        """select _id, _line, _source, md5(to_json([{texts}])::varchar) as tie, unnest([{structs}]) as hit
        from {relation} where {any}""",
        texts=texts, structs=join(structs or [_struct(0, None, _NULL)]), relation=scope.relation,
        any=disjunction(planned.failing for planned in plans) if plans else FALSE,
    )  # fmt: skip


def _hit(number: int, planned: Planned, *, show_pii: bool) -> SQL:
    shown = [_shown(column, show_pii=show_pii) for column in planned.columns]
    value = sql("concat_ws(' | ', {parts})", parts=join(shown)) if len(shown) > 1 else (shown or [_NULL])[0]
    return sql("case when {failing} then {hit} end", failing=planned.failing, hit=_struct(number, planned, value))


def _struct(number: int, planned: Planned | None, value: SQL) -> SQL:
    fields = ", ".join(column.name for column in planned.columns) if planned else ""
    return sql(
        """{{'position': {number}::integer, 'check_name': {name}::varchar, 'kind': {kind}::varchar,
        'severity': {severity}::varchar, 'field': {field}::varchar, 'value': {value}}}""",
        number=number, name=planned.name if planned else None, kind=planned.check.kind if planned else None,
        severity=planned.check.severity if planned else None, field=fields or None, value=value,
    )  # fmt: skip


def _shown(column: Column, *, show_pii: bool) -> SQL:
    return column.identifier if show_pii or not column.pii else mask_sql(column.identifier)


def examples(con: DuckDBPyConnection, failures: SQL) -> dict[str, tuple[FailingRow, ...]]:
    """The first failing rows of each check, by its name."""
    query = sql(
        """select check_name, _line, _source, field, value from {failures}
        qualify row_number() over (partition by check_name order by _line, _source, value) <= {limit}
        order by check_name, _line, _source, value""",
        failures=failures, limit=EXAMPLES,
    )  # fmt: skip
    found: dict[str, tuple[FailingRow, ...]] = {}
    for name, line, source, field, value in con.execute(query.text, query.values).fetchall():
        found[name] = (*found.get(name, ()), FailingRow(line, source, field, value))
    return found
