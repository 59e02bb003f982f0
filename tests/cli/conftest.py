"""`crmctl` among other commands in a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
_FUNCTION = f'set -o pipefail; crmctl() {{ "{sys.executable}" -m crmctl "$@"; }}; '
Shell = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def shell(cli: Any) -> Shell:
    """Run a line of bash in the folder; the exit code is the first failing command's."""

    def run(line: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["bash", "-c", _FUNCTION + line], cwd=cli.folder, env=cli.environment | environment, input=stdin,
            capture_output=True, check=False, timeout=120,
        )  # fmt: skip

    return run


_PREPARE = """
import sys
from crmctl.cli.root import run
for line in sys.stdin.read().splitlines():
    code = run(["-q", *line.split()])
    assert code == 0, (line, code)
"""
_LINES = """\
init .
sample --customers 120 --out demo
import examples/contacts.csv
clean contacts --level likely --region CN,DE,GB
deduplicate contacts --into customers
import orders.csv --into orders
"""
_ORDERS = """\
order id,customer id,customer source,order date,amount
O-1,C-1001,contacts,2026-05-02,120.50
O-2,C-1002,contacts,2026-06-11,80
O-3,C-1003,contacts,2025-12-24,9500
O-4,C-1020,contacts,2026-01-15,33.20
"""


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder: the example contacts, a sample, and a store with contacts, customers and orders."""
    folder = tmp_path_factory.mktemp("prepared")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("plugin"))
    (folder / "orders.csv").write_text(_ORDERS, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", _PREPARE], cwd=folder, env=environment, input=_LINES, text=True, check=False,
        capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def project(cli: Any, prepared: Path) -> Any:
    """The command line in a copy of that folder."""
    shutil.copytree(prepared, cli.folder, dirs_exist_ok=True)
    return cli
