"""Header texts: how they are folded, and which field each of them means. Whole tables are `mapping.py`'s."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from crmctl import yamlfile
from crmctl.resources import VOCABULARY
from crmctl.schema.column import HIDDEN

# Zero-width characters and the BOM survive NFKC and are no blanks to `\s`.
_IGNORED = re.compile(r"[\s\u200b-\u200f\u2060\ufeff*?:_.'’‐-―-]+")
_BRACKETS = re.compile(r"[(\[【〔<]([^()\[\]【】〔〕<>]*)[)\]】〕>]")
_HAN = r"[\u3400-\u9fff]"
_SEPARATORS = re.compile(rf"[()\[\]【】〔〕<>/|\\\n]+|(?<={_HAN})\s+(?=[A-Za-z])|(?<=[A-Za-z.])\s+(?={_HAN})")
NAME, LABEL, ALIAS, PART = 1.0, 0.95, 0.9, 0.8
# Among aliases the ones listed first are the better signs; a hundred of them still rank above a part.
_PER_RANK = 0.0005


@dataclass(frozen=True, slots=True)
class KnownName:
    """A header that means a field: how it came to, and how good a sign it is (0 to 1)."""

    field: str
    reason: str
    score: float


KnownNames = Mapping[str, KnownName]


@dataclass(frozen=True, slots=True)
class HeaderVocabulary:
    """The headers that people give to common fields, whatever the table.

    Args:
        aliases: Field name -> headers that mean it.
        hints: Matches a folded remark in brackets that says how to fill a column in, not what it is.
        preference: Schemas in the order in which a tie between them is settled.
        vague: Folded headers that leave open what their column holds.
        unnamed: Matches a folded header that says nothing at all.
        marks: Schema -> fields of which one has to be filled before a table is taken for it.
    """

    aliases: Mapping[str, tuple[str, ...]]
    hints: re.Pattern[str]
    preference: tuple[str, ...]
    vague: frozenset[str]
    unnamed: re.Pattern[str]
    marks: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def vocabulary() -> HeaderVocabulary:
    """The contents of `vocabulary/headers.yaml`."""
    data = yamlfile.load(VOCABULARY / "headers.yaml").data
    return HeaderVocabulary(
        aliases={name: tuple(headers) for name, headers in data["fields"].items()},
        hints=re.compile("|".join(f"(?:{hint})" for hint in data["hints"])),
        preference=tuple(data["preference"]),
        vague=frozenset(_fold_marks(header) for header in data["vague"]),
        marks={name: tuple(fields) for name, fields in data["marks"].items()},
        unnamed=re.compile("|".join(f"(?:{pattern})" for pattern in data["unnamed"])),
    )


@lru_cache(maxsize=20_000)
def normalise_header(text: str) -> str:
    """A header folded so that spellings of one name are equal: width, case, blanks, marks and form hints are gone.

    >>> normalise_header("* 手机号（必填）："), normalise_header("E-Mail_Address")
    ('手机号', 'emailaddress')
    """
    while (folded := _fold(text)) != text:
        text = folded
    return folded


def is_vague(header: str) -> bool:
    """Whether a header leaves open what its column holds: 联系方式, Contact."""
    return normalise_header(header) in vocabulary().vague


def is_unnamed(header: str) -> bool:
    """Whether a header says nothing at all: an empty one, `c1`, `Unnamed: 3`."""
    folded = normalise_header(header)
    return not folded or vocabulary().unnamed.fullmatch(folded) is not None


def _fold(text: str) -> str:
    return _BRACKETS.sub(_without_hint, _fold_marks(text))


def _fold_marks(text: str) -> str:
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).casefold())


def _without_hint(bracket: re.Match[str]) -> str:
    remark = bracket[1]
    return "" if not remark or vocabulary().hints.fullmatch(remark) else bracket[0]


def known_names(fields: Mapping[str, tuple[Mapping[str, str], Sequence[str]]]) -> dict[str, KnownName]:
    """Normalised header -> what it means, from each field's name, labels and aliases; the stronger sign stays."""
    known: dict[str, KnownName] = {}
    for name, (labels, aliases) in fields.items():
        signs = [(name, "name", NAME)]
        signs += [(label, "label", LABEL) for label in labels.values()]
        signs += [(alias, "alias", ALIAS - rank * _PER_RANK) for rank, alias in enumerate(aliases)]
        for text, reason, score in signs:
            folded = normalise_header(text)
            if folded and (folded not in known or known[folded].score < score):
                known[folded] = KnownName(name, reason, score)
    return known


def recognise(header: str, known: KnownNames) -> KnownName | None:
    """The field that a header means; a bilingual one such as `手机 (Mobile)` where all its parts agree.

    Bookkeeping columns of an earlier export mean no field.
    """
    if header.strip().casefold() in HIDDEN:
        return None
    whole = known.get(normalise_header(header))
    if whole:
        return whole
    parts = [normalise_header(part) for part in _SEPARATORS.split(unicodedata.normalize("NFKC", header))]
    meanings = [known.get(part) for part in parts if part]
    if len(meanings) < 2 or None in meanings:
        return None
    fields = {meaning.field for meaning in meanings if meaning}
    return KnownName(fields.pop(), "alias", PART) if len(fields) == 1 else None
