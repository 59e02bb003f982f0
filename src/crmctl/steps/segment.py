"""`segment`: who belongs to which named group, and who entered or left since the last run."""

from __future__ import annotations

from crmctl import messages
from crmctl.rules import Segment, compile_segments, explain_condition, load_segments
from crmctl.schema.column import Column
from crmctl.sql import SQL, join, sql
from crmctl.step import Context, Dataset, Result, SegmentsName, as_of, context, step

_COLUMNS = (
    Column("segment", "segment", labels={"en": "Segment", "zh": "分群"}),
    Column("label", "label", labels={"en": "Label", "zh": "名称"}),
    Column("members", "members", "integer", labels={"en": "Members", "zh": "人数"}),
    Column("entered", "entered", "integer", labels={"en": "Entered", "zh": "进入"}),
    Column("left_", "left", "integer", labels={"en": "Left", "zh": "离开"}),
)
DEFAULT = SegmentsName("default")


@step(kind="answer", records=True)
def segment(dataset: Dataset, *, segments: SegmentsName = DEFAULT) -> Result:
    """Find the members of named segments, and who entered and left since the last run.

    A row can be in many segments. Membership is kept with the run; undo takes it back.

    Args:
        dataset: The customers.
        segments: Shipped segments by name, or a file of them.

    Examples:
        crmctl segment examples/contacts.csv --segments default
    """
    run = context()
    listed = load_segments(segments)
    compiled, missing = compile_segments(listed, dataset.columns, as_of=as_of())
    for absent in missing:
        run.note(
            messages.translate(
                "segment {name} is left out, there is no {missing}", name=absent.name, missing=", ".join(absent.missing)
            )
        )
    chosen = [each for each in listed if each.name in compiled]
    members = _members(run, dataset, chosen, compiled)
    sizes = _sizes(run, dataset, chosen, members)
    change = sql("select coalesce(sum(entered), 0), coalesce(sum(left_), 0) from {s}", s=sizes)
    entered, left = run.store.rows(change)[0]
    run.note(
        messages.translate(
            "{segments} segments; {entered} entered, {left} left", segments=len(chosen), entered=entered, left=left
        )
    )
    memberships = sql("select {d} as dataset, segment, _id from {m}", d=dataset.name, m=members)
    return Result(
        answer=sql("select segment, label, members, entered, left_ from {s} order by position", s=sizes),
        answer_columns=_COLUMNS,
        side={
            "memberships": memberships,
            "segment_sizes": sql("select {d} as dataset, * exclude (position) from {s}", d=dataset.name, s=sizes),
        },
    )


def _members(run: Context, dataset: Dataset, chosen: list[Segment], compiled: dict[str, SQL]) -> SQL:
    """One row for each segment and member, from one pass over the rows."""
    table = run.temporary("members")
    held = join(
        [sql("case when {c} then {n} end", c=compiled[each.name], n=each.name) for each in chosen] or [sql("null")]
    )
    run.store.execute(
        sql(
            "create temp table {t} as select segment, _id from (select _id, unnest([{held}]::varchar[]) as segment"
            " from {rows}) where segment is not null",
            t=table,
            held=held,
            rows=dataset,
        )
    )
    return table


def _sizes(run: Context, dataset: Dataset, chosen: list[Segment], members: SQL) -> SQL:
    table = run.temporary("sizes")
    before = sql(
        "select segment, _id from _crmctl.memberships m where lower(dataset) = lower({d}) and run ="
        " (select max(s.run) from _crmctl.segment_sizes s join _crmctl.runs r using (run) where r.effective"
        "   and lower(s.dataset) = lower({d}) and s.segment = m.segment)",
        d=dataset.name,
    )
    names = join(
        [
            sql("({position}, {name}, {label}, {definition})", position=position, name=each.name,
                label=each.labels.get(run.language) or each.labels.get("en") or each.name,
                definition=explain_condition(each.condition, run.language))
            for position, each in enumerate(chosen)
        ]
    )  # fmt: skip
    listed = sql("values {names}", names=names) if chosen else sql("select 0, '', '', '' where false")
    run.store.execute(
        sql(
            "create temp table {t} as with named(position, segment, label, definition) as ({listed}),"
            " before as materialized ({before}), now as (select segment, _id from {members}),"
            " changed as (select coalesce(n.segment, b.segment) as segment, count(n._id) as members,"
            "   count_if(b._id is null) as entered, count_if(n._id is null) as left_"
            "   from now n full join before b using (segment, _id) group by 1)"
            " select position, segment, label, definition, coalesce(members, 0) as members,"
            "   coalesce(entered, 0)::bigint as entered, coalesce(left_, 0)::bigint as left_"
            " from named left join changed using (segment) order by position",
            t=table,
            listed=listed,
            before=before,
            members=members,
        )
    )
    return table
