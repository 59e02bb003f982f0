"""`${param}` and `${env:NAME}` in a recipe's values. There are no loops and no expressions."""

from __future__ import annotations

import datetime as dt
import math
import os
import re
from collections.abc import Mapping
from typing import Any

from crmctl.errors import CrmctlError, UsageError, did_you_mean
from crmctl.recipe.model import Param, Recipe
from crmctl.yamlfile import Document, Key

_FLAGS = {"true": True, "false": False, "yes": True, "no": False}
_HOLE = re.compile(r"\$\$\{|\$\{([^{}]*)\}")


def param_values(recipe: Recipe, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[CrmctlError]]:
    """The value of every parameter, from what is given (text, usually) and the defaults; and what is wrong."""
    errors: list[CrmctlError] = []
    values: dict[str, Any] = {}
    for name in given:
        if name not in recipe.params:
            near = did_you_mean(name, recipe.params)
            cure = "did you mean {near!r}?" if near else "it has: {names}"
            errors.append(
                UsageError(
                    "recipe {recipe} has no parameter {name!r}",
                    cure=cure,
                    recipe=recipe.name,
                    name=name,
                    near=near,
                    names=", ".join(recipe.params) or "-",
                )
            )
    for name, param in recipe.params.items():
        raw = given.get(name, param.default)
        if raw is None:
            errors.append(
                UsageError(
                    "parameter {name!r} has no value",
                    cure="give it with --set {name}=…",
                    name=name,
                    place=recipe.document.place("params", name),
                )
            )
            continue
        try:
            values[name] = _typed(param, raw)
        except ValueError:
            errors.append(_ill_fitting(recipe, name, param, raw))
    return values, errors


def _ill_fitting(recipe: Recipe, name: str, param: Param, raw: Any) -> CrmctlError:
    if param.values:
        return UsageError(
            "parameter {name!r} cannot be {raw!r}", cure="choose one of {allowed}", name=name, raw=raw,
            allowed=", ".join(param.values), place=recipe.document.place("params", name),
        )  # fmt: skip
    return UsageError(
        "parameter {name!r} has to be {type}, not {raw!r}", cure="give it with --set {name}=…", name=name,
        type=param.type, raw=raw, place=recipe.document.place("params", name),
    )  # fmt: skip


def _typed(param: Param, raw: Any) -> Any:
    value = _read(param, raw)
    for item in value if isinstance(value, list) else [value]:
        if param.values and _text(item) not in param.values:
            raise ValueError
    return value


def _read(param: Param, raw: Any) -> Any:
    match param.type:
        case "integer":
            return int(str(raw))
        case "number":
            number = float(str(raw))
            if not math.isfinite(number):
                raise ValueError
            return number
        case "flag":
            if _text(raw).lower() not in _FLAGS:
                raise ValueError
            return _FLAGS[_text(raw).lower()]
        case "date":
            return dt.date.fromisoformat(str(raw)).isoformat()
        case "list":
            items = raw if isinstance(raw, list) else str(raw).split(",")
            return [_text(item).strip() for item in items]
        case _:
            return _text(raw)


def substitute(
    value: Any, values: Mapping[str, Any], document: Document, at: tuple[Key, ...], errors: list[CrmctlError]
) -> Any:
    """Data with its holes filled. A hole that is a whole value keeps its type; ``$${`` is a plain ``${``."""
    if isinstance(value, dict):
        return {key: substitute(item, values, document, (*at, key), errors) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, values, document, (*at, index), errors) for index, item in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value
    whole = _HOLE.fullmatch(value)
    if whole and whole.group(1) is not None:
        return _lookup(whole.group(1), values, document, at, errors)

    def fill(match: re.Match[str]) -> str:
        if match.group(1) is None:
            return "${"
        return _text(_lookup(match.group(1), values, document, at, errors))

    return _HOLE.sub(fill, value)


def holes_in(value: Any) -> list[str]:
    """The names of the parameters that a value asks for."""
    if isinstance(value, dict):
        return [name for item in value.values() for name in holes_in(item)]
    if isinstance(value, list):
        return [name for item in value for name in holes_in(item)]
    found = _HOLE.findall(value) if isinstance(value, str) else []
    return [name for name in found if name and not name.startswith("env:")]


def _text(value: Any) -> str:
    """A value inside a text: as a recipe or a command line would spell it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)


def _lookup(
    name: str, values: Mapping[str, Any], document: Document, at: tuple[Key, ...], errors: list[CrmctlError]
) -> Any:
    place = document.place(*at)
    if name.startswith("env:"):
        variable = name.removeprefix("env:")
        if variable in os.environ:
            return os.environ[variable]
        errors.append(UsageError("the environment has no {name}", cure="set it", place=place, name=variable))
        return ""
    if name in values:
        return values[name]
    near = did_you_mean(name, values)
    if near:
        errors.append(
            UsageError("no parameter {name!r}", cure="did you mean {near!r}?", place=place, name=name, near=near)
        )
    else:
        errors.append(UsageError("no parameter {name!r}", cure="declare it under params", place=place, name=name))
    return ""
