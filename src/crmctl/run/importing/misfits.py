"""Cells that do not fit their field's type: kept as the text they are, and each a finding, never a silent null."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.schema.column import Column
from crmctl.sql import SQL, disjunction, ident, join, sql
from crmctl.step.running import Context


def with_misfits(run: Context, table: SQL, columns: Sequence[Column], findings: SQL | None) -> SQL | None:
    """A table of these findings and one for each cell of ``table`` that its field's type cannot hold.

    Args:
        run: The running step's context.
        table: The rows that came in.
        columns: Their columns.
        findings: What was found already: ``_id, field, status, reason, value, new_value``.

    Returns:
        The findings given, where every cell fits.
    """
    typed = [column for column in columns if column.sql_type != "varchar"]
    if not typed:
        return findings
    found = run.temporary("misfits")
    cells = join(
        [
            sql(
                "case when {misfit} then struct_pack(field := {name}, value := {cell}) end",
                misfit=column.misfit(sql("t.{c}", c=column.identifier)), name=column.name,
                cell=sql("t.{c}", c=column.identifier),
            )
            for column in typed
        ]
    )  # fmt: skip
    run.store.execute(
        sql(
            "create temp table {found} as select _id, cell.field as field, 'invalid' as status,"
            " 'does not fit its type' as reason, cell.value as value, null::varchar as new_value from"
            " (select t._id, unnest([{cells}]) as cell from {table} t where {any}) where cell is not null",
            found=found,
            cells=cells,
            table=table,
            any=disjunction(column.misfit(sql("t.{c}", c=ident(column.name))) for column in typed),
        )
    )
    if not run.store.scalar(sql("select count(*) from {found}", found=found)):
        return findings
    if findings is not None:
        run.store.execute(sql("insert into {found} by name from {findings}", found=found, findings=findings))
    return found
