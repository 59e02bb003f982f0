"""Moving heads back: undo, what depends on what, and what a run left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crmctl.errors import DataFailed, UsageError
from crmctl.sql import SQL, sql
from crmctl.store.connection import Store
from crmctl.store.runs import publish, start_run
from crmctl.store.versions import find_version


@dataclass(frozen=True)
class Undone:
    """What an undo did: its own run, the runs it took back, and where every dataset now stands."""

    run: int
    undone: list[int]
    redone: list[int]
    heads: dict[str, int | None]


def latest_run(store: Store) -> int:
    """The newest effective run that changed something and is not itself an undo.

    Raises:
        UsageError: There is nothing to undo.
    """
    found = store.scalar(
        sql(
            "select max(run) from _crmctl.runs where effective and kind <> 'undo' and run in"
            " (select run from _crmctl.moves union select run from _crmctl.segment_sizes)"
        )
    )
    if found is None:
        raise UsageError("there is no run to undo", cure="see: crmctl history")
    return int(found)


def undo(store: Store, run: int | None = None, *, cascade: bool = False) -> Undone:
    """Take back a run: heads return to where they were, and its side state counts no longer.

    Undoing an undo brings its runs back.

    Args:
        store: The store.
        run: The run; the newest effective one where None.
        cascade: Take later runs that read its versions back as well.

    Raises:
        UsageError: No such run, or nothing of it is in effect.
        DataFailed: Later runs depend on it, or its versions were pruned.
    """
    run = latest_run(store) if run is None else run
    changes = {run: False} | (_inverted(store, run) if _check(store, run) == "undo" else {})
    later = _dependents(store, sorted(changes), after=run)
    if later and not cascade:
        raise DataFailed(
            "run {run} cannot be undone alone: later runs read what it made: {later}",
            cure="undo them first, or all together with --cascade",
            run=run,
            later=", ".join(map(str, later)),
        )
    changes |= dict.fromkeys(later, False)
    heads = _heads_after(store, changes)
    _check_kept(store, heads)
    number = start_run(store, kind="undo", command="undo", recipe=None, parameters={"run": run, "cascade": cascade})
    publish(store, number, heads, as_of=None, source="", also=_marks(number, changes))
    undone = [target for target, effective in sorted(changes.items()) if not effective]
    return Undone(number, undone, [target for target, effective in sorted(changes.items()) if effective], heads)


def _inverted(store: Store, run: int) -> dict[int, bool]:
    """What has to become of the runs that an undo turned off, or on again, for it to be taken back itself."""
    rows = store.rows(sql("select target, effective from _crmctl.undos where run = {run}", run=run))
    return {int(target): not effective for target, effective in rows}


def _marks(number: int, changes: dict[int, bool]) -> list[SQL]:
    """The statements that turn runs off or on, and remember it; part of the transaction that publishes the undo."""
    marks = []
    for target, effective in sorted(changes.items()):
        marks.append(
            sql(
                "update _crmctl.runs set effective = {effective}, undone_by = {by} where run = {target}",
                effective=effective,
                by=None if effective else number,
                target=target,
            )
        )
        marks.append(
            sql(
                "insert into _crmctl.undos values ({number}, {target}, {effective})",
                number=number,
                target=target,
                effective=effective,
            )
        )
    return marks


def _check(store: Store, run: int) -> str:
    found = store.rows(sql("select kind, effective, status from _crmctl.runs where run = {run}", run=run))
    if not found:
        raise UsageError("there is no run {run}", cure="see: crmctl history", run=run)
    kind, effective, status = found[0]
    if not effective:
        raise UsageError("run {run} is not in effect ({status})", cure="see: crmctl history", run=run, status=status)
    return str(kind)


def _numbers(store: Store, query: SQL) -> list[int]:
    return [int(row[0]) for row in store.rows(query)]


def _dependents(store: Store, runs: list[int], after: int) -> list[int]:
    """Effective later runs that read or replaced what these runs made, and theirs in turn."""
    return _numbers(
        store,
        sql(
            "with recursive depends(run) as (select unnest({runs}) union"
            " select r.run from depends d join _crmctl.runs r on r.run > d.run and r.effective and r.kind <> 'undo'"
            " where exists (select 1 from _crmctl.moves a join _crmctl.moves b"
            "   on lower(a.dataset) = lower(b.dataset) where a.run = d.run and b.run = r.run)"
            " or exists (select 1 from _crmctl.inputs i join _crmctl.versions v on v.version = i.version"
            "   where i.run = r.run and v.run = d.run))"
            " select distinct run from depends where run > {after} and not list_contains({runs}, run) order by run",
            runs=runs,
            after=after,
        ),
    )


def _heads_after(store: Store, changes: dict[int, bool]) -> dict[str, int | None]:
    """Where each touched dataset's head belongs once these runs are out of, or again in, effect."""
    rows: list[tuple[Any, ...]] = store.rows(
        sql(
            "with touched as (select distinct lower(dataset) as name from _crmctl.moves"
            "   where list_contains({changing}, run)),"
            " counting as (select m.* from _crmctl.moves m join _crmctl.runs r using (run) where r.kind <> 'undo'"
            "   and ((r.effective and not list_contains({changing}, run)) or list_contains({redoing}, run)))"
            " select any_value(m.dataset), arg_max(c.to_version, c.run) from touched t"
            " join _crmctl.moves m on lower(m.dataset) = t.name left join counting c on lower(c.dataset) = t.name"
            " group by t.name order by t.name",
            changing=sorted(changes),
            redoing=[run for run, effective in sorted(changes.items()) if effective],
        )
    )
    return {str(name): None if number is None else int(number) for name, number in rows}


def _check_kept(store: Store, heads: dict[str, int | None]) -> None:
    for dataset, number in heads.items():
        if number is not None and find_version(store, number) is None:
            raise DataFailed(
                "the version of {dataset} to go back to is older than the retention and was pruned",
                cure="keep more runs with: crmctl store retention N", dataset=dataset,
            )  # fmt: skip
