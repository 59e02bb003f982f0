"""Finding duplicates: roles, forms, pairs, weights, vetoes, clusters in turn. The files beside it do the work."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from crmctl.matching.comparison import active
from crmctl.matching.linking import link
from crmctl.matching.prepare import Prepared, prepare
from crmctl.matching.roles import assign_roles
from crmctl.matching.scoring import score_candidates
from crmctl.matching.settings import MatchSettings
from crmctl.messages import term, translate
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, sql

_calls = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found.

    Args:
        clusters: A temp table: `_id`, `cluster` (the smallest `_id` in it), `probability` (that the row's best link
            holds; 1 for a row of its own). Every input row once.
        pairs: A temp table: `left_id` < `right_id`, `probability`, `rule`, `band` (`merge`, `review` or `vetoed`). A
            pair that would merge but for its neighbours is for review. Equal rows are represented by their smallest
            `_id`, to which each of the others is paired.
        notes: What was chosen and why, in sentences for the log.
        counts: rows, forms, candidates, merge, review, vetoed (pairs), clusters, duplicates (rows merged away).
    """

    clusters: SQL
    pairs: SQL
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def find_duplicates(
    con: DuckDBPyConnection,
    relation: SQL,
    columns: Sequence[Column],
    settings: MatchSettings | None = None,
    *,
    workdir: Path | None = None,  # noqa: ARG001 - part of the agreed face; everything stays in temp tables of `con`
) -> Matches:
    """Find the rows that are one customer.

    The result depends on what the rows hold, not on their order or their `_id`.

    Args:
        con: The connection; results are temp tables in it.
        relation: The rows, with `_id` and the columns.
        columns: The business columns; type and name decide what each is compared as.
        settings: The cuts, and what to leave out.
        workdir: Not needed: temp tables spill where the connection says.

    Raises:
        UsageError: The cuts make no sense, or a column to ignore is unknown.
    """
    settings = settings or MatchSettings()
    settings.check()
    roles = assign_roles(columns, settings.ignore)
    number = next(_calls)
    result = Matches(ident(f"matching_clusters_{number}"), ident(f"matching_pairs_{number}"))
    comparisons = active(roles.columns)
    if not comparisons:
        result.notes.append(translate("no usable field: nothing was merged"))
        _nothing_merged(con, relation, result)
        return result
    prepared = prepare(con, relation, roles, settings.shared_by)
    result.notes.append(translate("fields: {roles}", roles=roles.describe()))
    _note_prepared(result, prepared)
    scored = score_candidates(con, comparisons, prepared.forms, settings)
    result.notes.extend(scored.notes)
    result.counts["candidates"] = scored.candidates
    link(con, comparisons, scored.weights, prepared.forms, settings)
    _hand_out(con, relation, result)
    for table in ("forms", "members", "scored", "labels"):
        _run(con, sql("drop table if exists {t}", t=ident(f"matching_{table}")))
    return result


def _run(con: DuckDBPyConnection, query: SQL) -> list[tuple[object, ...]]:
    return con.execute(query.text, query.values).fetchall()


def _nothing_merged(con: DuckDBPyConnection, relation: SQL, result: Matches) -> None:
    _run(con, sql("create or replace temp table {c} as select _id, _id as cluster, 1.0::double as probability"
                  " from {r} r", c=result.clusters, r=relation))  # fmt: skip
    _run(con, sql("create or replace temp table {p} (left_id bigint, right_id bigint, probability double, rule varchar,"
                  " band varchar)", p=result.pairs))  # fmt: skip
    _count(con, result)


def _note_prepared(result: Matches, prepared: Prepared) -> None:
    result.counts["forms"] = prepared.forms
    for kind, count in prepared.overshared.items():
        if count:
            result.notes.append(
                translate("{kind} shared by too many names and left out: {count}", kind=term(kind), count=count)
            )


def _hand_out(con: DuckDBPyConnection, relation: SQL, result: Matches) -> None:
    """Forms back into rows: the clusters with every row once, and the pairs that a person may want to see."""
    _run(con, sql(
        "create or replace temp table matching_first as select form, min(_id) as _id from matching_members"
        " group by form"
    ))  # fmt: skip
    _run(con, sql(
        "create or replace temp table matching_best as select form, max(probability) as probability from"
        " (select s.form, s.probability from (select l as form, r as other, probability, band from matching_scored"
        " union all select r, l, probability, band from matching_scored) s"
        " join matching_labels a on a.form = s.form join matching_labels b on b.form = s.other"
        " where a.label = b.label and s.band = 'merge') group by form"
    ))  # fmt: skip
    _run(con, sql(
        "create or replace temp table {out} as with placed as (select r._id, b.probability,"
        " case when d.form is null then l.label end as label from {relation} r"
        " left join matching_members m using (_id) left join matching_labels l on l.form = m.form"
        " left join matching_best b on b.form = m.form"
        " left join (select l as form from matching_scored where l = r and band is distinct from 'merge') d on"
        " d.form = m.form),"
        " grouped as (select _id, probability, case when label is null then _id else min(_id) over (partition"
        " by label) end"
        " as cluster, count(*) over (partition by label) as size, label from placed)"
        " select _id, cluster, case when label is null or size = 1 then 1.0 else coalesce(probability, 0) end::double"
        " as probability from grouped",
        out=result.clusters, relation=relation,
    ))  # fmt: skip
    _run(con, sql(
        "create or replace temp table {out} as"
        " select least(a._id, b._id) as left_id, greatest(a._id, b._id) as right_id, s.probability::double as"
        " probability,"
        " s.rule, case when s.band = 'merge' and x.label <> y.label then 'review' else s.band end as band"
        " from matching_scored s join matching_first a on a.form = s.l join matching_first b on b.form = s.r"
        " join matching_labels x on x.form = s.l join matching_labels y on y.form = s.r"
        " where s.l < s.r and s.band is not null"
        " union all select a._id, m._id, s.probability, s.rule, s.band from matching_scored s"
        " join matching_first a on a.form = s.l join matching_members m on m.form = s.l and m._id > a._id"
        " where s.l = s.r and s.band is not null order by left_id, right_id",
        out=result.pairs,
    ))  # fmt: skip
    _run(con, sql("drop table matching_first"))
    _run(con, sql("drop table matching_best"))
    _count(con, result)


def _count(con: DuckDBPyConnection, result: Matches) -> None:
    rows, clusters = _run(con, sql("select count(*), count(distinct cluster) from {c}", c=result.clusters))[0]
    result.counts.update(
        rows=int(str(rows)), clusters=int(str(clusters)), duplicates=int(str(rows)) - int(str(clusters))
    )
    result.counts.update(merge=0, review=0, vetoed=0)
    for band, count in _run(con, sql("select band, count(*) from {p} group by band", p=result.pairs)):
        result.counts[str(band)] = int(str(count))
