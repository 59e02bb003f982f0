"""The page on adding a step, followed literally in a copy of the tree: one new file and its cases, nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-step.md"
CASES = "tests/steps/cases/mask.yaml"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a step lives in."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("src", "scripts", "recipes", "schemas", "tests/steps", "docs", "examples"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    return copy


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True, encoding="utf-8",
        check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_one_file_and_its_cases_make_a_command_a_recipe_step_a_function_and_a_page(
    tree: Path, blocks_of: Callable[..., Any]
) -> None:
    saved = {block.title: block.text for block in blocks_of(PAGE) if block.title}
    (tree / "src/crmctl/steps/mask.py").write_text(saved["steps/mask.py"], encoding="utf-8")
    (tree / CASES).write_text(saved[CASES], encoding="utf-8")

    made = run(tree, "scripts/generate.py")
    assert made.returncode == 0, made.stderr
    tested = run(tree, "-m", "pytest", "tests/steps/test_cases.py", "-k", "mask", "-q", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout
    assert "4 passed" in tested.stdout
    assert "mask" in run(tree, "-m", "crmctl", "--help").stdout
    assert "\n## mask\n" in (tree / "docs/reference/steps.md").read_text(encoding="utf-8")

    (tree / "rows.csv").write_text("id,Mobile\n1,13910284576\n", encoding="utf-8")
    script = "import crmctl; print(crmctl.mask('rows.csv', fields=['Mobile']).polars().rows())"
    assert "('1', '*******4576')" in run(tree, "-c", script).stdout
    (tree / "r.yaml").write_text(
        "recipe: r\nsteps:\n  - import: {files: [rows.csv], into: people}\n"
        "  - mask: {dataset: people, fields: [Mobile]}\n  - export: {dataset: people, output: '-'}\n",
        encoding="utf-8",
    )
    assert "*******4576" in run(tree, "-m", "crmctl", "run", "r.yaml").stdout


@pytest.mark.slow
def test_a_case_that_does_not_come_true_and_a_forgotten_line_are_told(
    tree: Path, blocks_of: Callable[..., Any]
) -> None:
    saved = {block.title: block.text for block in blocks_of(PAGE) if block.title}
    path = tree / "src/crmctl/steps/mask.py"
    path.write_text(saved["steps/mask.py"].replace("        keep: How many characters stay to be seen.\n", ""), "utf-8")
    refused = run(tree, "scripts/generate.py")
    assert refused.returncode != 0
    assert f"{path}: mask: the docstring does not explain keep" in refused.stderr

    path.write_text(saved["steps/mask.py"].replace("keep: int = 4", "keep: int = 3"), "utf-8")
    (tree / CASES).write_text(saved[CASES], encoding="utf-8")
    assert run(tree, "scripts/generate.py").returncode == 0
    tested = run(tree, "-m", "pytest", "tests/steps/test_cases.py", "-k", "mask", "-q", "-p", "no:cacheprovider")
    assert "********576" in tested.stdout
    assert tested.returncode == 1
