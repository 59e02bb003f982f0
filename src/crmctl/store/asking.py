"""Questions about runs: the history, one run's ledger and findings, and what it changed."""

from __future__ import annotations

import json
from typing import Any

from crmctl.errors import UsageError
from crmctl.sql import sql
from crmctl.store.change import Change, measure, sample
from crmctl.store.connection import Store
from crmctl.store.versions import Version, find_version, head, newest

Rows = list[dict[str, Any]]


def history(store: Store, limit: int) -> Rows:
    """The newest runs first."""
    return store.dicts(
        sql(
            "select run, case when not effective and status = 'done' then 'undone' else status end as status, kind,"
            " coalesce(recipe, command) as what,"
            " (select string_agg(dataset, ', ' order by dataset) from _crmctl.moves m where m.run = r.run) as datasets,"
            " as_of::date::varchar as as_of, started_at, who, message"
            " from _crmctl.runs r order by run desc limit {limit}",
            limit=limit,
        )
    )


def one_run(store: Store, run: int) -> dict[str, Any]:
    """The log's line of a run.

    Raises:
        UsageError: There is none of that number.
    """
    found = store.dicts(sql("select * from _crmctl.runs where run = {run}", run=run))
    if not found:
        raise UsageError("there is no run {run}", cure="see: crmctl history", run=run)
    return found[0]


def steps(store: Store, run: int) -> Rows:
    """Every line of a run's ledger, with its step."""
    return store.dicts(
        sql(
            "select s.step, s.name, l.subject, l.name as of, l.read, l.loaded, l.rejected, l.skipped, l.rows_in,"
            " l.rows_out, l.merged, l.removed, l.added, l.changed, l.reasons from _crmctl.steps s"
            " left join _crmctl.ledger l using (run, step) where s.run = {run}"
            " order by s.step, l.subject desc, l.rowid",
            run=run,
        )
    )


def findings(store: Store, run: int, limit: int | None) -> Rows:
    """The remarks of a run, in their order."""
    return store.dicts(
        sql(
            "select dataset, source, line, field, status, reason, value, new_value from _crmctl.findings"
            " where run = {run} order by step, rowid limit {limit}",
            run=run,
            limit=limit,
        )
    )


def rejects(store: Store, run: int, limit: int | None) -> Rows:
    """The lines that a run could not read."""
    return store.dicts(
        sql(
            "select file, line, reason, raw from _crmctl.rejects where run = {run} order by step, rowid limit {limit}",
            run=run,
            limit=limit,
        )
    )


def inputs(store: Store, run: int) -> Rows:
    """The files and datasets that a run read, and how files were understood."""
    return store.dicts(
        sql(
            "select step, kind, name, sha256, size, records, version, decision from _crmctl.inputs where run = {run}"
            " order by step, rowid",
            run=run,
        )
    )


def mapping(store: Store, run: int) -> Rows:
    """What the headers of a run's files were taken for."""
    return store.dicts(
        sql(
            "select step, file, dataset, header, field, score, reason from _crmctl.mappings where run = {run}"
            " order by step, dataset, file, position",
            run=run,
        )
    )


def changes(store: Store, run: int) -> list[tuple[str, Change, Version | None, Version | None]]:
    """What a run did to each dataset: the change, and the versions on both sides.

    Raises:
        UsageError: There is no such run, or its versions were pruned.
    """
    one_run(store, run)
    found = []
    for dataset, before, after in store.rows(
        sql("select dataset, from_version, to_version from _crmctl.moves where run = {run} order by dataset", run=run)
    ):
        old, new = _kept(store, dataset, before), _kept(store, dataset, after)
        found.append((str(dataset), difference(store, old, new), old, new))
    return found


def _kept(store: Store, dataset: str, number: int | None) -> Version | None:
    if number is None:
        return None
    version = find_version(store, number)
    if version is None:
        raise UsageError(
            "version {number} of {dataset} is older than the retention and was pruned", number=number, dataset=dataset
        )
    return version


