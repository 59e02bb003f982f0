"""Whatever files come in, in whatever mode: the dataset is what a model of ten lines says, and every row is accounted for."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crmctl
from crmctl.store.runs import FileLedger, RowLedger

HEAD = ["id", "name", "city"]
cells = st.sampled_from(["", "  ", "A", "B", "it's"])
keyed_rows = st.lists(st.tuples(st.sampled_from("12345"), cells, cells), max_size=6)
imports = st.lists(
    st.tuples(st.sampled_from(["upsert", "append", "replace", "snapshot"]), st.sampled_from(["s", "t"]), keyed_rows),
    min_size=1, max_size=4,
)  # fmt: skip
slow = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class Model:
    """A dataset in Python: rows by id, and the ids of (source, key)."""

    rows: dict[int, tuple[str, str, list[str]]] = field(default_factory=dict)
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    last: int = 0

    def take(self, mode: str, source: str, lines: list[tuple[str, str, str]]) -> None:
        before, came = self.rows, {}
        for key, *values in lines:
            self.last += 1
            number = self.last if mode == "append" else self.ids.get((source, key), self.last)
            self.ids.setdefault((source, key), number)
            old = came[number][2] if number in came else ["", ""]
            came[number] = (source, key, [new if new.strip() else kept for new, kept in zip(values, old, strict=True)])
        kept = {} if mode == "replace" else dict(before)
        if mode == "snapshot":
            kept = {n: row for n, row in kept.items() if row[0] != source or n in came}
        for number, (_, key, values) in came.items():
            old = kept[number][2] if number in kept else ["", ""]
            merged = [new if new.strip() else was for new, was in zip(values, old, strict=True)]
            kept[number] = (source, key, merged)
        self.rows = kept

    def content(self) -> list[tuple[str, ...]]:
        return sorted((key, *values) for _, key, values in self.rows.values())


@dataclass
class Desk:
    """A store in a folder of its own."""

    folder: Path
    number: int = 0

    def take(self, lines: Any, **options: Any) -> list[FileLedger | RowLedger]:
        self.number += 1
        path = self.folder / f"f{self.number}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEAD, *lines])
        session = crmctl.open(self.folder / "crm.duckdb")
        given = {"into": "people", "schema": "customer", "header": True, "delimiter": ",", "max_removed": "100%"}
        report = session.import_(str(path), **given, **options).report
        return list(report.ledgers)

    def content(self) -> list[tuple[str, ...]]:
        table = crmctl.open(self.folder / "crm.duckdb")["people"]
        columns = [table.column(name).to_pylist() if name in table.column_names else [None] * len(table)
                   for name in ("id", "full_name", "city")]  # fmt: skip
        return sorted(tuple((cell or "").strip() for cell in row) for row in zip(*columns, strict=True))


def desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        yield Desk(Path(folder))


@slow
@given(imports)
def test_any_files_in_any_modes_leave_what_the_model_says_and_add_up(steps: list[Any]) -> None:
    for place in desk():
        model = Model()
        for number, (mode, source, lines) in enumerate(steps):
            before = len(model.rows)
            ledgers = place.take(lines, mode=mode, source=source, again=True)
            model.take(mode, source, lines)
            files = [each for each in ledgers if isinstance(each, FileLedger)]
            assert [(each.read, each.loaded) for each in files] == [(len(lines), len(lines))]
            [rows] = [each for each in ledgers if isinstance(each, RowLedger)]
            assert (rows.change.rows_in, rows.change.rows_out) == (before, len(model.rows)), number
            assert place.content() == [tuple(cell.strip() for cell in row) for row in model.content()]


@slow
@given(
    st.lists(st.tuples(st.sampled_from("123456789"), cells, cells), unique_by=lambda row: row[0], min_size=1),
    st.lists(st.tuples(st.sampled_from("123456789"), cells, cells), unique_by=lambda row: row[0], min_size=1),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_lines_changes_nothing_in_the_dataset(first: Any, second: Any, rng: random.Random) -> None:
    for one in desk():
        for other in desk():
            for lines in (first, second):
                one.take(lines, mode="upsert", source="s", again=True)
                other.take(rng.sample(lines, len(lines)), mode="upsert", source="s", again=True)
            assert one.content() == other.content()
