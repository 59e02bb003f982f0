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
# This tree's own package, whichever is installed.
sys.path.insert(0, str(ROOT / "src"))


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
    from crmctl.cli.commands import GROUPS, STEPS_GROUP

    steps = json.loads(step_index())
    listed = {name for names in GROUPS.values() for name in names}
    entries = {}
    for group, names in GROUPS.items():
        rest = [name for name in steps if name not in listed] if group == STEPS_GROUP else []
        for name in (*names, *rest):
            if name in steps:
                entries[name] = {"group": group, "summary": steps[name]["summary"], "step": "yes"}
            else:
                module = f"crmctl.cli.commands.{name.replace('-', '_')}"
                command = importlib.import_module(module).command
                entries[name] = {"group": group, "summary": command.get_short_help_str(80), "module": module}
    return _json(entries)


def reference() -> dict[str, str]:
    """The reference pages by name. They rest on the indexes, which have to be written by then."""
    from crmctl.step import registry

    registry.index.cache_clear()
    from reference.commands import commands_page
    from reference.conditions import conditions_page
    from reference.presets import presets_page
    from reference.schemas import schemas_page
    from reference.steps import steps_page

    steps, commands = json.loads(step_index()), json.loads(command_index())
    order = [name for name in commands if name in steps]
    return {
        "steps": steps_page(steps, order, ROOT / "tests" / "steps" / "cases"),
        "commands": commands_page(),
        "conditions": conditions_page(),
        "schemas": schemas_page(),
        "presets": presets_page(),
    }


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def indexes() -> dict[Path, str]:
    """The generated indexes and their content."""
    return {SOURCE / "steps" / "index.json": step_index(), SOURCE / "cli" / "index.json": command_index()}


def pages() -> dict[Path, str]:
    """The generated reference pages and their content."""
    return {ROOT / "docs" / "reference" / f"{name}.md": text for name, text in reference().items()}


def main() -> int:
    """Write or compare, the indexes before the pages that rest on them."""
    stale = []
    for made in (indexes, pages):
        for path, text in made().items():
            if path.exists() and path.read_text("utf-8") == text:
                continue
            stale.append(path)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    if "--check" in sys.argv:
        for path in stale:
            print(f"stale: {path.relative_to(ROOT)}; run: make docs")
        return int(bool(stale))
    return 0


if __name__ == "__main__":
    sys.exit(main())