def difference(store: Store, old: Version | None, new: Version | None) -> Change:
    """What changed between two versions; None is a dataset that is not there."""
    if new is None:
        rows = old.rows if old else 0
        return Change(rows, 0, removed=rows)
    return measure(store, old.table if old else None, old.columns if old else (), new.table, new.columns)


def changed_cells(store: Store, old: Version | None, new: Version | None, limit: int) -> Rows:
    """Some changed cells, as they were and as they are."""
    if old is None or new is None:
        return []
    return sample(store, old.table, old.columns, new.table, new.columns, limit)


def last_change(store: Store, dataset: str) -> int:
    """The newest effective run that moved a dataset's head.

    Raises:
        UsageError: There is no such dataset.
    """
    version = head(store, dataset)
    found = store.scalar(
        sql(
            "select max(run) from _crmctl.moves join _crmctl.runs using (run) where lower(dataset) = lower({d})"
            " and to_version = {v}",
            d=dataset,
            v=version.number,
        )
    )
    return int(found)


def reasons(text: str | None) -> dict[str, int]:
    """A ledger line's reasons."""
    return dict(json.loads(text)) if text else {}


def explain(store: Store, dataset: str, identity: str) -> Rows:
    """Everything the store knows of one row: its sources, values and findings.

    Args:
        store: The store.
        dataset: The dataset.
        identity: The row's key, a source's own id, or its merged record's id.

    Raises:
        UsageError: There is no such row.
    """
    version = head(store, dataset)
    row_ids = _row_ids(store, version, identity)
    if not row_ids:
        raise UsageError(
            "{dataset} has no row {identity!r}", cure="give its key, or a source's own id", dataset=dataset,
            identity=identity,
        )  # fmt: skip
    members = _members(store, dataset, row_ids)
    return store.dicts(
        sql(
            "select 'source' as kind, source, null as file, null::bigint as line, source_id as field, null as value,"
            "   null as new_value, null as reason, null::bigint as run from _crmctl.ids i"
            "   join _crmctl.runs r using (run) where r.effective and list_contains({members}, i._id)"
            "   group by all"
            " union all select 'read', source, file, line + m._id - a._id, null, null, null, null, run"
            "   from _crmctl.arrivals a join _crmctl.runs r using (run)"
            "   join (select unnest({members}::bigint[]) as _id) m on m._id between a._id and a._until"
            "   where r.effective"
            " union all select 'finding', source, null, line, field, value, new_value,"
            "   status || ': ' || coalesce(reason, ''), run from _crmctl.findings where list_contains({members}, _id)"
            "   and run not in (select run from _crmctl.runs where undone_by is not null)"
            " union all select 'merged', null, null, null, field, value, null, 'from row ' || member, run"
            "   from _crmctl.provenance p where list_contains({rows}, _id) and run in"
            "   (select run from _crmctl.runs where effective) order by run nulls first, kind desc, line, field",
            members=members,
            rows=row_ids,
            d=dataset,
        )
    )


def _row_ids(store: Store, version: Version, identity: str) -> list[int]:
    names = {column.name: column for column in version.columns}
    keys = [names[name] for name in (*version.keys, "golden_id") if name in names]
    found = {
        int(row[0])
        for column in keys
        for row in store.rows(
            sql("select _id from {t} where trim({c}) = {v}", t=version.table, c=column.identifier, v=identity)
        )
    }
    found |= {
        int(row[0])
        for row in store.rows(
            sql(
                "select i._id from _crmctl.ids i join _crmctl.runs r using (run) where r.effective"
                " and lower(i.dataset) = lower({d}) and i.source_id = {v}",
                d=version.dataset,
                v=identity,
            )
        )
    }
    return sorted(found)


def _members(store: Store, dataset: str, row_ids: list[int]) -> list[int]:
    """The row ids, and those of the records that were merged into them."""
    merged = store.rows(
        sql(
            "select _id from ({aliases}) where list_contains({rows}, into_id)",
            aliases=newest("aliases", ["_id"], "into_id", dataset),
            rows=row_ids,
        )
    )
    return sorted({*row_ids, *(int(row[0]) for row in merged)})
