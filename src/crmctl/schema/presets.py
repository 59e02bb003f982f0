"""Reads preset files, the shipped ones and the user's own, and refuses what cannot be meant."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import LiteralString

from crmctl import yamlfile
from crmctl.errors import CrmctlError, UsageError, did_you_mean, raise_all
from crmctl.resources import VOCABULARY
from crmctl.schema.headers import normalise_header
from crmctl.schema.loading import load_schema, shipped_schemas
from crmctl.schema.model import LANGUAGES
from crmctl.schema.preset_model import Preset, PresetColumn, PresetTable, Target
from crmctl.yamlfile import Document

__all__ = ["Preset", "PresetColumn", "PresetTable", "Target", "likely_preset", "load_preset", "preset_names"]

_FOLDER = VOCABULARY / "presets"
LEAST_HEADERS, LEAST_SHARE = 6, 0.7
_PARTS = re.compile(r"\s+and\s+|[/（）与]|订单")


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def preset_names() -> list[str]:
    """The names of the presets that come with crmctl, sorted."""
    return list(_names())


def likely_preset(headers: Sequence[str]) -> str | None:
    """The shipped flat preset whose file this may be, for a hint; None where none clearly is.

    Most of the headers are its own, an order's number and something of an item among them, and no other flat preset
    knows as many.
    """
    given = {normalise_header(header) for header in headers} - {""}
    if len(given) < LEAST_HEADERS:
        return None
    counts = {name: len(given & _own_headers(name)) if given & _item_headers(name) else 0 for name in _flat_names()}
    best = max(counts, key=lambda name: (counts[name], name))
    enough = counts[best] >= LEAST_HEADERS and counts[best] >= LEAST_SHARE * len(given)
    return best if enough and list(counts.values()).count(counts[best]) == 1 else None


@lru_cache(maxsize=1)
def _flat_names() -> tuple[str, ...]:
    """The flat presets, found without reading all of each."""
    return tuple(name for name in _names() if "\nflat: true" in (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def _own_headers(name: str) -> frozenset[str]:
    """The folded headers of a preset."""
    return frozenset(normalise_header(header) for table in _shipped(name).tables.values() for header in table.fields)


@lru_cache(maxsize=64)
def _item_headers(name: str) -> frozenset[str]:
    """The folded headers by which a flat preset tells of an item."""
    table = _shipped(name).tables.get("order_item")
    fields = table.fields.items() if table is not None else ()
    return frozenset(normalise_header(header) for header, field in fields if field.startswith(("product", "quantity")))


def load_preset(name_or_path: str) -> Preset:
    """A preset by the path of its file, or the shipped one of that name or label. Shared: not to be changed.

    Raises:
        FileError: The file cannot be read.
        UsageError: No preset has that name, or the file does not make sense; each mistake with its place.
    """
    own = Path(name_or_path)
    folded = normalise_header(name_or_path)
    if own.is_file() or len(own.parts) > 1 or own.suffix in {".yaml", ".yml"}:
        return _read(own)
    for name in _names():
        if folded in _called(name):
            return _shipped(name)
    near = did_you_mean(name_or_path, _names())
    if near:
        raise UsageError("no preset called {name!r}", cure="did you mean {near!r}?", name=name_or_path, near=near)
    raise UsageError(
        "no preset called {name!r}", cure="give a file, or one of {names}", name=name_or_path, names=", ".join(_names())
    )


@lru_cache(maxsize=64)
def _called(name: str) -> frozenset[str]:
    """What a shipped preset is called, folded: its name, its labels, and the parts of a label."""
    document = yamlfile.load(_FOLDER / f"{name}.yaml").data
    labels = [part for label in document.get("labels", {}).values() for part in (label, *_PARTS.split(label))]
    words = {word for label in labels for word in (label, label.removesuffix("订单"), label.removesuffix(" orders"))}
    return frozenset(normalise_header(word) for word in (name, *words, *document.get("aliases", ()))) - {""}


@lru_cache(maxsize=64)
def _shipped(name: str) -> Preset:
    return _read(_FOLDER / f"{name}.yaml")


def _read(path: Path) -> Preset:
    document = yamlfile.load(path)
    if not isinstance(document.data, dict):
        raise UsageError("a preset is a mapping with name and tables", place=document.place())
    preset = document.validate(Preset)
    raise_all([*_check_labels(document, preset), *_check_target(document, preset)])
    errors = [error for name, table in preset.tables.items() for error in _check_table(document, name, table)]
    raise_all(errors)
    return preset


def _check_labels(document: Document, preset: Preset) -> Iterator[CrmctlError]:
    for language in preset.labels:
        if language not in LANGUAGES:
            yield _unknown(document, ("labels", language), "unknown language {word!r}", language, LANGUAGES)


def _check_target(document: Document, preset: Preset) -> Iterator[CrmctlError]:
    if preset.target is None:
        return
    try:
        codecs.lookup(preset.target.encoding)
    except LookupError:
        yield UsageError(
            "unknown encoding {encoding!r}", cure="use utf-8 or gb18030, say",
            place=document.place("target", "encoding"), encoding=preset.target.encoding,
        )  # fmt: skip


def _check_table(document: Document, name: str, table: PresetTable) -> Iterator[CrmctlError]:
    """The table's schema is there, and so are the fields it names."""
    if table.kind not in shipped_schemas() and not Path(table.kind).is_file():
        yield _unknown(document, ("tables", name, "kind"), "no schema called {word!r}", table.kind, shipped_schemas())
        return
    known = load_schema(table.kind).fields
    for number, kind in enumerate(table.serves):
        if kind not in shipped_schemas():
            yield _unknown(
                document, ("tables", name, "serves", number), "no schema called {word!r}", kind, shipped_schemas()
            )
    served = {field for kind in table.serves if kind in shipped_schemas() for field in load_schema(kind).fields}
    for path, field in _named_fields(name, table):
        if field and field not in known and field not in served:
            yield _unknown(document, path, "the schema has no field {word!r}", field, known)
    meanings: dict[str, str] = {}
    for header, field in table.fields.items():
        if meanings.setdefault(normalise_header(header), field) != field:
            yield UsageError(
                "{text!r} already means the field {other!r}", cure="remove it from one of the two",
                place=document.place("tables", name, "fields", header), text=header,
                other=meanings[normalise_header(header)],
            )  # fmt: skip
    seen: dict[str, int] = {}
    for number, column in enumerate(table.columns):
        if seen.setdefault(column.header, number) != number:
            yield UsageError(
                "the header {header!r} stands here twice", cure="remove one",
                place=document.place("tables", name, "columns", number, "header"), header=column.header,
            )  # fmt: skip


def _named_fields(name: str, table: PresetTable) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every field that a table names, with its place."""
    at = ("tables", name)
    yield from (((*at, "fields", header), field) for header, field in table.fields.items())
    yield from (((*at, "key", number), field) for number, field in enumerate(table.key))
    yield from (((*at, "constants", field), field) for field in table.constants)
    yield from (((*at, "sums", field), field) for field in table.sums)
    for number, fields in enumerate(table.unique):
        yield from (((*at, "unique", number, place), field) for place, field in enumerate(fields))
    for number, column in enumerate(table.columns):
        yield (*at, "columns", number, "field"), column.field
        yield from (((*at, "columns", number, "join", place), field) for place, field in enumerate(column.join))
        yield from (((*at, "columns", number, "fallback", place), field) for place, field in enumerate(column.fallback))


def _unknown(
    document: Document, path: tuple[str | int, ...], template: LiteralString, word: str, known: Iterable[str]
) -> UsageError:
    names = list(known)
    near = did_you_mean(word, names)
    place = document.place(*path)
    if near:
        return UsageError(template, cure="did you mean {near!r}?", place=place, word=word, near=near)
    return UsageError(template, cure="use one of {names}", place=place, word=word, names=", ".join(names))
