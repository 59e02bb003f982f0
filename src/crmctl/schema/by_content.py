"""What a column's content says of its header, where that is vague, silent, unknown or plainly wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from crmctl.schema.content import ColumnContent, Kind, other_people
from crmctl.schema.headers import is_unnamed, is_vague, normalise_header
from crmctl.schema.model import Schema
from crmctl.schema.signs import HeaderMatch

# How good a sign content is, by what the header says beside it.
VAGUE, WRONG, UNNAMED, UNKNOWN = 0.85, 0.75, 0.7, 0.6
_FIRM = frozenset({"given", "preset", "content"})
_PERSONAL = frozenset({
    "name", "given_name", "family_name", "email", "phone", "mobile", "gender", "id_card", "uscc", "date", "url",
})  # fmt: skip
_FEW_CELLS, _CERTAIN = 3, 0.9
_BIRTHDAY = "birthday"


def with_contents(signs: Sequence[HeaderMatch], schema: Schema, contents: Sequence[ColumnContent]) -> list[HeaderMatch]:
    """The signs of the headers, mended by what their columns hold.

    What the user, a preset or a field's own name says stands. Fields go first to the headers that name them, then to
    vague headers, then to columns without a name, from left to right.
    """
    result = [_confirmed(sign, content, schema) for sign, content in zip(signs, contents, strict=True)]
    for rank in (_vague, _wrong, _unnamed, _unknown):
        scores = {number: _scored(rank, number, result, schema, contents) for number in range(len(result))}
        taken = {sign.field for number, sign in enumerate(result) if not scores[number]}
        for number, content in enumerate(contents):
            field = _field(content, schema, taken) if scores[number] else None
            if field is not None:
                found = HeaderMatch(signs[number].header, field, scores[number], "content", content.evidence())
                agrees = field == result[number].field
                result[number] = replace(result[number], evidence=content.evidence()) if agrees else found
                taken.add(field)
    return result


_Rank = Callable[[HeaderMatch, Kind, ColumnContent, Schema], float]


def _scored(
    rank: _Rank, number: int, signs: Sequence[HeaderMatch], schema: Schema, contents: Sequence[ColumnContent]
) -> float:
    """How good a sign the column's content is at this rank; 0 where it has nothing to say.

    A single F or Rome is no sign: what tells of such kinds is that their values recur.
    """
    kind = contents[number].kind
    if kind is None or signs[number].reason in _FIRM or (kind.few and contents[number].filled < _FEW_CELLS):
        return 0.0
    score = rank(signs[number], kind, contents[number], schema)
    return score if rank is not _unknown or _alone(number, kind, signs, contents) else 0.0


def _confirmed(sign: HeaderMatch, content: ColumnContent, schema: Schema) -> HeaderMatch:
    """A vague header for a person whose column holds persons, with what was seen."""
    kind = content.kind
    if kind is None or not _open(sign) or not _suits_name(sign, kind, schema):
        return sign
    return replace(sign, evidence=content.evidence())


def _open(sign: HeaderMatch) -> bool:
    """Vague, and not even the name of a field."""
    return sign.reason not in {*_FIRM, "name"} and is_vague(sign.header)


def _vague(sign: HeaderMatch, kind: Kind, content: ColumnContent, schema: Schema) -> float:
    """A vague header whose column is not of the field that the header would be taken for."""
    if not _open(sign) or _suits_name(sign, kind, schema):
        return 0.0
    return _score(VAGUE, kind, content)


def _suits_name(sign: HeaderMatch, kind: Kind, schema: Schema) -> bool:
    """Persons under a header for a person."""
    return sign.field is not None and schema.fields[sign.field].type == "name" and kind.name in {"name", "latin_name"}


def _wrong(sign: HeaderMatch, kind: Kind, content: ColumnContent, schema: Schema) -> float:
    """A header that means a field which cannot hold this: e-mails under 电话."""
    if sign.field is None or not kind.strong or content.filled < _FEW_CELLS or content.shares[kind.name] < _CERTAIN:
        return 0.0
    meant = schema.fields[sign.field].type
    if meant not in _PERSONAL or meant in kind.types:
        return 0.0
    return _score(WRONG, kind, content)


def _unnamed(sign: HeaderMatch, kind: Kind, content: ColumnContent, _schema: Schema) -> float:
    return _score(UNNAMED, kind, content) if sign.field is None and is_unnamed(sign.header) else 0.0


def _unknown(sign: HeaderMatch, kind: Kind, content: ColumnContent, _schema: Schema) -> float:
    """An unknown header above something unmistakable, unless it tells of another person or is no plain word."""
    if (
        sign.field is not None
        or '"' in sign.header
        or not kind.strong
        or content.filled < _FEW_CELLS
        or content.shares[kind.name] < _CERTAIN
    ):
        return 0.0
    folded = normalise_header(sign.header)
    if any(normalise_header(word) in folded for word in other_people()):
        return 0.0
    return _score(UNKNOWN, kind, content)


def _alone(number: int, kind: Kind, signs: Sequence[HeaderMatch], contents: Sequence[ColumnContent]) -> bool:
    """No other column holds the like: of two unknown ones nobody knows which is the row's own."""
    return not any(
        content.kind is kind and other != number and (signs[other].field in kind.fields or signs[other].field is None)
        for other, content in enumerate(contents)
    )


def _score(weight: float, kind: Kind, content: ColumnContent) -> float:
    """The weight, by the share of cells that fit; a handful of cells proves less."""
    few = 0.9 if content.filled < _FEW_CELLS else 1.0
    return round(weight * content.shares[kind.name] * few, 3)


def _field(content: ColumnContent, schema: Schema, taken: Collection[str | None]) -> str | None:
    """The first free field of the schema that holds this."""
    kind = content.kind
    wanted: Sequence[str] = kind.fields if kind else ()
    if kind is not None and kind.name == "date" and content.born:
        wanted = (_BIRTHDAY,)
    return next((name for name in wanted if name in schema.fields and name not in taken), None)


def telling(signs: Sequence[HeaderMatch], common: frozenset[str]) -> int:
    """How many signs tell what kind of table this is: not those that any table may have."""
    return len({sign.field for sign in signs if sign.field and _tells(sign, common)})


def _tells(sign: HeaderMatch, common: frozenset[str]) -> bool:
    return bool(sign.evidence) or (sign.field not in common and not is_vague(sign.header))


def unmistakable(signs: Sequence[HeaderMatch], contents: Sequence[ColumnContent]) -> bool:
    """Whether some column without a telling header can hold nothing else than e-mails, say, or mobiles."""
    return any(
        sign.reason == "content" and content.kind is not None and content.kind.strong
        for sign, content in zip(signs, contents, strict=True)
    )
