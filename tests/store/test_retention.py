"""Retention prunes what nobody needs: no head, and nothing that an undo within it goes back to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import DataFailed
from crmctl.schema.column import Column
from crmctl.sql import ident, sql
from crmctl.store import Store, Version, history, open_store
from crmctl.store.retention import prune, set_retention
from crmctl.store.runs import publish, start_run
from crmctl.store.versions import heads, register, version_table

State = Callable[[Path], dict[str, Any]]
DATASETS = ("a", 'it\'s "b"', "select")


def change(store: Store, dataset: str, content: int) -> int:
    """A run that gives a dataset one row with this content."""
    run = start_run(store, kind="step", command="change", recipe=None, parameters={})
    number = store.take_version()
    store.execute(
        sql("create table {t} as select 1 as _id, 's' as _source, 1 as _line, {n}::varchar as {c}",
            t=version_table(number), n=content, c=ident('e "mail"'))
    )  # fmt: skip
    columns = (Column('e "mail"', 'e "mail"'),)
    register(store, Version(number, dataset, 1, columns, run=run), step=1)
    publish(store, run, {dataset: number}, as_of=None, source="")
    prune(store)
    return run


def contents(store: Store) -> dict[str, str]:
    """What every dataset shows, read through its view."""
    return {head.dataset: store.scalar(sql("from {view}", view=ident("main", head.dataset))) for head in heads(store)}


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(None) as opened:
        yield opened


def test_versions_beyond_the_retention_go_and_those_within_stay(store: Store) -> None:
    set_retention(store, 3)
    for content in range(8):
        change(store, "a", content)
    kept = store.rows(sql("select version from _crmctl.versions order by version"))
    assert kept == [(5,), (6,), (7,), (8,)]
    tables = store.rows(
        sql("select table_name from duckdb_tables() where regexp_full_match(table_name, 'v[0-9]+') order by 1")
    )
    assert tables == [(f"v{number}",) for (number,) in kept]
    for expected in ("6", "5", "4"):
        history.undo(store)
        assert contents(store) == {"a": expected}


def test_a_head_stays_however_old_it_is(store: Store) -> None:
    set_retention(store, 1)
    change(store, "a", 0)
    for content in range(5):
        change(store, "select", content)
    assert contents(store) == {"a": "0", "select": "4"}


def test_an_undo_beyond_the_retention_is_refused_with_a_cure(cli: Any, poisoned: Path, state: State) -> None:
    cli("import", poisoned, "--into", "a")
    cli("store", "retention", 2)
    for number in range(4):
        cli("remove", "a", "--where", f"id = {number}", "--reason", "no more")
    before = state(cli.store)
    answer = cli("undo", 3, "--cascade", code=1)
    assert answer.err == (
        "error: the version of a to go back to is older than the retention and was pruned;"
        " keep more runs with: crmctl store retention N\n"
    )
    assert state(cli.store) == before
    assert "is older than the retention and was pruned" in cli("diff", 2, code=2).err


def test_the_run_log_outlives_the_versions(store: Store) -> None:
    set_retention(store, 1)
    for content in range(4):
        change(store, "a", content)
    assert [row["run"] for row in history_of(store)] == [4, 3, 2, 1]


def history_of(store: Store) -> list[dict[str, Any]]:
    from crmctl.store.asking import history as newest_runs

    return newest_runs(store, 99)


ACTIONS = st.lists(
    st.one_of(st.tuples(st.just("change"), st.sampled_from(DATASETS)), st.just(("undo", "")), st.just(("redo", ""))),
    min_size=3, max_size=10,
)  # fmt: skip


@given(ACTIONS, st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_any_order_of_changes_and_undos_ends_where_a_plain_list_would(actions: list[Any], kept: int) -> None:
    """The model: a list of changes, each with whether it counts. Undo takes the last; redo is an undo of an undo."""
    with open_store(None) as store:
        set_retention(store, kept)
        changes: list[list[Any]] = []
        undone: list[tuple[int, int]] = []
        since = 0
        for position, (action, dataset) in enumerate(actions):
            counting = [index for index, entry in enumerate(changes) if entry[2]]
            if action == "change":
                change(store, dataset, position)
                changes.append([dataset, str(position), True])
                undone, since = [], since + 1
            elif action == "undo" and counting:
                if not _undo(store, None, within=len(undone) < min(since, kept)):
                    return
                run = store.scalar(sql("select max(run) from _crmctl.runs"))
                changes[counting[-1]][2] = False
                undone.append((run, counting[-1]))
            elif action == "redo" and undone:
                run, index = undone.pop()
                _undo(store, run, within=True)
                changes[index][2] = True
            assert contents(store) == {name: content for name, content, counts in changes if counts}


def _undo(store: Store, run: int | None, *, within: bool) -> bool:
    """Undo; beyond the retention it may be refused, within it may not."""
    try:
        history.undo(store, run)
    except DataFailed:
        assert not within
        return False
    return True
