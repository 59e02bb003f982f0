"""Every page is followed literally: its commands, scripts, recipes and schemas, in order, in one empty folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmctl import yamlfile
from crmctl.checks import load_checks
from crmctl.recipe.loading import read_recipe
from crmctl.rules import parse_condition, read_classification, read_segments
from crmctl.schema import load_schema
from crmctl.step import registry
from crmctl.step.model import model
from crmctl.testing import load_cases

ROOT = Path(__file__).parents[2]
FOLLOWED = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("how-*/*.md"))]
REFERENCE = sorted((ROOT / "docs" / "reference").glob("*.md"))
OTHERS = [ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "examples/plugin/README.md")]
PAGES = [*FOLLOWED, *REFERENCE, *OTHERS]
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.slow
@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.name)
def test_a_page_can_be_followed_to_the_letter(page: Path, reader: Any, blocks_of: Callable[..., Any],
                                              commands_of: Callable[..., Any]) -> None:  # fmt: skip
    for block in blocks_of(page):
        if block.title:
            reader.save(block)
        elif block.language == "python":
            reader.python(block.text)
        elif block.language == "console":
            for command in commands_of(block):
                code, seen = reader.type(command.typed)
                assert code == command.code, f"{block}: {command.typed}\n{seen}"
                if command.shown:
                    assert re.fullmatch(_pattern(command.shown), seen + "\n"), f"{block}: {command.typed}\n{seen}"


def _pattern(shown: str) -> str:
    """What is shown as a pattern: a line with nothing but … stands for any lines, a … within a line for any text."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*?") + r"\n" for line in shown.split("\n")
    ]
    return "".join(lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_yaml_of_a_page_means_something(page: Path, blocks_of: Callable[..., Any], tmp_path: Path) -> None:
    for block in blocks_of(page):
        if block.language == "yaml" and block.title != "wrong.yaml":
            file = tmp_path / "block.yaml"
            file.write_text(block.text, encoding="utf-8")
            _read(file, yamlfile.load(file))


def _read(file: Path, document: yamlfile.Document) -> None:
    """Read a block as what its keys say it is. What has a step that is not installed is run by tests of its own."""
    match document.data:
        case {"recipe": _, "steps": steps} if all(set(step) <= set(registry.names()) for step in steps):
            for step in read_recipe(document).steps:
                _check_parameters(step.command, step.given)
        case {"recipe": _}:
            pass
        case [*steps]:
            for step in steps:
                for name, given in step.items():
                    _check_parameters(name, given)
        case {"step": _, "cases": _}:
            load_cases(file)
        case {"fields": _}:
            load_schema(str(file))
        case {"classification": _}:
            read_classification(document)
        case {"segments": _}:
            read_segments(document)
        case {"checks": _}:
            load_checks(file)
        case condition:
            parse_condition(condition)


def _check_parameters(name: str, given: dict[str, Any]) -> None:
    spec = registry.find(name)
    values = dict(given or {})
    if spec.input is not None and spec.input.key == "datasets" and "dataset" in values:
        values["datasets"] = [values.pop("dataset")]
    model(spec).model_validate(values)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in _LINK.findall(text):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, f"{page.name}: {target}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_file_that_a_page_tells_to_save_is_named_in_the_text_before_it(blocks_of: Callable[..., Any]) -> None:
    for page in FOLLOWED:
        lines = page.read_text(encoding="utf-8").splitlines()
        for block in blocks_of(page):
            if block.title:
                before = " ".join(lines[max(0, block.line - 6) : block.line - 1])
                named = f"`{block.title}`" in before
                assert named or block.title == "wrong.yaml", f"{block}: {block.title} is not named before it"


def test_both_readmes_follow_the_same_tour(blocks_of: Callable[..., Any], commands_of: Callable[..., Any]) -> None:
    tours = []
    for name in ("README.md", "README.zh.md"):
        found = [command for block in blocks_of(ROOT / name) if block.language == "console"
                 for command in commands_of(block)]  # fmt: skip
        tours.append(
            [re.sub(r"\s+#.*", "", command.typed) for command in found if not command.typed.startswith("export")]
        )
    assert tours[0] == tours[1]
