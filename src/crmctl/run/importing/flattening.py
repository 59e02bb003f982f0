"""A flat order export as the datasets that it holds: a table of its own for customers, orders and order items."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import replace

from crmctl.run.importing.grouping import Group
from crmctl.run.importing.ingest import Ingested, Table, present
from crmctl.schema import Mapping, Preset
from crmctl.schema.column import Column, blank
from crmctl.schema.flat import FlatTable, split_flat
from crmctl.sql import SQL, ident, idents, join, sql
from crmctl.step.running import Context

_ORDERS, _ITEMS, _NUMBER = "order", "order_item", "line_no"
_PRODUCTS = ("product_id", "product_name")


def flattened(
    run: Context, tables: Sequence[Table], preset: Preset, *, into: str | None, given: MappingOf[str, str]
) -> list[tuple[Group, list[Ingested]]]:
    """Groups of the kinds of rows that flat files hold.

    Args:
        run: The running step's context.
        tables: The files' tables.
        preset: Whose files they are.
        into: The dataset of the orders.
        given: Header -> field, as the user wants it.

    Raises:
        UsageError: A file has no column for the order's number, or there is no such field.
    """
    groups: dict[str, tuple[Group, list[Ingested]]] = {}
    for table in tables:
        reading = table.reading
        wanted = present(reading.headers, reading.columns, given)
        split = split_flat(preset, reading.headers, reading.columns, table.table, wanted)
        for number, flat in enumerate(split):
            name = into if into is not None and flat.schema.name == _ORDERS else flat.name
            group, parts = groups.setdefault(flat.schema.name, (Group(name, flat.schema, key=flat.key), []))
            part = _part(run, table, flat, first=number == 0)
            group.tables.append(part)
            parts.append(part)
        run.store.execute(sql("drop table {table}", table=table.table))
    for group, parts in groups.values():
        if group.schema is not None and group.schema.name == _ITEMS and not group.key:
            group.key = _numbered(run, parts)
    return list(groups.values())


def _part(run: Context, table: Table, flat: FlatTable, *, first: bool) -> Ingested:
    """One kind's rows in a table of their own; what could not be read is told with the first kind."""
    into = run.table()
    start = run.store.next_id()
    names = idents(["_source", "_line", *(column.name for column in flat.columns)])
    run.store.execute(
        sql(
            "create table {into} as select {start} + row_number() over () - 1 as _id, {names} from ({query})",
            into=into,
            start=start,
            names=names,
            query=flat.query,
        )
    )
    rows = int(run.store.scalar(sql("select count(*) from {into}", into=into)))
    run.store.take_ids(rows)
    spelled = dict(zip(table.reading.headers, table.reading.columns, strict=True))
    headers = [match.header for match in flat.matches]
    reading = replace(
        table.reading, headers=headers, columns=[spelled[header] for header in headers], read=rows, loaded=rows,
        rejected=0, skipped=0,
    )  # fmt: skip
    own = {name: getattr(table, name) for name in Table.__dataclass_fields__} | {
        "table": into,
        "reading": reading,
        "mended": None,
    }
    if not first:
        own["rejects"] = run.temporary("rejects")
        run.store.execute(sql("create temp table {t} (line bigint, reason varchar, raw varchar)", t=own["rejects"]))
    return Ingested(
        **own, columns=flat.columns, mapping=Mapping(list(flat.columns), list(flat.matches), []), schema=flat.schema,
        schema_reference=flat.schema.name, account=table.ledger if first else None,
        further=not first, broken=bool(table.ledger.rejected),
    )  # fmt: skip


def _numbered(run: Context, parts: list[Ingested]) -> tuple[str, ...]:
    """Number the items of an order among those of one product, where they have no number: with it they have a key."""
    names = {column.name for part in parts for column in part.columns}
    product = next((name for name in _PRODUCTS if name in names), None)
    if "order_id" not in names or (product is None and _NUMBER not in names):
        return ()
    if _NUMBER in names:
        return ("order_id", _NUMBER)
    assert product is not None  # noqa: S101 - looked at above
    for index, part in enumerate(parts):
        run.store.execute(sql("alter table {t} add column {n} varchar", t=part.table, n=ident(_NUMBER)))
        if product in {column.name for column in part.columns}:
            run.store.execute(_count(part.table, product))
        known = part.schema.fields.get(_NUMBER) if part.schema else None
        column = known.column(_NUMBER) if known else Column(_NUMBER, _NUMBER)
        parts[index] = replace(part, columns=(*part.columns, column))
    return ("order_id", product, _NUMBER)


def _count(table: SQL, product: str) -> SQL:
    return sql(
        "update {t} t set {n} = c.number from (select _id, (row_number() over (partition by {by} order by _line, _id))"
        "::varchar as number from {t} where not {blank}) c where c._id = t._id",
        t=table, n=ident(_NUMBER), by=join([ident("_source"), ident("order_id"), ident(product)]),
        blank=blank(ident(product)),
    )  # fmt: skip
