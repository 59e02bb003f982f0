"""Reads schema files, the user's own and the shipped ones, and refuses what cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import LiteralString

from crmctl import resources, yamlfile
from crmctl.errors import CrmctlError, UsageError, did_you_mean, raise_all
from crmctl.schema.column import TYPES, is_reserved
from crmctl.schema.headers import normalise_header, vocabulary
from crmctl.schema.model import LANGUAGES, Limit, Reference, Schema, SchemaField
from crmctl.yamlfile import Document

_NUMBERS, _DATES = ("integer", "number", "money", "percent"), ("date", "datetime")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?")


def load_schema(name_or_path: str) -> Schema:
    """A schema by the path of its file, or the shipped one of that name. Shared between callers: not to be changed.

    Raises:
        FileError: The file cannot be read.
        UsageError: No schema has that name, or the file does not make sense; each mistake with its place.
    """
    path = resources.find("schemas", name_or_path)
    if path is not None:
        state = path.stat()
        return _load(str(path), state.st_mtime_ns, state.st_size)
    if len(Path(name_or_path).parts) > 1 or Path(name_or_path).suffix in {".yaml", ".yml"}:
        yamlfile.load(name_or_path)  # refuses, saying why
    near = did_you_mean(name_or_path, shipped_schemas())
    if near:
        raise UsageError("no schema called {name!r}", cure="did you mean {near!r}?", name=name_or_path, near=near)
    raise UsageError(
        "no schema called {name!r}", cure="give a file, or one of {names}",
        name=name_or_path, names=", ".join(shipped_schemas()),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _shipped() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in resources.shipped("schemas").glob("*.yaml") if "." not in path.stem))


def shipped_schemas() -> list[str]:
    """The names of the schemas that come with crmctl, sorted."""
    return list(_shipped())


def reference_target(reference: Reference) -> tuple[str, str]:
    """The dataset and the field that a reference points at; a schema's name stands for the dataset it fills."""
    if reference.to not in _shipped():
        return reference.to, reference.to_field or "id"
    target = load_schema(reference.to)
    return target.dataset or target.name, reference.to_field or (target.key[0] if target.key else "id")


@lru_cache(maxsize=64)
def _load(path: str, _modified: int, _size: int) -> Schema:
    document = yamlfile.load(path)
    if not isinstance(document.data, dict):
        raise UsageError("a schema is a mapping with name and fields", place=document.place())
    schema = document.validate(Schema)
    raise_all([error for check in _CHECKS for error in check(document, schema)])
    return _with_vocabulary(schema)


def _with_vocabulary(schema: Schema) -> Schema:
    """The schema with what people commonly call fields of these names, unless another of its fields has that name."""
    taken = {
        normalise_header(text)
        for name, field in schema.fields.items()
        for text in (name, *field.labels.values(), *field.aliases)
    }
    fields = {}
    for name, field in schema.fields.items():
        common = [text for text in vocabulary().aliases.get(name, ()) if _claim(taken, text)]
        fields[name] = field.model_copy(update={"aliases": [*field.aliases, *common]}) if common else field
    return schema.model_copy(update={"fields": fields})


def _claim(taken: set[str], text: str) -> bool:
    """Note that a header has a meaning; False where it had one already."""
    header = normalise_header(text)
    new = header not in taken
    taken.add(header)
    return new


def _check_types(document: Document, schema: Schema) -> Iterator[CrmctlError]:
    for name, field in schema.fields.items():
        if field.type not in TYPES:
            yield _unknown(document, ("fields", name, "type"), "unknown type {word!r}", field.type, TYPES)


def _check_labels(document: Document, schema: Schema) -> Iterator[CrmctlError]:
    labelled: list[tuple[tuple[str, ...], Mapping[str, str]]] = [(("labels",), schema.labels)]
    labelled += [(("fields", name, "labels"), field.labels) for name, field in schema.fields.items()]
    for path, labels in labelled:
        for language in labels:
            if language not in LANGUAGES:
                yield _unknown(document, (*path, language), "unknown language {word!r}", language, LANGUAGES)


def _check_names(document: Document, schema: Schema) -> Iterator[CrmctlError]:
    first: dict[str, str] = {}
    for name in schema.fields:
        place = document.place("fields", name)
        if is_reserved(name) or not name.strip():
            yield UsageError("a field cannot be called {name!r}", cure="choose another name", place=place, name=name)
        elif name.casefold() in first:
            yield UsageError(
                "the fields {other!r} and {name!r} differ in case only", cure="rename one",
                place=place, other=first[name.casefold()], name=name,
            )  # fmt: skip
        first.setdefault(name.casefold(), name)


