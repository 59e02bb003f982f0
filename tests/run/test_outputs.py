"""What a run writes: never over the store or over what it reads, and only once the run is published."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crmctl.errors import FileError, UsageError, UsageErrors
from crmctl.run.exporting.output import Patient

ROWS = [["1", "ann@EXAMPLE.com ", "Berlin"], ["2", "bob@example.org", ""]]
HEADERS = ["id", "email", "city"]
REQUIRED = "checks:\n  - {kind: required, field: city}\n"


@pytest.fixture
def people(cli: Any) -> Path:
    path: Path = cli.write("people.csv", ROWS, HEADERS)
    return path


@pytest.fixture
def kept(cli: Any, people: Path) -> Any:
    cli("import", people, "--into", "people")
    return cli


def files(cli: Any) -> list[str]:
    return sorted(path.name for path in cli.folder.iterdir())


def test_the_store_is_never_an_output(kept: Any) -> None:
    (kept.folder / "link.csv").symlink_to(kept.store)
    before = kept.store.read_bytes(), files(kept)
    for command in (
        "export people --format csv -o {}", "clean people --format csv -o {}",
        "clean people.csv --format csv -o {} --in-place", "report people -o {}", "deduplicate people --clusters {}",
        "check people --report junit={}", "check people --failures {}", "profile people --format csv -o {}",
    ):  # fmt: skip
        refused = kept(*command.format("crm.duckdb").split(), code=2)
        assert refused.err == "error: crm.duckdb belongs to the store; choose another output\n"
    for name in ("./crm.duckdb", "crm.duckdb.wal", "crm.duckdb.names", "crm.duckdb.lock", "link.csv"):
        assert "belongs to the store" in kept("export", "people", "--format", "csv", "-o", name, code=2).err
    assert (kept.store.read_bytes(), files(kept)) == before


@pytest.mark.parametrize("name", ["people.csv", "rules.yaml"])
def test_a_result_file_is_no_input(cli: Any, people: Path, name: str) -> None:
    (cli.folder / "rules.yaml").write_text(REQUIRED, encoding="utf-8")
    before = (cli.folder / name).read_bytes()
    refused = cli("check", people, "--checks", "rules.yaml", "--report", f"junit={name}", code=2)
    assert refused.err == f"error: {name} is the input; choose another output\n"
    assert (cli.folder / name).read_bytes() == before


def test_in_place_is_for_the_rows_and_not_for_the_schema(cli: Any, people: Path) -> None:
    schema = cli.folder / "own.yaml"
    schema.write_text(REQUIRED, encoding="utf-8")
    cli("check", people, "--checks", schema, "--format", "csv", "-o", schema, code=2)
    assert schema.read_text(encoding="utf-8") == REQUIRED


def test_a_backup_is_never_overwritten(cli: Any, people: Path) -> None:
    first = people.read_bytes()
    cli("clean", people, "--in-place")
    second = people.read_bytes().replace(b"ann@", b" ANN@")
    people.write_bytes(second)
    cli("clean", people, "--in-place")
    assert files(cli) == ["people.csv", "people.csv.bak", "people.csv.bak.1"]
    assert (cli.folder / "people.csv.bak").read_bytes() == first
    assert (cli.folder / "people.csv.bak.1").read_bytes() == second


def test_in_place_writes_nothing_where_nothing_changes(cli: Any, people: Path) -> None:
    cli("clean", people, "--in-place")
    (cli.folder / "people.csv.bak").unlink()
    before = people.stat()
    cli("clean", people, "--in-place")
    assert files(cli) == ["people.csv"]
    assert (people.stat().st_ino, people.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_failed_import_writes_no_output(cli: Any) -> None:
    (cli.folder / "torn.csv").write_text("id,email\n1,a@example.com\n2,b@example.com,x,y\n", encoding="utf-8")
    (cli.folder / "out.csv").write_text("old\n", encoding="utf-8")
    cli("import", "torn.csv", "--max-rejects", "0", "--into", "torn", "-o", "out.csv", code=1)
    assert (cli.folder / "out.csv").read_text(encoding="utf-8") == "old\n"
    assert not [name for name in files(cli) if name.endswith(".tmp")]


def test_result_files_of_a_failed_check_are_written(cli: Any, people: Path) -> None:
    (cli.folder / "rules.yaml").write_text(REQUIRED, encoding="utf-8")
    cli(
        "check", people, "--checks", "rules.yaml", "--report", "junit=r.xml", "--failures", "f.csv", "-o", "a.csv",
        code=1,
    )  # fmt: skip
    assert files(cli) == ["a.csv", "f.csv", "people.csv", "r.xml", "rules.yaml"]
    assert "<failure" in (cli.folder / "r.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", ["clean people.csv -o b.csv", "check people.csv --fail-on never", "profile people.csv"]
)
def test_work_on_files_does_not_look_at_the_store(cli: Any, people: Path, command: str) -> None:
    cli.store.write_bytes(b"no store at all")
    cli(*command.split())
    assert cli.store.read_bytes() == b"no store at all"


def created(path: Path) -> str:
    with zipfile.ZipFile(path) as book:
        return book.read("docProps/core.xml").decode()


def test_the_clock_does_not_enter_a_workbook(cli: Any, people: Path) -> None:
    for number, command in enumerate(("export", "clean")):
        path = cli.folder / f"{number}.xlsx"
        cli(command, people, "-o", path)
        assert "1980-01-01" in created(path)
        cli("--as-of", "today", command, people, "-o", path)
        assert "1980-01-01" in created(path)
        cli("--as-of", "2026-01-31", command, people, "-o", path)
        assert "2026-01-31" in created(path)


class Gone(io.BytesIO):
    """A pipe whose reader has gone."""

    def write(self, data: Any) -> int:
        raise BrokenPipeError


def test_a_patient_stream_swallows_a_closed_pipe_and_nothing_else() -> None:
    gone = Patient(Gone())
    assert (gone.write(b"abc"), gone.write(b"de")) == (3, 2)
    gone.flush()
    whole = io.BytesIO()
    assert Patient(whole).write(b"abc") == 3
    assert whole.getvalue() == b"abc"


def test_a_run_that_keeps_its_rows_ends_well_though_its_reader_has_gone(cli: Any) -> None:
    many = cli.write("many.csv", [[str(n), f"p{n}@example.com", "Berlin"] for n in range(20_000)], HEADERS)
    line = f'"{sys.executable}" -m crmctl -q clean {many} --into many -o - | head -1'
    done = subprocess.run(["bash", "-c", "set -o pipefail; " + line], cwd=cli.folder, env=cli.environment,
                          capture_output=True, check=False, timeout=120)  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"id,email,city\n", b"")
    assert [row["dataset"] for row in cli("datasets").rows] == ["many"]


def test_errors_together_have_the_exit_code_that_they_have_in_common() -> None:
    missing, wrong = FileError("no file"), UsageError("wrong")
    assert UsageErrors([missing, missing]).exit_code == 3
    assert UsageErrors([missing, UsageErrors([missing, missing])]).exit_code == 3
    assert UsageErrors([missing, wrong]).exit_code == 2
    assert UsageErrors([missing, missing]).to_dict()["exit_code"] == 3
