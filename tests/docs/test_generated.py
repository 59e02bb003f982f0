"""What is generated is what its sources say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_indexes_and_reference_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_step_and_its_parameters_stand_in_the_reference() -> None:
    from crmctl.step import registry

    page = (ROOT / "docs" / "reference" / "steps.md").read_text(encoding="utf-8")
    for name in registry.index():
        declaration = registry.declared(name)
        assert declaration is not None
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        for parameter in declaration.parameters:
            assert f"| `{parameter.key}` |" in section


def test_every_command_stands_in_the_reference() -> None:
    from crmctl.cli.root import index

    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for name in index():
        assert f"\n### {name}\n" in page
