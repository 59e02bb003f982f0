"""Finding steps by name: crmctl's own through the generated index, plug-ins by entry point, a project's by `use`."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from crmctl.errors import CrmctlError, FileError, UsageError, did_you_mean
from crmctl.step.declaration import Declaration
from crmctl.step.installed import Plugin, installed

if TYPE_CHECKING:
    from crmctl.step.spec import StepSpec

INDEX = Path(__file__).parents[1] / "steps" / "index.json"
_used: dict[str, StepSpec] = {}


@cache
def index() -> dict[str, dict[str, Any]]:
    """Module, function and declaration of every step of crmctl's own, by name; generated at build."""
    data: dict[str, dict[str, Any]] = json.loads(INDEX.read_text(encoding="utf-8"))
    return data


def declared(name: str) -> Declaration | None:
    """A step's declaration, without importing it where it is crmctl's own; None where there is no such step."""
    if name in index():
        return Declaration.from_dict(index()[name])
    return find(name) if name in names() else None


def names() -> list[str]:
    """Every step there is, by name."""
    return sorted({*index(), *installed(), *_used})


def summaries() -> dict[str, str]:
    """The first docstring line of every step, importing only those that are not in the index."""
    own = {name: entry["summary"] for name, entry in index().items()}
    others = {name: find(name).summary for name in (*installed(), *_used) if name not in own}
    return {**own, **others}


def find(name: str) -> StepSpec:
    """The step of that name.

    Raises:
        UsageError: There is none; or a plug-in's declaration is faulty.
    """
    if name in _used:
        return _used[name]
    if name in index():
        entry = index()[name]
        return _spec(getattr(importlib.import_module(entry["module"]), entry["function"]))
    if name in installed():
        return _load_plugin(installed()[name])
    near = did_you_mean(name, names())
    if near:
        raise UsageError("unknown step {name!r}", cure="did you mean {near!r}?", name=name, near=near)
    raise UsageError("unknown step {name!r}", cure="there are: {names}", name=name, names=", ".join(names()))


def _spec(function: Any) -> StepSpec:
    spec: StepSpec = function.__crmctl_step__
    return spec


def _load_plugin(offers: Sequence[Plugin]) -> StepSpec:
    plugin = offers[0]
    if len(offers) > 1:
        raise UsageError(
            "the step {name!r} comes from several packages: {packages}", cure="uninstall all but one",
            name=plugin.name, packages=", ".join(each.package for each in offers),
        )  # fmt: skip
    module, _, function = plugin.target.partition(":")
    try:
        spec = _spec(getattr(importlib.import_module(module), function))
    except CrmctlError as error:
        raise UsageError("plug-in step {name} is faulty: {problem}", name=plugin.name, problem=error.cause) from None
    except Exception as error:
        raise UsageError(
            "plug-in step {name} ({target}) cannot be loaded: {problem}", cure="mend or uninstall {package}",
            name=plugin.name, target=plugin.target, problem=error, package=plugin.package,
        ) from error  # fmt: skip
    if spec.name != plugin.name:
        raise UsageError(
            "plug-in step {name} calls itself {other}", cure="give both the same name", name=plugin.name,
            other=spec.name,
        )  # fmt: skip
    return spec


def use(path: Path) -> list[str]:
    """Take in the steps that a project's Python file declares; returns their names.

    Raises:
        FileError: There is no such file.
        UsageError: It cannot be run, declares no step, or one whose name is taken.
    """
    if not path.is_file():
        raise FileError("no file {path}", cure="name a Python file that declares steps", path=path)
    try:
        module = _run_module(path)
    except CrmctlError as error:
        raise UsageError("{path}: {problem}", path=path, problem=error.cause) from None
    except Exception as error:
        raise UsageError("{path} cannot be loaded: {problem}", path=path, problem=error) from error
    found = [_spec(item) for item in vars(module).values() if hasattr(item, "__crmctl_step__")]
    found = [spec for spec in found if spec.function.__module__ == module.__name__]
    if not found:
        raise UsageError("{path} declares no step", cure="mark a function with @step", path=path)
    for spec in found:
        if spec.name in index() or spec.name in installed():
            raise UsageError("{path}: there is a step {name!r} already", cure="rename it", path=path, name=spec.name)
        _used[spec.name] = spec
    return [spec.name for spec in found]


def _run_module(path: Path) -> ModuleType:
    name = f"crmctl_use_{path.stem}"
    loader = importlib.util.spec_from_file_location(name, path)
    if loader is None or loader.loader is None:
        raise UsageError("{path} is not a Python file", path=path)
    module = importlib.util.module_from_spec(loader)
    sys.modules[name] = module
    loader.loader.exec_module(module)
    return module
