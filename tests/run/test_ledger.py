"""Whatever the table, every run's ledger adds up, is stored, and says what is really there."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from crmctl.session import Session
from crmctl.sql import ident, sql
from crmctl.store import Store, open_store
from crmctl.store.asking import steps
from crmctl.store.versions import head, heads

NAMES = ['e "mail"', "select", "手机", "x'y", "a;b", "from", "{brace}", "Straße", "_line", "%s", "new\nline"]
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
CELLS = st.one_of(
    st.sampled_from(["", " ", "a", "A ", "Ann", "ann@example.com", "13800138000", '"', "'", "a\nb", "null", "N/A", "\t",
                     "　", "2026-01-05", "=1+1", "\\", "\x1f", "0012"]),
    st.text(CHARACTERS, max_size=12),
)  # fmt: skip
# An example takes a second: none is made smaller when it fails.
SLOW_EXAMPLES = settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@st.composite
def tables(draw: Any) -> tuple[list[str], list[list[str]]]:
    """Headers, the first of them an id, and rows with repeated ids and whole repeated rows."""
    headers = ["id", *draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True))]
    rows = draw(st.lists(st.lists(CELLS, min_size=len(headers) - 1, max_size=len(headers) - 1), max_size=8))
    ids = draw(st.lists(st.sampled_from(["1", "2", "3", " 3", "", "七"]), min_size=len(rows), max_size=len(rows)))
    whole = [[number, *row] for number, row in zip(ids, rows, strict=True)]
    return headers, whole + draw(st.lists(st.sampled_from(whole), max_size=3) if whole else st.just([]))


def write(path: Path, headers: list[str], rows: list[list[str]]) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([headers, *rows])
    path.write_bytes(text.getvalue().encode("utf-8"))
    return path


def assert_adds_up(store: Store, run: int) -> None:
    """Every stored line of a run's ledger proves its sum."""
    for line in steps(store, run):
        if line["subject"] == "file":
            assert line["read"] == line["loaded"] + line["rejected"] + line["skipped"]
        elif line["subject"] == "dataset":
            assert line["rows_in"] == line["rows_out"] + line["merged"] + line["removed"] - line["added"]


def rows_of(store: Store, dataset: str) -> list[tuple[Any, ...]]:
    found = head(store, dataset)
    return store.rows(sql("select * exclude (_id, _source, _line) from {table}", table=found.table))


@given(tables(), st.sampled_from(["contacts", 'it\'s "quoted"', "select", "客户"]))
@SLOW_EXAMPLES
def test_a_chain_of_steps_adds_up_over_any_table(table: tuple[list[str], list[list[str]]], name: str) -> None:
    headers, rows = table
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder) / "crm.duckdb", as_of="2026-06-30")
        path = write(Path(folder) / "in.csv", headers, rows)
        session.import_(path, into=name, source="it's", encoding="utf-8", mode="append", max_rejects="0")
        with open_store(session.path, read_only=True) as store:
            file, loaded = steps(store, 1)
            assert (file["read"], file["rejected"]) == (len(rows), 0)
            assert file["loaded"] == loaded["rows_out"] == len(rows_of(store, name))
            assert [[cell or "" for cell in row] for row in rows_of(store, name)] == rows
        session.clean(f"dataset:{name}", level="likely")
        session.remove(f"dataset:{name}", where=f"`{headers[1]}` is missing", reason="it's missing")
        session.deduplicate(f"dataset:{name}", into="merged")
        session.sql('select "id", count(*) as n from merged group by all', into="by id", key=["id"])
        session.import_(path, into=name, source="it's", encoding="utf-8", mode="replace", max_rejects="0")
        session.import_(
            path, into="keyed", source="it's", encoding="utf-8", mode="upsert", schema="customer", max_rejects="0"
        )
        session.import_(
            path, into="keyed", source="it's", encoding="utf-8", mode="upsert", schema="customer", max_rejects="0"
        )
        with open_store(session.path, read_only=True) as store:
            assert len({row[0].strip(): row for row in rows if row[0].strip()}) == len(
                [row for row in rows_of(store, "keyed") if row[0]]
            )
            total = store.scalar(sql("select max(run) from _crmctl.runs where status = 'done'"))
            assert total == 8
            previous = 0
            for run in range(1, total + 1):
                assert_adds_up(store, run)
            for version in heads(store):
                assert version.rows == len(rows_of(store, version.dataset))
                assert store.rows(sql("select count(*) from {v}", v=ident(version.dataset)))[0][0] == version.rows
            moved = store.rows(
                sql("select l.rows_in, l.rows_out, l.run from _crmctl.ledger l where l.subject = 'dataset'"
                    " and lower(l.name) = lower({n}) order by l.run", n=name)
            )  # fmt: skip
            for rows_in, rows_out, _ in moved:
                assert rows_in == previous
                previous = rows_out
