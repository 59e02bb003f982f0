"""The command line in a folder of its own, in-process and as a process, and files that are poisoned on purpose."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crmctl import messages
from crmctl.cli.root import run
from crmctl.store import open_store

SOURCE = Path(__file__).resolve().parents[1] / "src"

HEADERS = ["id", 'e "mail"', "select", "手机", "Signup Date"]
ROWS = [
    ["1", "Ann.Lee@Example.com ", "north", "138 0013 8000", "2026-01-05"],
    ["2", "bob@example.org", "it's", "", "2026-02-11"],
    ["3", "", 'a "quoted", cell', "13900139000", ""],
    ["4", "chen@example.cn", "line\nbreak", "+86 13700137000", "2026-03-01"],
    ["5", "ann.lee@example.com", "north", "13800138000", "2026-01-05"],
]


@dataclass(frozen=True)
class Answer:
    """What a command line came to."""

    code: int
    data: bytes
    err: str

    @property
    def out(self) -> str:
        return self.data.decode("utf-8")

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as NDJSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class CommandLine:
    """`crmctl` in a folder: called in this process, or as one of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.environment, self._monkeypatch = folder, environment, monkeypatch
        self.store = folder / "crm.duckdb"

    def __call__(self, *arguments: object, stdin: bytes = b"", code: int | None = 0) -> Answer:
        """Run in this process. ``code`` is the expected exit code; None takes any."""
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True) for _ in range(2)]
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
            patch.setattr(sys, "stdout", streams[0])
            patch.setattr(sys, "stderr", streams[1])
            found = run([str(argument) for argument in arguments])
        messages.set_language(None)
        out, err = (stream.buffer.getvalue() for stream in streams)  # type: ignore[attr-defined]  # a BytesIO
        return self._expect(Answer(found, out, err.decode("utf-8")), code, arguments)

    def process(self, *arguments: object, stdin: bytes = b"", code: int | None = 0, **environment: str) -> Answer:
        """Run as a process and wait for it."""
        done = subprocess.run(
            [sys.executable, "-m", "crmctl", *map(str, arguments)],
            cwd=self.folder, env=self.environment | environment, input=stdin, capture_output=True, check=False,
            timeout=120,
        )  # fmt: skip
        return self._expect(Answer(done.returncode, done.stdout, done.stderr.decode("utf-8")), code, arguments)

    def start(self, *command: object, **environment: str) -> subprocess.Popen[str]:
        """Start a Python process with this command line, and leave it running."""
        return subprocess.Popen(
            [sys.executable, *map(str, command)], cwd=self.folder, env=self.environment | environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def open(self, **options: Any) -> Any:
        """The store itself, as a context."""
        return open_store(self.store, create=False, **options)

    def write(self, name: str, rows: Iterable[Sequence[str]], headers: Sequence[str] = HEADERS) -> Path:
        """A CSV file in the folder."""
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([headers, *rows])
        return path

    @staticmethod
    def _expect(answer: Answer, code: int | None, arguments: tuple[object, ...]) -> Answer:
        assert code is None or answer.code == code, f"{arguments}: exit {answer.code}\n{answer.err}"
        return answer


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line in an empty folder, with a home and a temporary directory of its own."""
    folder, home, temporary = (tmp_path / name for name in ("work", "home", "tmp"))
    for each in (folder, home, temporary):
        each.mkdir()
    for name in [name for name in os.environ if name.startswith("CRMCTL_")]:
        monkeypatch.delenv(name)
    own = {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONPATH": str(SOURCE), "PYTHONIOENCODING": "utf-8"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(folder)
    return CommandLine(folder, dict(os.environ), monkeypatch)


@pytest.fixture
def poisoned(cli: CommandLine) -> Path:
    """A CSV with a quote and a reserved word among its headers, Chinese, line breaks and quotes in its cells."""
    return cli.write("a 'quote.csv", ROWS)


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("built")


@pytest.fixture
def once(cli: CommandLine, _built: Path) -> Callable[[str, Callable[[], object]], CommandLine]:
    """Fill the command line's folder by a function, or by a copy of what that made before under the same name."""

    def fill(name: str, build: Callable[[], object]) -> CommandLine:
        kept = _built / name
        if kept.exists():
            shutil.copytree(kept, cli.folder, dirs_exist_ok=True)
        else:
            build()
            shutil.copytree(cli.folder, kept)
        return cli

    return fill
