"""Who may import whom, how long a file may be, and that what is generated is up to date."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "crmctl"

# From the bottom to the top. Rooms of one row know nothing of each other, but for the pairs named below.
ROWS = [
    {"errors", "messages", "sql", "yamlfile", "resources", "atomic"},
    {"store", "schema", "formats", "vocabulary"},
    {"cleaning", "rules"},
    {"matching", "analytics", "checks", "exporting", "reporting", "sampling"},
    {"step", "run", "steps"},
    {"recipe"},
    {"session"},
    {"cli", "testing"},
]
WITHIN_A_ROW = {
    ("errors", "messages"), ("yamlfile", "errors"), ("yamlfile", "resources"), ("atomic", "errors"),
    ("store", "schema"), ("formats", "schema"),
    ("run", "step"), ("steps", "step"), ("steps", "run"),
}  # fmt: skip
# The package itself carries the version and the names of the scripting face, which load when they are used.
ROOT_NAMES = {"__version__"}

PATHS = sorted(SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, module and name of every import in a file, inside functions and type checking too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it leads"
            for alias in node.names:
                yield node.lineno, node.module or "", alias.name


def known_rooms(path: Path) -> Iterator[tuple[int, str]]:
    """Line and room of everything of ours that a file imports."""
    for line, module, name in imports(path):
        if module == "crmctl" and name in ROOT_NAMES:
            continue
        if module == "crmctl" or module.startswith("crmctl."):
            yield line, module.split(".")[1] if "." in module else name


def test_every_room_has_its_row():
    found = {room(path) for path in PATHS} - {"__init__", "__main__"}
    assert found <= set().union(*ROWS), found - set().union(*ROWS)


def test_rooms_import_only_what_lies_below_them():
    level = {name: number for number, row in enumerate(ROWS) for name in row}
    faults = []
    for path in PATHS:
        own = room(path)
        if own in ("__init__", "__main__"):
            continue
        for line, other in known_rooms(path):
            allowed = other == own or level[other] < level[own] or (own, other) in WITHIN_A_ROW
            if not allowed:
                faults.append(f"{path.relative_to(ROOT)}:{line} imports {other}")
    assert not faults, "\n".join(faults)


def test_the_exceptions_within_a_row_are_all_in_use():
    used = {(room(path), other) for path in PATHS for _, other in known_rooms(path)}
    assert used >= WITHIN_A_ROW, WITHIN_A_ROW - used


@pytest.mark.parametrize("library", ["click", "rich"])
def test_only_the_command_line_knows_the_terminal(library: str):
    faults = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in PATHS
        if room(path) != "cli"
        for line, module, _ in imports(path)
        if module.split(".")[0] == library
    ]
    assert not faults


def test_the_checks_and_the_matching_know_of_conditions_at_most():
    """What joins two rooms of a row is wired in `steps`; below it nothing knows that recipes exist."""
    below = set().union(*ROWS[: ROWS.index({"recipe"})])
    faults = [f"{path}:{line}" for path in PATHS if room(path) in below for line, other in known_rooms(path)
              if other == "recipe"]  # fmt: skip
    assert not faults


def test_no_file_is_longer_than_a_room_should_be():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in PATHS}
    too_long = {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > 400}
    assert not too_long
    assert sorted(lengths.values())[len(lengths) // 2] < 120


def test_no_function_is_longer_than_a_screen():
    """99 of 100 functions stay below 60 lines."""
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in PATHS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    assert sum(length > 60 for length in lengths) <= len(lengths) / 100


def test_what_is_generated_is_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "scripts" / "generate.py", "--check"], cwd=ROOT, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


HEAVY = ["duckdb", "polars", "pyarrow", "numpy", "pydantic", "phonenumbers", "rich", "yaml"]


@pytest.mark.parametrize("arguments", [["--help"], ["clean", "--help"], ["undo", "--help"], ["--version"]])
def test_help_loads_none_of_the_heavy_libraries(arguments: list[str]):
    program = (
        "import sys, runpy\n"
        f"sys.argv = ['crmctl', *{arguments!r}]\n"
        "try:\n    runpy.run_module('crmctl', run_name='__main__')\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT / "src", capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
