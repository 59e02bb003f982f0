"""From plain parameters (text and numbers) to what the step's function takes: datasets, fields, conditions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from crmctl.errors import UsageError
from crmctl.rules import Duration, compile_condition, parse_condition
from crmctl.step.declaration import Parameter
from crmctl.step.spec import StepSpec
from crmctl.step.types import (
    Condition,
    Dataset,
    Field,
    InputFile,
    OutputFile,
    Query,
    RulesName,
    SchemaName,
    SegmentsName,
)


def resolve(
    spec: StepSpec,
    plain: Mapping[str, Any],
    find: Callable[[str], Dataset],
    as_of: Callable[[], dt.datetime],
) -> tuple[dict[str, Any], list[Dataset]]:
    """The function's arguments, and the datasets among them in order.

    Args:
        spec: The step.
        plain: Its validated parameters by recipe key.
        find: Gives a dataset or file by name.
        as_of: The run's moment.
    """
    datasets: list[Dataset] = []
    arguments: dict[str, Any] = {}
    for parameter in spec.parameters:
        if parameter.kind == "dataset":
            arguments[parameter.name] = _datasets(parameter, plain[parameter.key], find, datasets)
    primary = datasets[0] if datasets else None
    for parameter in spec.parameters:
        if parameter.kind != "dataset":
            value = plain[parameter.key]
            if value is None:
                arguments[parameter.name] = None
            elif parameter.multiple:
                arguments[parameter.name] = [_value(parameter, item, primary, as_of) for item in value]
            else:
                arguments[parameter.name] = _value(parameter, value, primary, as_of)
    return arguments, datasets


def _datasets(
    parameter: Parameter, given: Any, find: Callable[[str], Dataset], datasets: list[Dataset]
) -> Dataset | list[Dataset] | None:
    if given is None:
        return None
    found = [find(name) for name in (given if parameter.multiple else [given])]
    datasets.extend(found)
    return found if parameter.multiple else found[0]


def _value(parameter: Parameter, value: Any, primary: Dataset | None, as_of: Callable[[], dt.datetime]) -> Any:
    match parameter.kind:
        case "field":
            return Field(_primary(parameter, primary).column(value))
        case "condition":
            parsed = parse_condition(value)
            columns = _primary(parameter, primary).columns
            return Condition(value, compile_condition(parsed, columns, as_of=as_of))
        case "duration":
            return Duration.parse(value)
        case "input":
            return InputFile(value)
        case "output":
            return OutputFile(value)
        case "query":
            return Query(value)
        case "schema":
            return SchemaName(value)
        case "rules":
            return RulesName(value)
        case "segments":
            return SegmentsName(value)
        case _:
            return value


def _primary(parameter: Parameter, primary: Dataset | None) -> Dataset:
    if primary is None:
        raise UsageError("{name} needs a dataset", name=parameter.key)
    return primary
