"""Reading a step's signature and docstring into a specification. Nothing is registered twice, nothing is run here."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, overload

from crmctl.errors import InternalFault
from crmctl.step.declaration import GENERIC, Declaration, Kind, Parameter
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

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SCALARS: dict[Any, str] = {
    str: "text", int: "integer", float: "number", bool: "flag", Dataset: "dataset", Field: "field",
    Condition: "condition", Duration: "duration", InputFile: "input", OutputFile: "output",
    Query: "query", SchemaName: "schema", RulesName: "rules", SegmentsName: "segments",
}  # fmt: skip


@dataclass(frozen=True)
class StepSpec(Declaration):
    """A step's declaration together with its function."""

    function: Callable[..., Any]


@overload
def step(function: _Function, /) -> _Function: ...
@overload
def step(
    *, name: str | None = None, kind: Kind = "rows", row_wise: bool = False, records: bool | None = None
) -> Callable[[_Function], _Function]: ...
def step(
    function: _Function | None = None,
    /,
    *,
    name: str | None = None,
    kind: Kind = "rows",
    row_wise: bool = False,
    records: bool | None = None,
) -> _Function | Callable[[_Function], _Function]:
    """Declare a step: its signature and docstring are its command, recipe entry, JSON Schema and reference page.

    Args:
        function: The step.
        name: The verb, where it is not the function's name.
        kind: What comes of it: rows (a dataset's new state), answer, write or import.
        row_wise: Every row of the output is one of the input, in its order; none is new.
        records: Whether it is a run of its own in the log; by default, whatever changes the store is.

    Raises:
        InternalFault: A parameter's type is not supported, or the docstring leaves a line out.
    """

    def declare(declared: _Function) -> _Function:
        recorded = kind in ("rows", "import") if records is None else records
        declared.__crmctl_step__ = read_spec(declared, name, kind, row_wise, recorded)  # type: ignore[attr-defined]
        return declared

    return declare(function) if function is not None else declare


def read_spec(function: Callable[..., Any], name: str | None, kind: Kind, row_wise: bool, records: bool) -> StepSpec:
    """The specification that a function's signature and docstring amount to."""
    where = f"{inspect.getsourcefile(function)}: {function.__name__}"
    doc = inspect.getdoc(function) or ""
    if not doc:
        raise InternalFault("{where} has no docstring", where=where)
    sections = _sections(doc)
    summary, _, description = sections[""].partition("\n")
    helps = _argument_lines(sections.get("Args", ""))
    hints = typing.get_type_hints(function)
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in helps:
            raise InternalFault("{where}: the docstring does not explain {name}", where=where, name=parameter.name)
        parameters.append(_parameter(parameter, hints[parameter.name], helps[parameter.name], where))
    parameters = _with_input_key(parameters)
    clash = {p.key for p in parameters} & set(GENERIC) if kind in ("rows", "answer") else set()
    if clash:
        raise InternalFault("{where}: {names} belong to the runner", where=where, names=", ".join(clash))
    return StepSpec(
        name=name or function.__name__.strip("_").replace("_", "-"),
        function=function, kind=kind, row_wise=row_wise, records=records, summary=summary.strip(),
        description=description.strip(), parameters=tuple(parameters),
        examples=tuple(line.strip() for line in sections.get("Examples", "").splitlines() if line.strip()),
    )  # fmt: skip


def _with_input_key(parameters: list[Parameter]) -> list[Parameter]:
    """The first dataset parameter is what recipes call `dataset` (a list: `datasets`) and commands INPUT."""
    for index, parameter in enumerate(parameters):
        if parameter.kind == "dataset":
            key = "datasets" if parameter.multiple else "dataset"
            return [*parameters[:index], replace(parameter, key=key), *parameters[index + 1 :]]
    return parameters


def _parameter(parameter: inspect.Parameter, hint: Any, line: str, where: str) -> Parameter:
    inner, optional = _strip_none(hint)
    multiple = typing.get_origin(inner) is list
    if multiple:
        inner = typing.get_args(inner)[0]
    choices: tuple[str, ...] = ()
    if typing.get_origin(inner) is Literal:
        kind, choices = "choice", tuple(typing.get_args(inner))
    elif typing.get_origin(inner) is dict and typing.get_args(inner) == (str, str):
        kind = "map"
    elif typing.get_origin(inner) is dict and typing.get_args(inner) == (str, OutputFile):
        kind = "outputs"
    elif inner in _SCALARS:
        kind = _SCALARS[inner]
    else:
        raise InternalFault("{where}: the type of {name} is not supported", where=where, name=parameter.name)
    required = parameter.default is inspect.Parameter.empty
    default = None if required else parameter.default
    if isinstance(default, list):
        default = tuple(str(item) for item in default)
    return Parameter(
        name=parameter.name, key=parameter.name.rstrip("_"), kind=kind, multiple=multiple, optional=optional,
        required=required, default=default, help=line, choices=choices,
    )  # fmt: skip


def _strip_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        if len(members) == 1:
            return members[0], True
    return hint, False


def _sections(doc: str) -> dict[str, str]:
    """A Google-style docstring by section; the part before the first one is under the empty name."""
    found: dict[str, list[str]] = {"": []}
    current = ""
    for line in doc.splitlines():
        heading = re.fullmatch(r"([A-Z][a-z]+):", line)
        if heading:
            current = heading.group(1)
            found[current] = []
        else:
            found[current].append(line)
    return {name: inspect.cleandoc("\n".join(lines)) for name, lines in found.items()}


def _argument_lines(section: str) -> dict[str, str]:
    lines: dict[str, str] = {}
    current = ""
    for line in section.splitlines():
        entry = re.match(r"(\w+): *(.*)", line)
        if entry and not line.startswith(" "):
            current = entry.group(1)
            lines[current] = entry.group(2)
        elif current:
            lines[current] += " " + line.strip()
    return lines
