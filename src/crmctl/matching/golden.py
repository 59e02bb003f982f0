"""Merging clusters into golden records, and where each of their values came from. The policy is `survivorship`'s."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from duckdb import DuckDBPyConnection

from crmctl.matching.survivorship import Survivorship
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, disjunction, ident, idents, join, sql

YES = ["true", "t", "yes", "y", "1", "on", "是", "已退订", "√"]


def merge(
    con: DuckDBPyConnection,
    relation: SQL,
    columns: Sequence[Column],
    clusters: SQL,
    *,
    into: SQL,
    survivorship: Survivorship | None = None,
    provenance: SQL,
) -> None:
    """Create the golden records and their provenance.

    Args:
        con: The connection; both results are temp tables in it.
        relation: The rows.
        columns: The business columns, all of which the golden records carry.
        clusters: A relation with `_id` and `cluster`, every row once.
        into: The table to create: `_id` (the cluster), `_source` and `_line` of the survivor, and the columns.
        survivorship: Which values win.
        provenance: The table to create: `_id`, `member`, `field`, `value` for each value of a merged record.

    Raises:
        UsageError: The policy names a column that is not there.
    """
    policy = survivorship or Survivorship()
    policy.check(columns)
    _rank(con, relation, columns, clusters, policy)
    _choose(con, relation, columns, policy)
    winners = [ident("g", f"winner_{number}") for number in range(len(columns))]
    _run(con, sql(
        "create or replace temp table {into} as select g.cluster as _id, r._source, r._line{merged}"
        " from matching_golden g join matching_ranked k on k.cluster = g.cluster and k.standing = 1"
        " join {relation} r on r._id = k.member"
        " union all select r._id, r._source, r._line{single} from {relation} r"
        " anti join matching_ranked k on k.member = r._id",
        into=into, relation=relation, single=_after(ident("r", c.name) for c in columns),
        merged=_after(
            sql(
                "case when {w} is null then {own} else {w}.value end as {name}",
                w=w, own=ident("r", c.name), name=c.identifier,
            )
            for w, c in zip(winners, columns, strict=True)
        ),
    ))  # fmt: skip
    _record_provenance(con, columns, winners, provenance)
    _run(con, sql("drop table matching_golden"))
    _run(con, sql("drop table matching_ranked"))


def _run(con: DuckDBPyConnection, query: SQL) -> None:
    con.execute(query.text, query.values)


def _after(pieces: Iterable[SQL]) -> SQL:
    """The pieces, each with a comma before it."""
    return join([sql(", {p}", p=piece) for piece in pieces], "")


def _rank(
    con: DuckDBPyConnection, relation: SQL, columns: Sequence[Column], clusters: SQL, policy: Survivorship
) -> None:
    """Create `matching_ranked` for merged clusters: `member`, `cluster`, `standing` from 1, the survivor.

    Of rows with equal text it is all the same which one stands first; source and line only settle which is named.
    """
    cells = [ident("r", column.name) for column in columns]
    stamps = [sql("{s} desc nulls last", s=_stamp(column)) for column in policy.stamps(columns)]
    orders: Mapping[str, list[SQL]] = {
        "complete": [
            sql("({n}) desc", n=join([sql("(not {b})::integer", b=blank(c)) for c in cells] or [sql("0")], " + "))
        ],
        "newest": stamps,
    }
    order = [term for preference in policy.prefer for term in orders[preference]]
    text = join([sql("coalesce({c}, chr(30))", c=cell) for cell in cells] or [sql("''")])
    order += [sql("md5(concat_ws(chr(31), {t}))", t=text), sql("r._source"), sql("r._line"), sql("r._id")]
    _run(con, sql(
        "create or replace temp table matching_ranked as select r._id as member, c.cluster,"
        " row_number() over (partition by c.cluster order by {order}) as standing"
        " from (select _id, cluster from {clusters} qualify count(*) over (partition by cluster) > 1) c"
        " join {relation} r on r._id = c._id",
        order=join(order), clusters=clusters, relation=relation,
    ))  # fmt: skip


def _stamp(column: Column) -> SQL:
    return sql("try_cast(nullif(trim({c}), '') as timestamp)", c=ident("r", column.name))


def _choose(con: DuckDBPyConnection, relation: SQL, columns: Sequence[Column], policy: Survivorship) -> None:
    """Create `matching_golden`: for each merged cluster and column the winning value and the member it is from."""
    grouped = {column.name: group for group in policy.groups(columns) for column in group}
    winners = [
        sql(
            "arg_min(struct_pack(value := {cell}, member := k.member), row({order}, k.standing))"
            " filter (where {usable}) as {name}",
            cell=ident("r", column.name), order=_order(column, columns, policy, grouped.get(column.name)),
            usable=_usable(column, policy, grouped.get(column.name)), name=ident(f"winner_{number}"),
        )
        for number, column in enumerate(columns)
    ]  # fmt: skip
    _run(con, sql(
        "create or replace temp table matching_golden as select k.cluster{winners}"
        " from matching_ranked k join {relation} r on r._id = k.member group by k.cluster",
        winners=_after(winners), relation=relation,
    ))  # fmt: skip


def _order(column: Column, columns: Sequence[Column], policy: Survivorship, group: list[Column] | None) -> SQL:
    """What counts before the standing, smallest first; for a group the number of missing parts."""
    cell = ident("r", column.name)
    rule = policy.fields.get(column.name) or policy.fields.get(column.header)
    stamps = policy.stamps(columns)
    if rule == "newest" and stamps:
        return sql("coalesce(-epoch_us({s}), 9223372036854775807)", s=_stamp(stamps[0]))
    if rule == "longest":
        return sql("-length({c})", c=cell)
    if rule is None and policy.is_opt_out(column):
        return sql("(not list_contains({yes}, lower(trim({c}))))::integer", yes=YES, c=cell)
    if rule is None and group:
        return join([sql("{b}::integer", b=blank(ident("r", part.name))) for part in group], " + ")
    return sql("0")


def _usable(column: Column, policy: Survivorship, group: list[Column] | None) -> SQL:
    """A member's value counts where it is not blank; in a group, where any part of it is not."""
    rule = policy.fields.get(column.name) or policy.fields.get(column.header)
    if rule is None and group and not policy.is_opt_out(column):
        return disjunction([sql("not {b}", b=blank(ident("r", part.name))) for part in group])
    return sql("not {b}", b=blank(ident("r", column.name)))


def _record_provenance(con: DuckDBPyConnection, columns: Sequence[Column], winners: list[SQL], provenance: SQL) -> None:
    entries = join([
        sql("struct_pack(member := {w}.member, field := {name}, value := {w}.value)", w=winner, name=column.name)
        for winner, column in zip(winners, columns, strict=True)
    ])  # fmt: skip
    _run(con, sql(
        "create or replace temp table {provenance} as select {fields} from"
        " (select g.cluster as _id, unnest([{entries}], recursive := true) from matching_golden g) where not {empty}",
        provenance=provenance, fields=idents(["_id", "member", "field", "value"]), entries=entries,
        empty=blank(ident("value")),
    ))  # fmt: skip
