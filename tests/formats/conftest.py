"""A fenced connection, and one call that reads bytes as a file and hands back everything that came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crmctl.formats import Reading, ReadOptions, read, write
from crmctl.schema.column import Column
from crmctl.sql import ident, sql


@dataclass
class Loaded:
    """A reading and the two tables it made."""

    reading: Reading
    rows: list[tuple[Any, ...]]
    rejects: list[tuple[int, str, str]]

    @property
    def cells(self) -> list[tuple[str | None, ...]]:
        return [row[3:] for row in self.rows]

    @property
    def lines(self) -> list[int]:
        return [row[2] for row in self.rows]

    @property
    def columns(self) -> list[Column]:
        return [Column(name, header) for name, header in zip(self.reading.columns, self.reading.headers, strict=True)]


class Bench:
    """Files in one folder, private copies in another, and a connection that reaches nothing else."""

    def __init__(self, root: Path) -> None:
        self.folder, self.workdir = root / "files", root / "work"
        self.folder.mkdir()
        self.workdir.mkdir()
        self.con = duckdb.connect()
        self.con.execute("set enable_progress_bar = false")
        self.con.execute("set allowed_directories = ?", [[str(self.folder), str(self.workdir)]])
        self.con.execute("set enable_external_access = false")
        self.con.execute("set lock_configuration = true")

    def file(self, content: bytes | str, name: str = "customers.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read(self, content: bytes | str | Path, name: str = "customers.csv", **options: Any) -> Loaded:
        path = content if isinstance(content, Path) else self.file(content, name)
        into, rejects = ident('the "rows"'), ident("select")
        for table in (into, rejects):
            self.con.execute(sql("drop table if exists {table}", table=table).text)
        reading = read(
            self.con, path, into, rejects=rejects, source="shop-a", first_id=100, options=ReadOptions(**options),
            workdir=self.workdir, temporary=True,
        )  # fmt: skip
        assert list(self.workdir.iterdir()) == [], "private copies are gone afterwards"
        assert reading.read == reading.loaded + reading.rejected + reading.skipped
        rows = self.con.execute(sql("select * from {into} order by _id", into=into).text).fetchall()
        bad = self.con.execute(sql("select * from {rejects} order by line", rejects=rejects).text).fetchall()
        assert [row[0] for row in rows] == list(range(100, 100 + reading.loaded))
        assert len(bad) == reading.rejected
        return Loaded(reading, rows, bad)

    def remarks(self, loaded: Loaded) -> list[tuple[Any, ...]]:
        """What the reader remarked on cells of what was read last."""
        if loaded.reading.remarks is None:
            return []
        return self.con.execute(sql("from {remarks} order by all", remarks=loaded.reading.remarks).text).fetchall()

    def write(self, loaded: Loaded, name: str, **options: Any) -> Path:
        """Write what was read last, by default in the dialect it was read in."""
        target = self.folder / name
        options.setdefault("dialect", loaded.reading.dialect)
        options.setdefault("format", loaded.reading.format)
        write(
            self.con, sql("select * from {into} order by _id", into=ident('the "rows"')), target,
            columns=loaded.columns, **options,
        )  # fmt: skip
        return target

    def round_trip(self, content: bytes, **options: Any) -> bytes:
        return self.write(self.read(content, **options), "again.csv").read_bytes()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.con.close()


@pytest.fixture(scope="module")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One for all examples of a property; every reading replaces the one before."""
    made = Bench(tmp_path_factory.mktemp("bench"))
    yield made
    made.con.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the data beside the repository")
    return folder
