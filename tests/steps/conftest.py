"""Prepared folders for the steps' tests, each built once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

Build = Callable[[str, Callable[[], None]], Any]


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("built")


@pytest.fixture
def once(cli: Any, _built: Any) -> Build:
    """Fill the command line's folder by a function, or by a copy of what it made before under the same name."""

    def fill(name: str, build: Callable[[], None]) -> Any:
        kept = _built / name
        if kept.exists():
            shutil.copytree(kept, cli.folder, dirs_exist_ok=True)
        else:
            build()
            shutil.copytree(cli.folder, kept)
        return cli

    return fill
