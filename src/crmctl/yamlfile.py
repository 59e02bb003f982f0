"""Strict YAML with positions: every YAML file of crmctl is read here. What the files mean is said elsewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from crmctl.errors import CrmctlError, FileError, Place, UsageError, did_you_mean, raise_all
from crmctl.resources import is_shipped

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound="BaseModel")
Key = str | int
MAX_BYTES, MAX_ALIASES, MAX_DEPTH = 4_000_000, 100, 64


class _Loader(yaml.SafeLoader):
    """YAML 1.2 core scalars: `NO`, `012`, `12:30` and `on` are text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own shape


class _ShippedLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # absent in some builds
    """The same, six times as fast, for our own files: on hostile nesting the C parser would crash."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


for _tag, _pattern, _first in [
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^(?:0|-?[1-9][0-9]*)$", "-0123456789"),
    ("float", r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$", "-0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
]:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


@dataclass(slots=True)
class Document:
    """A read YAML file: plain data, and the place of every key and value in it."""

    path: str
    data: Any
    places: dict[tuple[Key, ...], Place] = field(default_factory=dict)

    def place(self, *keys: Key) -> Place:
        """Where the value at this path stands; the nearest enclosing value where the path leads nowhere."""
        path = tuple(keys)
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.path, 1, 1))

    def validate(self, model: type[Model], *at: Key, data: Any = None) -> Model:
        """The data (or the part of it at a path) as a model; all errors at once, each with its place.

        Raises:
            UsageError: The data do not fit the model.
        """
        from pydantic import ValidationError

        part = self.data if data is None else data
        try:
            return model.model_validate(part, strict=True)
        except ValidationError as error:
            raise_all(self.explain(error, model, at))
            raise  # unreachable: a ValidationError carries at least one error

    def explain(self, error: ValidationError, model: type[BaseModel], at: tuple[Key, ...] = ()) -> list[CrmctlError]:
        """A pydantic error as errors with a place, a cause and a cure."""
        return [_explain_one(self, details, model, at) for details in error.errors(include_url=False)]


def load(path: Path | str, text: str | None = None) -> Document:
    """Read a YAML file strictly.

    Args:
        path: The file; also the name by which errors call it.
        text: Its content, where it does not come from the file.

    Raises:
        FileError: The file cannot be read.
        UsageError: It is not YAML, or a duplicate key, a tag, or too large.
    """
    name = str(path)
    loader: Any = _Loader
    if text is None:
        text = _read(Path(path))
        loader = _ShippedLoader if is_shipped(Path(path)) else _Loader
    try:
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        raise UsageError("not valid YAML: {problem}", place=_place(name, text, error), problem=problem) from None
    except RecursionError:
        raise UsageError("nested too deeply", place=Place(name)) from None
    document = Document(name, None)
    document.data = _Builder(document, name).value(node, ()) if node is not None else None
    return document


def _place(name: str, text: str, error: yaml.YAMLError) -> Place:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return Place(name, mark.line + 1, mark.column + 1)
    before = text[: getattr(error, "position", 0)]
    return Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError("larger than {limit} bytes", place=Place(str(path)), limit=MAX_BYTES)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileError("no file {path}", cure="check the name", path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileError("cannot read {path}: {problem}", path=path, problem=error) from None


class _Builder:
    """Turns composed nodes into plain data and notes where each stood."""

    def __init__(self, document: Document, name: str) -> None:
        self.document, self.name = document, name
        self.seen: dict[int, int] = {}
        self.aliases = 0

    def value(self, node: yaml.Node, path: tuple[Key, ...]) -> Any:
        place = Place(self.name, node.start_mark.line + 1, node.start_mark.column + 1)
        self.document.places.setdefault(path, place)
        if len(path) > MAX_DEPTH:
            raise UsageError("nested too deeply", place=place)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        self._count(node, place)
        if node.tag not in (_CORE + "map", _CORE + "seq"):
            raise UsageError("tags such as {tag} are not allowed", place=place, tag=node.tag)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, path)

    def _count(self, node: yaml.Node, place: Place) -> None:
        """A node met again is an alias; a few are convenient, many are a bomb."""
        self.seen[id(node)] = self.seen.get(id(node), 0) + 1
        self.aliases += self.seen[id(node)] > 1
        if self.aliases > MAX_ALIASES:
            raise UsageError("more than {limit} aliases", place=place, limit=MAX_ALIASES)

    def _mapping(self, node: yaml.Node, path: tuple[Key, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = Place(self.name, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                raise UsageError("a key has to be plain text", place=place)
            key = str(key_node.value)
            if key in result:
                raise UsageError("the key {key!r} stands here twice", cure="remove one", place=place, key=key)
            self.document.places[(*path, key)] = place
            result[key] = self.value(value_node, (*path, key))
        return result

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        text = str(node.value)
        read = _READERS.get(node.tag.removeprefix(_CORE))
        if read is None:
            raise UsageError("tags such as {tag} are not allowed", place=place, tag=node.tag)
        try:
            return read(text)
        except (ValueError, KeyError):
            raise UsageError("{text!r} is no number or truth value", place=place, text=text[:40]) from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_CORE = "tag:yaml.org,2002:"
_READERS: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": int,
    "float": _finite,
    "null": lambda _: None,
    "str": str,
}


def _explain_one(
    document: Document, details: Mapping[str, Any], model: type[BaseModel], at: tuple[Key, ...]
) -> CrmctlError:
    where = tuple(part for part in details["loc"] if isinstance(part, (str, int)))
    place = document.place(*at, *where)
    name = str(where[-1]) if where else "the file"
    match details["type"]:
        case "extra_forbidden":
            known = known_names(model, where[:-1])
            near = did_you_mean(name, known)
            cure = "did you mean {near!r}?" if near else "there are: {known}" if known else ""
            return UsageError(
                "unknown key {name!r}", cure=cure, place=place, name=name, near=near, known=", ".join(known)
            )
        case "missing":
            return UsageError("{name!r} is missing", cure="add it", place=place, name=name)
        case "list_type" | "tuple_type" | "set_type":
            return UsageError(
                "{name!r} has to be a list", cure="write [{given}]", place=place, name=name, given=details["input"]
            )
        case "model_type" | "dict_type":
            return UsageError("{name} has to be a mapping", cure="write key: value", place=place, name=name)
        case "value_error" if isinstance(details.get("ctx", {}).get("error"), Exception):
            return UsageError("{name}: {problem}", place=place, name=name, problem=details["ctx"]["error"])
        case _:
            return UsageError(
                "{name}: {problem}, not {given!r}",
                place=place, name=name, problem=_lower_first(details["msg"]), given=details["input"],
            )  # fmt: skip


def known_names(model: type[BaseModel], where: tuple[Key, ...]) -> list[str]:
    """The keys that a model allows at a path, as far as its annotations tell."""
    current: Any = model
    for part in where:
        fields = getattr(current, "model_fields", None)
        if fields is not None and part in fields:
            current = _inner_model(fields[part].annotation)
    fields = getattr(current, "model_fields", {})
    return [info.alias or name for name, info in fields.items()]


def _inner_model(annotation: Any) -> Any:
    if hasattr(annotation, "model_fields"):
        return annotation
    found = [_inner_model(argument) for argument in getattr(annotation, "__args__", ())]
    return next((inner for inner in found if inner is not None), None)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
