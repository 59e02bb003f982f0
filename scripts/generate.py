"""Writes what is generated from the declarations: the indexes for a fast start, and the reference pages.

`python scripts/generate.py` writes; with `--check` it only tells whether anything would change.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "crmctl"


def step_index() -> str:
    """Module, function and declaration of every step under `steps/`."""
    entries = {}
    for path in sorted((SOURCE / "steps").glob("*.py")):
        if path.stem.startswith("__"):
            continue
        module = importlib.import_module(f"crmctl.steps.{path.stem}")
        for name, item in vars(module).items():
            spec = getattr(item, "__crmctl_step__", None)
            if spec is not None and spec.function.__module__ == module.__name__:
                entries[spec.name] = {"module": module.__name__, "function": name, **spec.to_dict()}
    return _json(dict(sorted(entries.items())))


def command_index() -> str:
    """Every command in the order of the root help: steps, then the commands that are none."""
    from crmctl.cli.commands import GROUPS

    steps = json.loads(step_index())
    entries = {}
    for group, names in GROUPS.items():
        for name in names:
            if name in steps:
                entries[name] = {"group": group, "summary": steps[name]["summary"], "step": "yes"}
            else:
                module = f"crmctl.cli.commands.{name.replace('-', '_')}"
                command = importlib.import_module(module).command
                entries[name] = {"group": group, "summary": command.get_short_help_str(80), "module": module}
    missing = set(steps) - set(entries)
    if missing:
        raise SystemExit(f"steps without a place in GROUPS: {missing}")
    return _json(entries)


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def generated() -> dict[Path, str]:
    """Every generated file and its content; later ones rest on the ones before."""
    return {SOURCE / "steps" / "index.json": step_index(), SOURCE / "cli" / "index.json": command_index()}


def main() -> int:
    """Write or compare."""
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"stale: {path.relative_to(ROOT)}; run: make docs")
        return int(bool(stale))
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