def _check_headers(document: Document, schema: Schema) -> Iterator[CrmctlError]:
    """One header means one field."""
    meaning = {normalise_header(name): name for name in schema.fields}
    for name, field in schema.fields.items():
        texts: list[tuple[tuple[str | int, ...], str]] = [
            *((("labels", language), label) for language, label in field.labels.items()),
            *((("aliases", number), alias) for number, alias in enumerate(field.aliases)),
        ]
        for path, text in texts:
            other = meaning.setdefault(normalise_header(text), name)
            if other != name:
                yield UsageError(
                    "{text!r} already means the field {other!r}", cure="remove it from one of the two",
                    place=document.place("fields", name, *path), text=text, other=other,
                )  # fmt: skip


def _check_limits(document: Document, schema: Schema) -> Iterator[CrmctlError]:
    for name, field in schema.fields.items():
        place = document.place("fields", name)
        limits: list[tuple[str, Limit]] = [
            (word, limit) for word, limit in (("min", field.min), ("max", field.max)) if limit is not None
        ]
        misfits = [(word, limit) for word, limit in limits if not _limit_fits(limit, field)]
        for word, limit in misfits:
            yield UsageError(
                "{word} {limit!r} does not fit the type {type}",
                cure="numbers take a number, dates a date such as '1900-01-01', other types no limit",
                place=document.place("fields", name, word), word=word, limit=limit, type=field.type,
            )  # fmt: skip
        if len(limits) == 2 and not misfits and field.min > field.max:  # type: ignore[operator]  # both fit one type
            yield UsageError(
                "min {low!r} is above max {high!r}", cure="swap them", place=place, low=field.min, high=field.max
            )
        if field.event and field.type not in _DATES:
            yield UsageError(
                "only a date or datetime can be an event, not {type}", cure="remove 'event'",
                place=document.place("fields", name, "event"), type=field.type,
            )  # fmt: skip
        yield from _check_pattern(document, name, field)


def _limit_fits(limit: Limit, field: SchemaField) -> bool:
    if isinstance(limit, str):
        return field.type in _DATES and _DATE.fullmatch(limit) is not None
    return field.type in _NUMBERS


def _check_pattern(document: Document, name: str, field: SchemaField) -> Iterator[CrmctlError]:
    problem = _pattern_problem(field.pattern) if field.pattern else ""
    if problem:
        yield UsageError(
            "the pattern {pattern!r} cannot be read: {problem}", cure="write it in the syntax of RE2",
            place=document.place("fields", name, "pattern"), pattern=field.pattern, problem=problem,
        )  # fmt: skip


@lru_cache(maxsize=64)
def _pattern_problem(pattern: str) -> str:
    """What DuckDB, which runs the pattern, has against it."""
    import duckdb

    with duckdb.connect() as con:
        try:
            con.execute("select regexp_full_match('', ?)", [pattern]).fetchall()
        except duckdb.Error as error:
            return str(error).removeprefix("Invalid Input Error: ").splitlines()[0]
    return ""


def _check_key(document: Document, schema: Schema) -> Iterator[CrmctlError]:
    for number, name in enumerate(schema.key):
        if name not in schema.fields:
            yield _unknown(
                document, ("key", number), "the key names {word!r}, which is no field here", name, schema.fields
            )


def _check_references(document: Document, schema: Schema) -> Iterator[CrmctlError]:
    for number, reference in enumerate(schema.references):
        for word in ("field", "source_field"):
            name = getattr(reference, word)
            if name is not None and name not in schema.fields:
                path = ("references", number, word)
                yield _unknown(
                    document, path, "the reference names {word!r}, which is no field here", name, schema.fields
                )


_CHECKS: tuple[Callable[[Document, Schema], Iterator[CrmctlError]], ...] = (
    _check_names, _check_types, _check_labels, _check_headers, _check_limits, _check_key, _check_references,
)  # fmt: skip


def _unknown(
    document: Document, path: tuple[str | int, ...], template: LiteralString, word: str, known: Iterable[str]
) -> UsageError:
    names = list(known)
    near = did_you_mean(word, names)
    place = document.place(*path)
    if near:
        return UsageError(template, cure="did you mean {near!r}?", place=place, word=word, near=near)
    return UsageError(template, cure="use one of {names}", place=place, word=word, names=", ".join(names))
