"""A step's parameters as a pydantic model: validation and JSON Schema are pydantic's work."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from crmctl.step.declaration import Declaration, Parameter

_PLAIN: dict[str, Any] = {
    "text": str, "dataset": str, "field": str, "duration": str, "input": str, "output": str,
    "query": str, "schema": str, "rules": str, "segments": str,
    "integer": int, "number": float, "flag": bool, "map": dict[str, str], "outputs": dict[str, str],
    "condition": str | dict[str, Any] | list[Any],
}  # fmt: skip


class StepModel(BaseModel):
    """The base of every step's parameter model: unknown keys are refused, text is not taken for numbers."""

    model_config = ConfigDict(extra="forbid", strict=True)


def plain_type(parameter: Parameter) -> Any:
    """The type in which recipes and Python give a parameter, before it is resolved."""
    inner: Any = Literal[parameter.choices] if parameter.choices else _PLAIN[parameter.kind]
    if parameter.multiple:
        inner = list[inner]
    return inner | None if parameter.optional else inner


def plain_default(parameter: Parameter) -> Any:
    """The default as plain data."""
    default = parameter.default
    if isinstance(default, (list, tuple)):
        return [str(item) for item in default]
    return str(default) if isinstance(default, str) else default


@cache
def model(spec: Declaration) -> type[StepModel]:
    """The model of a step's parameters, by the keys that recipes use."""
    fields: dict[str, Any] = {}
    for parameter in spec.parameters:
        default = ... if parameter.required else plain_default(parameter)
        extra: dict[str, Any] = {"x-crmctl": parameter.kind}
        info = Field(default, description=parameter.help, json_schema_extra=extra, alias=parameter.key)
        fields[_attribute(parameter.key)] = (Annotated[plain_type(parameter), info], info)
    fields.update(_generic(spec))
    return create_model(_class_name(spec.name), __base__=StepModel, __doc__=spec.summary, **fields)


def _attribute(key: str) -> str:
    """A pydantic attribute for a key, clear of the names that BaseModel and Python use."""
    return f"p_{key}"


def _generic(spec: Declaration) -> dict[str, Any]:
    """The runner's own options, where the step can use them."""
    options = {"name": "A name for this step, shown in the ledger."}
    if spec.kind == "rows":
        options["into"] = "The dataset that the result becomes; the input's by default."
    if spec.kind in ("rows", "answer", "import"):
        options["output"] = "A file for the result instead."
    return {_attribute(key): (str | None, Field(None, description=text, alias=key)) for key, text in options.items()}


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def plain(instance: BaseModel) -> dict[str, Any]:
    """A validated model's values by recipe key, defaults included."""
    return instance.model_dump(by_alias=True)


def schema(spec: Declaration) -> dict[str, Any]:
    """The JSON Schema of a step's parameters."""
    result = model(spec).model_json_schema(by_alias=True)
    result.pop("title", None)
    return result
