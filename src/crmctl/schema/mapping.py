"""Matches a table's headers to the fields of a schema. What a single header means is `headers.py`'s."""

from __future__ import annotations

from collections import abc, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from crmctl.errors import UsageError, did_you_mean
from crmctl.messages import translate
from crmctl.schema.column import RESERVED, Column, is_reserved
from crmctl.schema.headers import normalise_header, recognise, vocabulary
from crmctl.schema.loading import load_schema, shipped_schemas
from crmctl.schema.model import Schema
from crmctl.schema.resolving import resolve_column

LEAST_HEADERS, LEAST_SHARE = 2, 0.4


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """What one header was taken for.

    Args:
        header: The header as the file spells it.
        field: The field it fills; None where it stays under its own name.
        score: How good a sign it is, 0 to 1.
        reason: What it matched: `name`, `label`, `alias`, or `given` by the user; empty where nothing did.
    """

    header: str
    field: str | None
    score: float
    reason: str


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
) -> Mapping:
    """Give every header its field, or leave it under its own name.

    Of two headers that mean one field the better sign wins, then the first.

    Args:
        headers: The headers as the file spells them.
        names: A unique SQL name for each of them, used where no field fits.
        schema: The fields to match; None for none.
        given: Header -> field, as the user wants it; an empty field leaves the header under its own name.

    Raises:
        UsageError: ``given`` names an unknown header or field, or one field twice.
    """
    chosen = _given_matches(headers, names, schema, given or {})
    signs = [chosen.get(number) or _sign(header, schema) for number, header in enumerate(headers)]
    matches, problems = _settle(signs)
    return Mapping(_columns(names, matches, schema), matches, problems)


def guess_schema(headers: Sequence[str]) -> Schema | None:
    """The shipped schema that most of the headers fit; None where fewer than two, or under 40 %, fit any.

    Of two that fit as many, the one whose own names and labels they clearly are (a tenth more) wins, then the more
    common kind of table: customers with a lead source are customers.
    """
    texts = [header for header in headers if normalise_header(header)]
    preference = vocabulary().preference
    names = sorted(shipped_schemas(), key=lambda name: (preference.index(name) if name in preference else 99, name))
    best, best_fit = None, (0, 0)
    for schema in map(load_schema, names):
        fit = _fit(texts, schema)
        if fit[0] > best_fit[0] or (fit[0] == best_fit[0] and fit[1] > 1.1 * best_fit[1]):
            best, best_fit = schema, fit
    enough = best_fit[0] >= LEAST_HEADERS and best_fit[0] >= LEAST_SHARE * len(texts)
    return best if enough else None


def _fit(headers: Sequence[str], schema: Schema) -> tuple[int, int]:
    """How many fields the headers fill, and how many of those under the field's own name or label."""
    signs = [sign for header in headers if (sign := recognise(header, schema.known))]
    return len({sign.field for sign in signs}), len({sign.field for sign in signs if sign.reason != "alias"})


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
            columns.append(Column(name=_unique(name, taken), header=match.header))
        elif schema is None:
            columns.append(Column(name=match.field, header=match.header))
        else:
            columns.append(schema.fields[match.field].column(match.field, match.header))
    return columns


def _unique(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken already, whatever the case."""
    result, number = name, 2
    while result.casefold() in taken:
        result, number = f"{name}_{number}", number + 1
    taken.add(result.casefold())
    return result
