"""The example plug-in, installed; the example step that a project takes in; and what is told of faulty ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "plugin"
FAULTY = '''
from crmctl.step import Dataset, step


@step
def step_of_it(rows: Dataset, *, some: int = 1):
    """Do it.

    Args:
        rows: The rows.
    """
'''
ROWS = "id,Last Activity\n1,2026-06-01\n2,2020-01-01\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the example package is installed in."""
    target = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps",
         "--no-build-isolation", "--target", str(target), str(PLUGIN)], check=True, capture_output=True,
    )  # fmt: skip
    return target


def run(folder: Path, *arguments: str, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Python in a folder, with a folder of installed packages."""
    path = os.pathsep.join(str(each) for each in (ROOT / "src", site) if each)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CRMCTL_")}
    environment |= {"PYTHONPATH": path, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8",
        check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


def offer(site: Path, name: str, package: str, code: str) -> Path:
    """A package in `site` that offers a step of this name; returns its file."""
    metadata = site / f"{package}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "entry_points.txt").write_text(f"[crmctl.steps]\n{name} = {package}:step_of_it\n", encoding="utf-8")
    (site / f"{package}.py").write_text(code, encoding="utf-8")
    return site / f"{package}.py"


def test_the_help_lists_an_installed_step_with_its_package(installed: Path, folder: Path) -> None:
    shown = run(folder, "-m", "crmctl", "--help", site=installed).stdout
    assert "Plug-ins:\n  keep-recent  from crmctl-example-plugin" in shown
    assert "Plug-ins" not in run(folder, "-m", "crmctl", "--help").stdout


def test_an_installed_step_runs_from_the_command_line(installed: Path, folder: Path) -> None:
    done = run(
        folder, "-m", "crmctl", "--as-of", "2026-06-30", "keep-recent", "rows.csv", "--within", "30d", site=installed
    )
    assert (done.returncode, done.stdout) == (0, "id,Last Activity\n1,2026-06-01\n"), done.stderr
    assert "--within DURATION" in run(folder, "-m", "crmctl", "keep-recent", "--help", site=installed).stdout
    wrong = run(folder, "-m", "crmctl", "keep-recnt", "rows.csv", site=installed)
    assert wrong.stderr == "error: no command 'keep-recnt'; did you mean 'keep-recent'?\n"


def test_an_installed_step_runs_from_a_recipe_and_is_undone_like_any_other(installed: Path, folder: Path) -> None:
    (folder / "recent.yaml").write_text(
        "recipe: recent\nas_of: 2026-06-30\nsteps:\n  - import: {files: [rows.csv], into: people}\n"
        "  - keep-recent: {dataset: people, within: 1m}\n", encoding="utf-8",
    )  # fmt: skip
    done = run(folder, "-m", "crmctl", "run", "recent.yaml", site=installed)
    assert "people: rows in 2 = out 1 + merged 0 + removed 1 - added 0" in done.stderr
    assert run(folder, "-m", "crmctl", "undo").returncode == 0


def test_an_installed_step_is_a_function(installed: Path, folder: Path) -> None:
    script = "import crmctl; print(crmctl.keep_recent('rows.csv', within='90d').polars().rows())"
    assert run(folder, "-c", script, site=installed).stdout == "[('1', '2026-06-01')]\n"


def test_the_plug_ins_own_tests_pass(installed: Path) -> None:
    done = run(PLUGIN, "-m", "pytest", "tests", "-q", "-p", "no:cacheprovider", site=installed)
    assert done.returncode == 0, done.stdout


def test_a_step_without_a_docstring_line_is_told_with_its_file_when_it_is_used_and_not_before(folder: Path) -> None:
    file = offer(folder / "site", "step-of-it", "faulty_package", FAULTY)
    assert "step-of-it" in run(folder, "-m", "crmctl", "--help", site=file.parent).stdout
    assert run(folder, "-m", "crmctl", "profile", "rows.csv", site=file.parent).returncode == 0
    used = run(folder, "-m", "crmctl", "step-of-it", "rows.csv", site=file.parent)
    assert used.returncode == 2
    assert f"plug-in step step-of-it is faulty: {file}: step_of_it: the docstring does not explain some" in used.stderr
    checked = run(folder, "-m", "crmctl", "doctor", site=file.parent)
    assert (checked.returncode, "step step-of-it" in checked.stdout) == (1, True)


def test_a_step_that_cannot_be_imported_is_told_with_its_package(folder: Path) -> None:
    file = offer(folder / "site", "step-of-it", "broken_package", "import no_such_library\n")
    used = run(folder, "-m", "crmctl", "step-of-it", "rows.csv", site=file.parent)
    assert used.returncode == 2
    assert "No module named 'no_such_library'; mend or uninstall broken-package" in used.stderr


def test_a_name_that_two_packages_offer_is_refused_when_it_is_used(folder: Path) -> None:
    for package in ("first_package", "second_package"):
        file = offer(folder / "site", "step-of-it", package, "")
    used = run(folder, "-m", "crmctl", "step-of-it", "rows.csv", site=file.parent)
    assert used.returncode == 2
    assert (
        "the step 'step-of-it' comes from several packages: first-package, second-package; uninstall all but one"
        in used.stderr
    )


def test_crmctls_own_step_goes_before_a_package_of_the_same_name_and_doctor_tells(folder: Path) -> None:
    file = offer(folder / "site", "profile", "greedy_package", "raise SystemExit(9)\n")
    assert run(folder, "-m", "crmctl", "profile", "rows.csv", site=file.parent).returncode == 0
    assert "crmctl has a step of that name" in run(folder, "-m", "crmctl", "doctor", site=file.parent).stdout


def test_a_projects_own_step_is_taken_in_by_use(folder: Path) -> None:
    (folder / "spent.csv").write_text("id,Total spent\n1,105\n2,-3\n3,\n", encoding="utf-8")
    step = str(ROOT / "examples" / "steps" / "loyalty.py")
    done = run(folder, "-m", "crmctl", "--use", step, "loyalty-points", "spent.csv", "--per-point", "10")
    assert done.stdout == "id,Total spent,loyalty_points\n1,105,10\n2,-3,0\n3,,0\n", done.stderr
    assert run(folder, "-m", "crmctl", "loyalty-points", "spent.csv").returncode == 2
    (folder / "points.yaml").write_text(
        f"recipe: points\nuse: ['{step}']\nsteps:\n  - import: {{files: [spent.csv], into: people}}\n"
        "  - loyalty-points: {dataset: people}\n  - loyalty-points: {dataset: people, per_point: 5}\n"
        "  - export: {dataset: people, output: '-', columns: [loyalty_points]}\n", encoding="utf-8",
    )  # fmt: skip
    done = run(folder, "-m", "crmctl", "run", "points.yaml")
    assert done.stdout == "loyalty_points\n21\n0\n0\n", done.stderr
