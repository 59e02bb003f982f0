"""The cells of a target's columns, as SQL over our fields: dates, words and lists as the target writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from crmctl.exporting.hashing import hashed
from crmctl.resources import VOCABULARY
from crmctl.schema.column import Column, blank, typed
from crmctl.schema.preset_model import PresetColumn, Target
from crmctl.sql import FALSE, SQL, disjunction, join, sql
from crmctl.yamlfile import load

NUMBERS = frozenset({"integer", "number", "money", "percent"})
DATES = frozenset({"date", "datetime"})
EMAIL = r"^[^\s@,;<>]+@[^\s@,;<>.]+(\.[^\s@,;<>.]+)+$"
_BLANKS = r"\s+"
_PARTS_IN_ORDER = ("given_name", "middle_name", "family_name")
_PARTS = frozenset(_PARTS_IN_ORDER)
_EASTERN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+"


@dataclass(frozen=True)
class Cell:
    """One cell of a target's row.

    Args:
        column: What the target says of it.
        sources: The columns that may fill it, in order of preference.
        text: Its text; NULL where it stays empty.
        unfit: True where what fills it cannot be written as the target wants it.
    """

    column: PresetColumn
    sources: tuple[Column, ...]
    text: SQL
    unfit: SQL

    @property
    def type(self) -> str:
        """The semantic type of what fills it; empty where nothing of ours does, or several fields together."""
        typeless = self.column.join or self.column.verbatim or not self.sources
        return "" if typeless else self.sources[0].type


def cell_of(column: PresetColumn, known: Mapping[str, Column], target: Target, codes: Sequence[str]) -> Cell:
    """A target's cell made from the fields that there are.

    Args:
        column: What the target wants.
        known: Our columns by field name.
        target: How the target writes things.
        codes: The countries that occur.
    """
    sources, texts = _filling(column, known, target, codes)
    if column.verbatim:
        return Cell(column, sources, sql("({c})::varchar", c=sources[0].identifier), FALSE)
    if column.join:
        text = _joined(texts, column.separator)
    else:
        text = sql("coalesce({texts})", texts=join(texts)) if texts else sql("null::varchar")
    text = _in_their_words(text, column)
    if column.value:
        text = sql("coalesce({text}, {value})", text=text, value=column.value)
    unfit = _unfit(sources, together=bool(column.join))
    if column.hashed:
        text = hashed(_known_only(text, unfit, column), column.hashed)
    return Cell(column, sources, text, unfit)


def _filling(
    column: PresetColumn, known: Mapping[str, Column], target: Target, codes: Sequence[str]
) -> tuple[tuple[Column, ...], list[SQL]]:
    """The fields that fill a cell, and their texts; a whole name is put together where a row has only its parts."""
    names = column.join or [name for name in (column.field, *column.fallback) if name]
    from_parts = not column.join and not _PARTS & {*names}
    sources: list[Column] = []
    texts: list[SQL] = []
    for name in names:
        own = [known[name]] if name in known else []
        texts += [_text(source, column, target, codes) for source in own]
        parts = [known[part] for part in _PARTS_IN_ORDER if part in known] if name == "full_name" and from_parts else []
        texts += [_whole_name(known)] if parts else []
        sources += [*own, *parts]
    return tuple(sources), texts


def _whole_name(known: Mapping[str, Column]) -> SQL:
    """The parts of a name in the order of their language."""
    given, middle, family = (
        sql("nullif(trim({c}), '')", c=known[name].identifier) if name in known else sql("null::varchar")
        for name in _PARTS_IN_ORDER
    )
    eastern = sql("concat({f}, {m}, {g})", f=family, m=middle, g=given)
    western = sql("concat_ws(' ', {g}, {m}, {f})", g=given, m=middle, f=family)
    return sql(
        "nullif(case when regexp_full_match({eastern}, {letters}) then {eastern} else {western} end, '')",
        eastern=eastern, western=western, letters=_EASTERN,
    )  # fmt: skip


def _known_only(text: SQL, unfit: SQL, column: PresetColumn) -> SQL:
    """A value before it is hashed: nobody sees afterwards what it was, so what is not valid goes out as nothing."""
    words = [*column.allowed, *column.values.values()]
    known = sql("list_contains({words}, {text})", words=words, text=text) if words else sql("true")
    return sql("case when not {unfit} and {known} then {text} end", unfit=unfit, known=known, text=text)


def _unfit(sources: Sequence[Column], *, together: bool) -> SQL:
    """What fills the cell does not fit its type: the first filled field, or any of several that go in together."""
    misfits = [
        (source, source.misfit() if source.type in NUMBERS | DATES | {"boolean"} else FALSE) for source in sources
    ]
    if together or not misfits:
        return disjunction(misfit for _, misfit in misfits) if misfits else FALSE
    cases = [sql("when not {blank} then {misfit}", blank=blank(source.identifier), misfit=m) for source, m in misfits]
    return sql("(case {cases} else false end)", cases=join(cases, " "))


def _text(source: Column, column: PresetColumn, target: Target, codes: Sequence[str]) -> SQL:
    """One field as the target writes it; as it stands where it does not fit its type."""
    bare = sql("nullif(trim({c}), '')", c=source.identifier)
    match source.type:
        case "date" | "datetime":
            written = _date(source, column, target)
        case "boolean":
            yes, no = column.booleans or target.booleans
            written = sql("case when {v} then {yes} when not {v} then {no} end", v=source.typed(), yes=yes, no=no)
        case "country" if target.countries in ("en", "zh"):
            names = country_names(target.countries)
            written = _replaced(bare, {code: names[code] for code in codes if code in names})
        case "tags" if column.multiple:
            written = sql("replace({c}, ';', {separator})", c=bare, separator=target.multi_separator)
        case "email":
            return bare
        case _:
            return sql("case when {bare} is not null then {c} end", bare=bare, c=source.identifier)
    return sql("coalesce({written}, {bare})", written=written, bare=bare)


def _date(source: Column, column: PresetColumn, target: Target) -> SQL:
    form = column.date_format or (target.date_format if source.type == "date" else target.datetime_format)
    moment = sql("try_cast({c} as timestamp)", c=typed(source.identifier, source.type))
    return sql("strftime({moment}, {form})", moment=moment, form=form)


def _joined(texts: Sequence[SQL], separator: str) -> SQL:
    """Filled parts in one cell; what separates them does not stand within a part."""
    if not texts:
        return sql("null::varchar")
    if not separator.strip(" "):
        blanks = sql("{pattern}", pattern=_BLANKS)
        texts = [sql("trim(regexp_replace({t}, {blanks}, ' ', 'g'))", t=text, blanks=blanks) for text in texts]
    return sql("nullif(concat_ws({separator}, {texts}), '')", separator=separator, texts=join(texts))


def _in_their_words(text: SQL, column: PresetColumn) -> SQL:
    """Our value as the target's word for it; a word of the target's own in its own spelling."""
    words = {word.casefold(): word for word in (*column.allowed, *column.values.values())}
    words |= {ours.casefold(): theirs for ours, theirs in column.values.items()}
    return _replaced(text, words, folded=True) if words else text


def _replaced(text: SQL, words: Mapping[str, str], *, folded: bool = False) -> SQL:
    if not words:
        return text
    subject = sql("lower(trim({text}))", text=text) if folded else text
    cases = join([sql("when {ours} then {theirs}", ours=o, theirs=t) for o, t in words.items()], " ")
    return sql("case {subject} {cases} else {text} end", subject=subject, cases=cases, text=text)


@cache
def country_names(language: str) -> Mapping[str, str]:
    """ISO codes with the first name in a language that `vocabulary/countries.yaml` lists."""
    listed: dict[str, list[str]] = load(VOCABULARY / "countries.yaml").data
    if language == "en":
        return {code: names[1] for code, names in listed.items()}
    return {code: next((n for n in names if "\u4e00" <= n[0] <= "\u9fff"), names[1]) for code, names in listed.items()}


def needs_cleaning(cell: Cell, target: Target) -> list[Column]:
    """The columns of a cell whose values have to be in our own normal form before they are written in another."""
    column = cell.column
    wanted = NUMBERS | DATES | {"boolean"}
    if column.values or column.allowed:
        wanted |= {"gender", "country"}
    if target.countries:
        wanted |= {"country"}
    if column.multiple:
        wanted |= {"tags"}
    if column.hashed:
        wanted |= {"gender", "country", "email", "phone", "mobile"}
    return [source for source in cell.sources if source.type in wanted and not column.verbatim]
