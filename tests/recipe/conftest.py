"""Recipes in a folder with two small files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CUSTOMERS = """\
id,name,email,city
1,Ann Lee,ann@EXAMPLE.com ,Berlin
2,Bob Ray,bob@example.org,
3,,x@example.net,Leeds
"""


@pytest.fixture
def folder(cli: Any) -> Any:
    """The command line in a folder with `customers.csv`."""
    (cli.folder / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    return cli


@pytest.fixture
def recipe(folder: Any) -> Callable[..., Path]:
    """Write a recipe of these steps (YAML) into the folder."""

    def write(steps: str, head: str = "", name: str = "r.yaml") -> Path:
        path: Path = folder.folder / name
        lines = [f"  - {line}" if not line.startswith(" ") else line for line in steps.strip("\n").splitlines()]
        path.write_text("recipe: r\n" + head + "steps:\n" + "\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


IMPORT = "import: {files: [customers.csv], into: customers}"
