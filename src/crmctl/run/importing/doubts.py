"""Cells that came in damaged: what the file's reader saw, and identifiers that a spreadsheet rounded."""

from __future__ import annotations

from dataclasses import replace

from crmctl import messages
from crmctl.run.importing.ingest import Ingested
from crmctl.run.importing.tracing import together
from crmctl.schema.column import Column
from crmctl.sql import SQL, join, sql, values
from crmctl.step.running import Context

_IDENTIFYING = frozenset({"id", "phone", "mobile", "id_card", "uscc", "postal_code", "vat", "wechat"})
_COUNTED = frozenset({"integer", "number", "money", "percent"})
_SCIENTIFIC = r"^\s*[1-9](?:\.\d+)?[eE]\+\d\d\s*$"
# The last digits of a card, an order or an account are hardly ever three zeros; fifteen digits are what Excel keeps.
_ROUNDED = r"^\s*[1-9]\d{14}0{3,7}\s*$"
_LEAST_DIGITS = 18


def doubted(run: Context, part: Ingested, *, as_read: bool = True) -> Ingested:
    """The part with a finding for each cell that the file does not hold whole.

    Args:
        run: The running step's context.
        part: A table under its mapped columns.
        as_read: Its rows are those of the file, in their order.
    """
    seen = _seen_by_reader(run, part) if as_read else None
    looked = _looked_at(run, part)
    found = together(run, seen, looked)
    if found is None:
        return part
    counted = sql(
        "select field, count(*) from {found} where status = 'damaged' group by field order by field", found=found
    )
    notes = [
        messages.translate("{field}: cells that a spreadsheet damaged: {count}", field=field, count=count)
        for field, count in run.store.rows(counted)
    ]
    return replace(part, findings=together(run, part.findings, found), notes=(*part.notes, *notes))


def _seen_by_reader(run: Context, part: Ingested) -> SQL | None:
    """What the reader noted, under the columns' final names; numbers may be as large as they like."""
    remarks = part.reading.remarks
    kept = [
        (name, column.name, column.type in _COUNTED)
        for name, column in zip(part.reading.columns, part.mapping.columns, strict=True)
    ]
    if remarks is None or not kept:
        return None
    found = run.temporary("remarks")
    run.store.execute(
        sql(
            "create temp table {found} as select r.place, n.field, r.status, r.reason, r.value,"
            " null::varchar as new_value from {remarks} r"
            " join (values {names}) n(name, field, counted) on n.name = r.column_name"
            " where not (n.counted and r.status = 'damaged') order by r.place, r.column_name",
            found=found, remarks=remarks, names=values(kept),
        )
    )  # fmt: skip
    return found if run.store.scalar(sql("select count(*) from {found}", found=found)) else None


def _looked_at(run: Context, part: Ingested) -> SQL | None:
    """Texts that a number of an identifier was written as, wherever they come from."""
    columns = [column for column in part.columns if column.type in _IDENTIFYING]
    if not columns:
        return None
    suspect = run.store.rows(
        sql(
            "select {tests} from {table}",
            tests=join(sql("coalesce(bool_or({damaged}), false)", damaged=_damaged(column)) for column in columns),
            table=part.table,
        )
    )[0]
    hits = [column for column, hit in zip(columns, suspect, strict=True) if hit]
    if not hits:
        return None
    found = run.temporary("damaged")
    selects = join(
        [
            sql(
                "select rowid as place, {field} as field, 'damaged' as status,"
                " 'Excel keeps 15 digits of a number' as reason, {c} as value, null::varchar as new_value"
                " from {table} where {damaged}",
                field=column.name, c=column.identifier, table=part.table, damaged=_damaged(column),
            )
            for column in hits
        ],
        " union all ",
    )  # fmt: skip
    known = sql("")
    if part.reading.remarks is not None:
        known = sql(
            " where not exists (from {remarks} r where r.place = d.place and r.value = d.value)",
            remarks=part.reading.remarks,
        )
    run.store.execute(
        sql(
            "create temp table {found} as select * from ({selects}) d{known}", found=found, selects=selects, known=known
        )
    )
    return found


def _damaged(column: Column) -> SQL:
    """True for such a cell; nearly all are neither long enough nor have a plus sign, which is seen much faster."""
    cell = column.identifier
    return sql(
        "(case when strlen({cell}) >= {digits} or contains({cell}, '+') then length({cell}) between 4 and 24"
        " and regexp_matches({cell}, {pattern}) else false end)",
        cell=cell, digits=_LEAST_DIGITS, pattern=f"(?:{_SCIENTIFIC})|(?:{_ROUNDED})",
    )  # fmt: skip
