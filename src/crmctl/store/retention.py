"""What the store no longer needs: versions and remarks of runs beyond the retention, and what dead runs left."""

from __future__ import annotations

from crmctl.sql import SQL, ident, sql
from crmctl.store.connection import Store

# What a run leaves beside its versions; the run log itself is kept.
_REMARKS = ("findings", "rejects", "changes", "check_results", "mappings")
# Lines of the log of arrivals are thinned out once it holds those of this many times the runs that are kept.
_ARRIVALS_SLACK = 3


def retention(store: Store) -> int:
    """The versions of how many runs are kept."""
    kept = store.scalar(sql("select value from _crmctl.meta where key = 'retention'"))
    return int(kept) if kept is not None else store.settings.retention


def set_retention(store: Store, runs: int) -> None:
    """Keep the versions of this many runs from now on."""
    with store.transaction("retention"):
        store.execute(sql("delete from _crmctl.meta where key = 'retention'"))
        store.insert(sql("_crmctl.meta"), key="retention", value=str(runs))


def prune(store: Store) -> list[int]:
    """Drop every version that no head, and no undo within the retention, needs; returns their numbers.

    What the newest run made is kept, though it failed: it tells how far it came.

    DuckDB would drop a table under a view without a word, so the heads are asked here.
    """
    keep = retention(store)
    recent = sql(
        "(select run from _crmctl.runs where status = 'done' and kind <> 'query' order by run desc limit {n})", n=keep
    )
    needed = sql(
        "select version from _crmctl.heads union select from_version from _crmctl.moves where run in {recent}"
        " union select to_version from _crmctl.moves where run in {recent}"
        " union select version from _crmctl.versions v join _crmctl.runs r using (run)"
        "   where v.published and run in {recent}"
        " union select version from _crmctl.versions where run = (select max(run) from _crmctl.runs)",
        recent=recent,
    )
    stale = [
        int(row[0])
        for row in store.rows(
            sql(
                "select version from _crmctl.versions where version not in"
                " (select version from ({needed}) where version is not null) order by version",
                needed=needed,
            )
        )
    ]
    orphans = _orphan_tables(store)
    with store.transaction("prune"):
        for table in [*(ident("_crmctl", f"v{number}") for number in stale), *orphans]:
            store.execute(sql("drop table if exists {table}", table=table))
        store.execute(sql("delete from _crmctl.versions where list_contains({stale}, version)", stale=stale))
        _prune_remarks(store, recent)
        _prune_logs(store)
        _prune_provenance(store, recent)
        _prune_memberships(store, recent)
        _prune_arrivals(store, recent, keep)
    return stale


def _prune_provenance(store: Store, recent: SQL) -> None:
    """Where merged values came from is kept for the runs that can be undone, and for the newest of each dataset."""
    store.execute(
        sql(
            "delete from _crmctl.provenance where run not in {recent} and (dataset, run) not in"
            " (select dataset, max(run) from _crmctl.provenance join _crmctl.runs using (run) where effective"
            "   group by dataset)",
            recent=recent,
        )
    )


def _prune_memberships(store: Store, recent: SQL) -> None:
    """Who was in a segment is kept for the runs that can be undone, and for the newest before them: undo shows it."""
    store.execute(
        sql(
            "delete from _crmctl.memberships m where run not in {recent}"
            " and run not in (select run from _crmctl.runs where undone_by in {recent})"
            " and exists (select 1 from _crmctl.segment_sizes s join _crmctl.runs r using (run) where r.effective"
            "   and s.run not in {recent} and s.run > m.run and s.segment = m.segment"
            "   and lower(s.dataset) = lower(m.dataset))",
            recent=recent,
        )
    )


def _prune_arrivals(store: Store, recent: SQL, keep: int) -> None:
    """Of the lines that brought a row, the first and the newest of each source are kept for ever, if not all of them.

    Rows that came in together in their order are one line of the log and stay.
    """
    runs = store.scalar(sql("select count(distinct run) from _crmctl.arrivals"))
    if int(runs) <= _ARRIVALS_SLACK * keep:
        return
    store.execute(
        sql(
            "delete from _crmctl.arrivals where run not in {recent} and _id = _until and (run, _id, source) not in"
            " (select unnest([(min(run), _id, source), (max(run), _id, source)]) from _crmctl.arrivals"
            "   join _crmctl.runs using (run) where effective and _id = _until group by _id, source)",
            recent=recent,
        )
    )


def _orphan_tables(store: Store) -> list[SQL]:
    """Tables of versions or intermediate results that no register names: their process died."""
    rows = store.rows(
        sql(
            "select table_name from duckdb_tables() where schema_name = '_crmctl' and not temporary"
            " and ((regexp_full_match(table_name, 'v[0-9]+')"
            "   and substr(table_name, 2)::bigint not in (select version from _crmctl.versions))"
            " or regexp_full_match(table_name, 'scratch[0-9]+'))"
        )
    )
    return [ident("_crmctl", str(row[0])) for row in rows]


def _prune_remarks(store: Store, recent: SQL) -> None:
    for table in _REMARKS:
        store.execute(
            sql(
                "delete from _crmctl.{table} where run not in {recent} and run not in"
                " (select run from _crmctl.versions) and run not in"
                " (select run from _crmctl.runs where status = 'failed' order by run desc limit 3)",
                table=ident(table),
                recent=recent,
            )
        )


def _prune_logs(store: Store) -> None:
    """Side state of runs that died or failed counts for nothing and never will."""
    for table in (
        "ids",
        "contents",
        "aliases",
        "golden_ids",
        "provenance",
        "memberships",
        "segment_sizes",
        "decisions",
        "files_seen",
        "arrivals",
        "gone",
    ):
        store.execute(
            sql(
                "delete from _crmctl.{table} where run in"
                " (select run from _crmctl.runs where status in ('interrupted', 'failed'))"
                " and run < (select max(run) from _crmctl.runs)",
                table=ident(table),
            )
        )
