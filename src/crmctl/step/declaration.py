"""What is known of a step without importing it: the shape that the generated index keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["rows", "answer", "write", "import"]

GENERIC = ("into", "output", "format", "name", "dry_run")
"""Options that the runner gives to every step that can use them; no step may declare one itself."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a step.

    Args:
        name: As the function spells it.
        key: As recipes spell it.
        kind: What it is: text, integer, number, flag, choice, map, dataset, field, condition, duration, input,
            output, outputs (a map of files), query, schema, rules, segments.
        multiple: A list of them.
        optional: None is allowed.
        required: There is no default.
        default: The default.
        help: Its line in the docstring.
        choices: The values of a choice.
    """

    name: str
    key: str
    kind: str
    multiple: bool
    optional: bool
    required: bool
    default: Any
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """All that is known of a step from its signature and docstring.

    Args:
        name: The verb, as commands and recipes spell it.
        kind: rows (a new state of a dataset), answer, write (files), or import.
        row_wise: Every row of the output is one of the input, in its order; a chain of such steps writes one version.
        records: It is a run in the store's log, and needs the store for itself.
        summary: The docstring's first line.
        description: The rest of it, without the arguments.
        parameters: Its parameters, in order.
        examples: Command lines from the docstring's ``Examples`` section.
    """

    name: str
    kind: Kind
    row_wise: bool
    records: bool
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    examples: tuple[str, ...]

    @property
    def input(self) -> Parameter | None:
        """The parameter that is the command's INPUT."""
        return next((p for p in self.parameters if p.key in ("dataset", "datasets", "files")), None)

    def parameter(self, key: str) -> Parameter | None:
        """The parameter that recipes spell this way."""
        return next((p for p in self.parameters if p.key == key), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the index."""
        names = Declaration.__dataclass_fields__
        return {name: value for name, value in asdict(self).items() if name in names}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Declaration:
        """The declaration that `to_dict` described."""
        known = {name: data[name] for name in Declaration.__dataclass_fields__}
        parameters = tuple(
            Parameter(**{**p, "choices": tuple(p["choices"]), "default": _hashable(p["default"])})
            for p in data["parameters"]
        )
        return cls(**{**known, "parameters": parameters, "examples": tuple(data["examples"])})


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
