"""Following a reference: which row of one dataset (by row id) each row of another, such as an order, belongs to."""

from __future__ import annotations

from crmctl.errors import UsageError
from crmctl.schema import load_schema, reference_target
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, sql
from crmctl.step.running import Context
from crmctl.step.types import Dataset
from crmctl.store.versions import ids_query


def linked(context: Context, events: Dataset, target: Dataset) -> SQL:
    """A select of ``_crmctl_owner`` (the target's row id) and every column of the events that belong to a row of it.

    A row is known by (source, source id), whatever it was merged into since. The source is what the reference's
    source field says, else the event's own; where neither is a source of the target, the id alone decides if it is
    unique.

    Raises:
        UsageError: The events do not say whose they are.
    """
    field, source_field = reference(events, target)
    text = sql("nullif(trim(e.{c}), '')", c=field.identifier)
    store = context.store
    ids = ids_query(target.name, context.run)
    if not store.scalar(sql("select count(*) from ({ids})", ids=ids)):
        return _by_key(events, target, text)
    source = sql("e._source")
    if source_field is not None:
        source = sql("coalesce(nullif(trim(e.{c}), ''), e._source)", c=source_field.identifier)
    return sql(
        "with ids as materialized ({ids}), alone as (select source_id, min(_id) as _id from ids group by source_id"
        " having count(distinct _id) = 1),"
        " sources as (select distinct source from ids),"
        " marked as (select e.*, nullif(trim(e.{field}), '') as _crmctl_reference, {source} as _crmctl_source"
        "   from {events} e)"
        " select coalesce(i._id, a._id) as _crmctl_owner, m.* exclude (_crmctl_reference, _crmctl_source) from marked m"
        " left join ids i on i.source = m._crmctl_source and i.source_id = m._crmctl_reference"
        " left join alone a on i._id is null and a.source_id = m._crmctl_reference"
        "   and m._crmctl_source not in (select source from sources)"
        " where coalesce(i._id, a._id) in (select _id from {target})",
        ids=ids, field=field.identifier, source=source, events=events.relation, target=target.relation,
    )  # fmt: skip


def reference(events: Dataset, target: Dataset) -> tuple[Column, Column | None]:
    """The field of ``events`` that names a row of ``target``, and the one that names its source.

    Raises:
        UsageError: There is none.
    """
    if events.schema is not None:
        for entry in load_schema(events.schema).references:
            fits = entry.to in (target.schema, target.name) or reference_target(entry)[0] == target.name
            column = events.find(entry.field)
            if fits and column is not None:
                return column, events.find(entry.source_field) if entry.source_field else None
    column = events.find("customer_id", *(f"{key}" for key in target.keys if key != "id"))
    if column is None:
        raise UsageError(
            "{events} does not say whose its rows are", cure="name the column customer_id, or give {events} a schema"
            " with a reference to {target}", events=events.name, target=target.name,
        )  # fmt: skip
    return column, events.find("customer_source")


def _by_key(events: Dataset, target: Dataset, text: SQL) -> SQL:
    """Where no import keyed the target's rows: its own key is compared."""
    key = target.find(*target.keys, "customer_id", "id")
    if key is None:
        raise UsageError(
            "{target} has no key that {events} could name", cure="derive it with a key", target=target.name,
            events=events.name,
        )  # fmt: skip
    return sql(
        "select k._id as _crmctl_owner, e.* from {events} e join (select trim({key}) as key_text, min(_id) as _id"
        " from {target} where not {blank} group by 1) k on k.key_text = {text}",
        events=events.relation, key=key.identifier, target=target.relation, blank=blank(key.identifier), text=text,
    )  # fmt: skip
