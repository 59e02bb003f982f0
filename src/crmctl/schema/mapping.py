"""Matches a table's headers to the fields of a schema. What a single header means is `headers.py`'s."""

from __future__ import annotations

from collections import abc, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from crmctl.errors import UsageError, did_you_mean
from crmctl.messages import translate
from crmctl.schema.by_content import telling, unmistakable, with_contents
from crmctl.schema.column import RESERVED, Column, is_reserved
from crmctl.schema.content import ColumnContent
from crmctl.schema.headers import normalise_header, recognise, vocabulary
from crmctl.schema.loading import load_schema, shipped_schemas
from crmctl.schema.model import Schema
from crmctl.schema.resolving import resolve_column
from crmctl.schema.signs import HeaderMatch

LEAST_HEADERS, LEAST_SHARE = 2, 0.4
# How many fields a table's own name weighs.
NAMED = 3.0
PRESET = 0.99
# Fields that tables of any kind have: they do not tell which kind it is.
_COMMON = frozenset({
    "id", "name", "status", "source", "tags", "notes", "owner", "created_at", "updated_at", "description", "type",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a table's headers became columns.

    Args:
        columns: The columns, in the file's order.
        matches: What each header was taken for, in the same order.
        problems: Sentences about headers that meant a field which another header fills.
    """

    columns: list[Column]
    matches: list[HeaderMatch]
    problems: list[str]


def map_headers(
    headers: Sequence[str],
    names: Sequence[str],
    schema: Schema | None,
    given: abc.Mapping[str, str] | None = None,
    *,
    contents: Sequence[ColumnContent] | None = None,
    preset: abc.Mapping[str, str] | None = None,
) -> Mapping:
    """Give every header its field, or leave it under its own name.

    What the user gives comes first, then the preset, then what the header says, mended by what its column holds. Of
    two headers that mean one field the better sign wins, then the first.

    Args:
        headers: The headers as the file spells them.
        names: A unique SQL name for each of them, used where no field fits.
        schema: The fields to match; None for none.
        given: Header -> field, as the user wants it; an empty field leaves the header under its own name.
        contents: What the columns hold, in the headers' order.
        preset: Header -> field of another system's tables, as `Preset.header_fields` gives it.

    Raises:
        UsageError: ``given`` names an unknown header or field, or one field twice.
    """
    chosen = _given_matches(headers, names, schema, given or {})
    signs = _signs(headers, schema, _preset_fields(preset or {}, schema), chosen)
    if schema is not None and contents is not None:
        signs = with_contents(signs, schema, contents)
    matches, problems = _settle(signs)
    return Mapping(_columns(names, matches, schema), matches, problems)


def guess_schema(
    headers: Sequence[str], contents: Sequence[ColumnContent] | None = None, *, called: str = ""
) -> Schema | None:
    """The shipped schema that most of the headers fit; None where fewer than two, or under 40 %, fit any.

    One is enough where its cells are unmistakable. Every field that a schema requires and that no header fills counts
    against it, and so does it if that is all of them. Of two that fit as well, the one
    whose own names and labels the headers clearly are (a tenth more) wins, then the more common kind of table:
    customers with a lead source are customers. Headers that any table may have (`id`, `name`) decide nothing alone.

    Args:
        headers: The headers.
        contents: What the columns hold, in the headers' order.
        called: What the table is called, where somebody gave it a name: a sheet 联系人 holds contacts.
    """
    filled = [number for number, header in enumerate(headers) if normalise_header(header) or contents]
    texts = [headers[number] for number in filled]
    held = [contents[number] for number in filled] if contents else None
    preference = vocabulary().preference
    names = sorted(shipped_schemas(), key=lambda name: (preference.index(name) if name in preference else 99, name))
    best, best_fit = None, _Fit(0, 0, 0)
    for schema in map(load_schema, names):
        fit = _fit(texts, schema, held, called)
        if fit.score > best_fit.score or (fit.score == best_fit.score and fit.own > 1.1 * best_fit.own):
            best, best_fit = schema, fit
    enough = (best_fit.fields >= LEAST_HEADERS or best_fit.sure) and best_fit.fields >= LEAST_SHARE * len(texts)
    return best if enough else None


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well headers fit a schema.

    Args:
        score: By which schemas are compared.
        fields: How many fields the headers fill.
        own: How many of those under the field's own name or label.
        sure: One of them by cells that are unmistakable.
    """

    score: float
    fields: int
    own: int
    sure: bool = False


def _fit(headers: Sequence[str], schema: Schema, contents: Sequence[ColumnContent] | None, called: str) -> _Fit:
    signs = _signs(headers, schema, {}, {})
    if contents is not None:
        signs = with_contents(signs, schema, contents)
    filled = {sign.field for sign in signs if sign.field is not None}
    named = _named(schema, called)
    marks = vocabulary().marks.get(schema.name)
    if not telling(signs, _COMMON) or (marks and not named and not filled & set(marks)):
        return _Fit(0, 0, 0)
    required = {name for name, field in schema.fields.items() if field.required}
    missing = len(required - filled) + (bool(required) and not required & filled)
    own = {sign.field for sign in signs if sign.reason in {"name", "label"}}
    sure = contents is not None and unmistakable(signs, contents)
    return _Fit(round(len(filled) - missing + named, 6), len(filled), len(own), sure)


def _named(schema: Schema, called: str) -> float:
    """How much a table's own name speaks for a schema; of two names in it the longer one does."""
    words = map(normalise_header, (schema.name, schema.dataset, *schema.labels.values()))
    found = [len(word) for word in words if word and word in normalise_header(called)]
    return NAMED + max(found) / 100 if found else 0.0


def _signs(
    headers: Sequence[str], schema: Schema | None, preset: abc.Mapping[str, str], chosen: abc.Mapping[int, HeaderMatch]
) -> list[HeaderMatch]:
    signs = []
    for number, header in enumerate(headers):
        if number in chosen:
            signs.append(chosen[number])
        elif (folded := normalise_header(header)) in preset:
            field = preset[folded] or None
            signs.append(HeaderMatch(header, field, PRESET if field else 0.0, "preset"))
        else:
            signs.append(_sign(header, schema))
    return signs


def _preset_fields(preset: abc.Mapping[str, str], schema: Schema | None) -> dict[str, str]:
    """The preset's headers, folded, with the fields that the schema has."""
    return {
        normalise_header(header): field for header, field in preset.items()
        if schema is None or not field or field in schema.fields
    }  # fmt: skip


def _sign(header: str, schema: Schema | None) -> HeaderMatch:
    known = recognise(header, schema.known) if schema else None
    return HeaderMatch(header, known.field, known.score, known.reason) if known else HeaderMatch(header, None, 0.0, "")


def _given_matches(
    headers: Sequence[str], names: Sequence[str], schema: Schema | None, given: abc.Mapping[str, str]
) -> dict[int, HeaderMatch]:
    plain = [Column(name=name, header=header) for header, name in zip(headers, names, strict=True)]
    matches: dict[int, HeaderMatch] = {}
    for header, wanted in given.items():
        number = plain.index(resolve_column(plain, header))
        field = _given_field(wanted, schema) if wanted.strip() else None
        rival = next((match for match in matches.values() if field and match.field == field), None)
        if rival or number in matches:
            raise UsageError(
                "{header!r} and {other!r} are mapped to one and the same", cure="map each header and each field once",
                header=header, other=(rival or matches[number]).header,
            )  # fmt: skip
        matches[number] = HeaderMatch(headers[number], field, 1.0, "given")
    return matches


def _given_field(wanted: str, schema: Schema | None) -> str:
    """The field that the user's word means."""
    if schema is None:
        if is_reserved(wanted.strip()):
            raise UsageError("a field cannot be called {name!r}", cure="choose another name", name=wanted)
        return wanted.strip()
    known = schema.known.get(normalise_header(wanted))
    if known:
        return known.field
    near = did_you_mean(wanted, schema.fields)
    if near:
        raise UsageError(
            "the schema {schema} has no field {field!r}", cure="did you mean {near!r}?",
            schema=schema.name, field=wanted, near=near,
        )  # fmt: skip
    raise UsageError(
        "the schema {schema} has no field {field!r}", cure="its fields are {names}",
        schema=schema.name, field=wanted, names=", ".join(schema.fields),
    )  # fmt: skip


def _settle(signs: list[HeaderMatch]) -> tuple[list[HeaderMatch], list[str]]:
    """One header for each field; the others stay under their own names, and a sentence says so."""
    claims: dict[str, list[int]] = defaultdict(list)
    for number, sign in enumerate(signs):
        if sign.field is not None:
            claims[sign.field].append(number)
    matches, problems = list(signs), []
    for field, numbers in claims.items():
        winner = min(numbers, key=lambda number: (signs[number].reason != "given", -signs[number].score, number))
        for number in numbers:
            if number != winner:
                matches[number] = replace(signs[number], field=None, score=0.0, reason="")
                problems.append(
                    translate(
                        "the headers {taken!r} and {left!r} both mean {field}; {left!r} stays under its own name",
                        taken=signs[winner].header,
                        left=signs[number].header,
                        field=field,
                    )
                )
    return matches, problems


def _columns(names: Sequence[str], matches: Sequence[HeaderMatch], schema: Schema | None) -> list[Column]:
    taken = {*RESERVED, *(match.field.casefold() for match in matches if match.field is not None)}
    columns = []
    for name, match in zip(names, matches, strict=True):
        if match.field is None:
            columns.append(Column(name=free_name(name, taken), header=match.header))
        elif schema is None:
            columns.append(Column(name=match.field, header=match.header))
        else:
            columns.append(schema.fields[match.field].column(match.field, match.header))
    return columns


def free_name(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken already, whatever the case; it is taken from then on."""
    result, number = name, 2
    while result.casefold() in taken:
        result, number = f"{name}_{number}", number + 1
    taken.add(result.casefold())
    return result
