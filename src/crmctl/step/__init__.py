"""A step, declared once: its function's signature and docstring are all that command, recipe and Python face need.

Names load when first used: looking up a step's declaration needs none of the heavy libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmctl.step.declaration import Declaration, Parameter
    from crmctl.step.result import Loaded, Result
    from crmctl.step.running import Context, as_of, context
    from crmctl.step.spec import StepSpec, step
    from crmctl.step.types import (
        Condition,
        Dataset,
        Duration,
        Field,
        InputFile,
        OutputFile,
        Query,
        RulesName,
        SchemaName,
        SegmentsName,
    )

__all__ = [
    "Condition", "Context", "Dataset", "Declaration", "Duration", "Field", "InputFile", "Loaded", "OutputFile",
    "Parameter", "Query", "Result", "RulesName", "SchemaName", "SegmentsName", "StepSpec", "as_of", "context", "step",
]  # fmt: skip
_HOMES: dict[str, tuple[str, ...]] = {
    "running": ("Context", "as_of", "context"),
    "declaration": ("Declaration", "Parameter"),
    "result": ("Loaded", "Result"),
    "spec": ("StepSpec", "step"),
    "types": (
        "Condition",
        "Dataset",
        "Duration",
        "Field",
        "InputFile",
        "OutputFile",
        "Query",
        "RulesName",
        "SchemaName",
        "SegmentsName",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOME_OF:
        raise AttributeError(name)
    value = getattr(importlib.import_module(f"crmctl.step.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value
