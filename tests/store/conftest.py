"""A small store that every kind of run has been over, and all that an undo has to bring back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmctl.sampling import generate
from crmctl.session import Session
from crmctl.sql import ident, sql
from crmctl.store import Store, open_store
from crmctl.store.versions import content_hash, heads

QUOTED = 'it\'s "quoted"'


def state_of(store: Store) -> dict[str, Any]:
    """Every dataset's content, its ids view, and the side state that counts."""
    current = heads(store)
    effective = sql("(select run from _crmctl.runs where effective)")
    return {
        "content": {version.dataset: content_hash(store, version) for version in current},
        "ids": {
            version.dataset: sorted(store.rows(sql("from {view}", view=ident("main", version.dataset + "_ids"))))
            for version in current
        },
        "members": store.rows(
            sql(
                "select dataset, segment, _id from _crmctl.memberships m where run = (select max(run) from"
                " _crmctl.segment_sizes s where s.dataset = m.dataset and s.segment = m.segment and s.run in {runs})"
                " order by all",
                runs=effective,
            )
        ),
        "merged": store.rows(
            sql("select dataset, member_id, golden_id from _crmctl.golden_ids where run in {runs} order by all",
                runs=effective)
        ),
    }  # fmt: skip


@pytest.fixture
def state() -> Callable[[Path], dict[str, Any]]:
    """All that a store's file says."""

    def read(path: Path) -> dict[str, Any]:
        with open_store(path, read_only=True, create=False) as store:
            return state_of(store)

    return read


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of exports."""
    out = tmp_path_factory.mktemp("sample")
    generate(out, customers=60, seed=3)
    return out


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """A store with contacts, orders, merged and classified customers, and one dataset with a quoted name."""
    session = Session(tmp_path_factory.mktemp("store") / "crm.duckdb", as_of="2026-06-30")
    session.import_(sample / "crm.csv", into="contacts", source="crm", schema="customer")
    session.import_(sample / "orders.csv", into="orders", source="crm", schema="order")
    session.import_(sample / "truth.csv", into=QUOTED, source="truth")
    session.deduplicate("contacts", into="customers")
    session.classify("customers", rules=["value-tier"])
    session.segment("customers")
    return session.path


@pytest.fixture
def filled(cli: Any, template: Path) -> Any:
    """The command line over a copy of that store."""
    shutil.copy(template, cli.store)
    return cli
