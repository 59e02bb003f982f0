"""The built wheel works on its own: recipes, schemas, vocabulary and templates are in it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; the libraries it needs are those of this one."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([python, "-c", query], check=True, capture_output=True, text=True)
    site = Path(found.stdout.strip())
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
               "--prefix", str(home), "--ignore-installed", str(wheel)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, text=True)
    return home


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    binary = installed / ("Scripts" if os.name == "nt" else "bin") / "python"
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(
        [binary, "-m", "crmctl", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_carries_recipes_schemas_vocabulary_and_templates(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("shipped/recipes/nightly.yaml", "shipped/recipes/retail.yaml", "shipped/schemas/customer.yaml",
                 "shipped/schemas/rules/value-tier.yaml", "shipped/schemas/segments/default.yaml",
                 "vocabulary/headers.yaml", "vocabulary/messages.zh.json", "steps/index.json", "cli/index.json",
                 "store/layout.sql"):  # fmt: skip
        assert f"crmctl/{part}" in names
    assert any(name.startswith("crmctl/reporting/templates/") for name in names)
    assert not any("tests/" in name or "benchmarks/" in name for name in names)


@pytest.mark.slow
def test_sample_and_nightly_run_from_the_wheel_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    made = run(installed, tmp_path, "sample", "--customers", "300", "--out", "data")
    assert made.returncode == 0, made.stderr
    where = run(installed, tmp_path, "doctor", "--format", "csv")
    assert str(ROOT) not in where.stdout
    ran = run(installed, tmp_path, "run", "nightly", "--set", "data=data", "--set", "out=out")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "customers" in run(installed, tmp_path, "datasets").stdout
