"""Files that are damaged in every way: each ends in tables whose accounts add up, or in a clear error."""

from __future__ import annotations

import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CommandLine
from tests.formats.samples import ROWS, damaged, packed, valid

from crmctl.errors import CrmctlError
from crmctl.formats import ReadOptions, parts, read
from crmctl.sql import ident, sql

FILES = 2_000
LONGEST = 10.0
"""Seconds of work that one file may cost, however busy the machine is."""
MEMORY = 1_000
"""Megabytes that the whole of it may take, in this process with all that it has loaded."""


def outcome(bench: Any, path: Path) -> str:
    """What came of a file: `tables`, or the exit code of a clear error. Everything else is raised."""
    into, rejects = ident("fuzzed"), ident("fuzzed rejects")
    found: CrmctlError | None = None
    try:
        for part in parts(path, ReadOptions(), bench.workdir):
            reading = read(
                bench.con, part.path, into, rejects=rejects, source="s", first_id=1, options=part.options,
                workdir=bench.workdir, temporary=True,
            )  # fmt: skip
            assert reading.read == reading.loaded + reading.rejected + reading.skipped
            counted = sql("select (select count(*) from {t}), (select count(*) from {r})", t=into, r=rejects)
            assert bench.con.execute(counted.text).fetchall() == [(reading.loaded, reading.rejected)]
            for table in (into, rejects):
                bench.con.execute(sql("drop table {table}", table=table).text)
    except CrmctlError as error:
        found = error
    finally:
        for entry in bench.workdir.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if found is None:
        return "tables"
    assert found.cause
    assert found.cure, "an error says what to do"
    assert bench.con.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)], "nothing is left behind"
    return str(found.exit_code)


def _peak() -> int:
    """The most memory that this process has had so far, in megabytes; 0 where that cannot be told."""
    if sys.platform == "win32":
        return 0
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used >> (20 if sys.platform == "darwin" else 10)


@pytest.mark.slow
def test_every_damaged_file_ends_in_a_table_or_a_clear_error(bench: Any) -> None:
    names = list(valid())
    outcomes: Counter[str] = Counter()
    before = _peak()
    for seed in range(FILES):
        chance = random.Random(seed)  # noqa: S311 - it damages files, it keeps no secret
        name = names[seed % len(names)]
        content = damaged(valid()[name], chance)
        # One file in five has another's name, or none.
        shown = name if chance.random() < 0.8 else chance.choice([*names, "stdin.input"])
        path = bench.file(content, f"{seed}-{shown}")
        begun = time.process_time()
        try:
            outcomes[outcome(bench, path)] += 1
        except Exception as error:
            error.add_note(f"seed {seed}: {name} as {shown}")
            raise
        assert time.process_time() - begun < LONGEST, f"seed {seed}: {name} as {shown}"
        path.unlink()
    assert set(outcomes) == {"tables", "3"}
    assert outcomes["tables"] > FILES // 10, "not everything is refused"
    assert _peak() <= max(before, MEMORY)


@pytest.mark.parametrize("name", valid())
def test_an_undamaged_file_has_every_record(bench: Any, name: str) -> None:
    """The count is that of the records that were put in, by whatever reads and writes the format."""
    found = parts(bench.file(valid()[name], name), ReadOptions(), bench.workdir)
    for part in found:
        reading = read(
            bench.con, part.path, ident("t"), rejects=ident("r"), source="s", first_id=1, options=part.options,
            workdir=bench.workdir, temporary=True,
        )  # fmt: skip
        assert (reading.read, reading.loaded, reading.rejected, reading.skipped) == (len(ROWS), len(ROWS), 0, 0)
        for table in ("t", "r"):
            bench.con.execute(sql("drop table {table}", table=ident(table)).text)


@pytest.mark.parametrize("name", valid())
def test_an_empty_file_is_an_error_whatever_it_is_called(bench: Any, name: str) -> None:
    assert outcome(bench, bench.file(b"", name)) == "3"


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson", "a.json", "a.vcf", "html.xls", "xml.xls", "a.fwf"])
@pytest.mark.parametrize("content", [b"\0" * 50_000, b"x" * 3_000_000, b'"' * 100_001, b"<" * 500_000, b"[" * 500_000])
def test_text_that_makes_no_sense_ends_soon(bench: Any, name: str, content: bytes) -> None:
    begun = time.process_time()
    assert outcome(bench, bench.file(content, name)) in {"tables", "3"}
    assert time.process_time() - begun < LONGEST


def test_a_zip_that_is_its_own_member_many_times_over_is_refused(bench: Any) -> None:
    content = packed({"a.csv": valid()["a.csv"]})
    for _ in range(30):
        content = packed({"in.zip": content})
    assert outcome(bench, bench.file(content, "deep.zip")) == "3"


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet", "a.csv.gz", "nested.zip", "a.sqlite", "a.json", "lz4.arrow"])
def test_the_command_ends_with_3_and_publishes_nothing(cli: CommandLine, name: str) -> None:
    content = valid()[name]
    cli.folder.joinpath(name).write_bytes(content[: len(content) * 2 // 3])
    answer = cli("import", name, "--into", "customers", code=3)
    assert "Traceback" not in answer.err
    assert cli("datasets").rows == []
