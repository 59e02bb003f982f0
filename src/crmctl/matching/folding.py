"""Matching forms as SQL expressions: case, width, accents and punctuation folded away. Nothing here runs a query.

The forms serve comparison only; they never reach an output.
"""

from __future__ import annotations

from crmctl.matching.words import alternation, legal_forms, name_words, surnames
from crmctl.schema.masking import STAR, masked, masked_phone
from crmctl.sql import SQL, Composable, join, sql

_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
_NARROW = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + " "


def folded(text: Composable) -> SQL:
    """Lower case, half width, no accents, single blanks; null where nothing is left."""
    narrow = sql(
        r"case when regexp_matches({t}, '[\x{{3000}}\x{{FF01}}-\x{{FF5E}}]') then translate({t}, {wide},"
        r" {narrow}) else {t} end",
        t=text, wide=_WIDE, narrow=_NARROW,
    )  # fmt: skip
    plain = sql("lower(strip_accents({n}))", n=narrow)
    return sql(r"nullif(trim(regexp_replace({p}, '\s+', ' ', 'g')), '')", p=plain)


def known(text: Composable) -> SQL:
    """A folded value, or null where it only stands for a missing one."""
    return sql(
        r"case when list_contains({missing}, {t}) or regexp_full_match({t}, '[-_.?*/x ]+|0+') then null else {t} end",
        t=text, missing=name_words().missing,
    )  # fmt: skip


def unmasked(text: Composable) -> SQL:
    """A folded value, or null where a part of it was hidden: it may be many people's."""
    return sql("case when not {masked} then {t} end", masked=masked(text), t=text)


def words(text: Composable) -> SQL:
    """A folded value as words with single blanks between them; apostrophes vanish."""
    joined = sql("regexp_replace({t}, '[''’`´]', '', 'g')", t=text)
    return sql(r"nullif(trim(regexp_replace({t}, '[^\p{{L}}\p{{N}}]+', ' ', 'g')), '')", t=joined)


def given_name(text: Composable) -> SQL:
    """A given name without a title before it."""
    return sql(
        "regexp_replace({t}, {titles}, '')", t=words(text), titles=f"^(?:(?:{alternation(name_words().titles)}) )+"
    )


def split_name(text: Composable) -> SQL:
    """A full name as ``{given, family}``: Chinese by its surname, `Family, Given` by the comma, else the last word."""
    lists = name_words()
    titles = f"^(?:(?:{alternation(lists.titles)})[. ]+)+"
    suffixes = f"(?:,? (?:{alternation(lists.suffixes)})[.]?)+$"
    particles = f"^(.+?) ((?:(?:{alternation(lists.particles)}) )*[^ ]+)$"
    bare = sql(
        "regexp_replace(regexp_replace({t}, {titles}, ''), {suffixes}, '')", t=text, titles=titles, suffixes=suffixes
    )
    return sql(
        "case when {chinese} then {split_chinese} when contains({bare}, ',') then {split_comma} else {split_latin} end",
        bare=bare,
        chinese=sql(r"regexp_full_match({t}, '[\x{{3400}}-\x{{9FFF}} ·]+')", t=text),
        split_chinese=_split_chinese(text),
        split_comma=_name(words(sql("split_part({b}, ',', 2)", b=bare)), words(sql("split_part({b}, ',', 1)", b=bare))),
        split_latin=_name(
            sql("coalesce(nullif(regexp_extract({w}, {p}, 1), ''), {w})", w=words(bare), p=particles),
            sql("nullif(regexp_extract({w}, {p}, 2), '')", w=words(bare), p=particles),
        ),
    )


def _split_chinese(text: Composable) -> SQL:
    honorifics = f"(.)(?:{alternation(name_words().honorifics_zh)})$"
    bare = sql(r"regexp_replace(regexp_replace({t}, '[ ·]', '', 'g'), {h}, '\1')", t=text, h=honorifics)
    pattern = f"^({surnames().pattern})(.*)$"
    family = sql("nullif(regexp_extract({b}, {p}, 1), '')", b=bare, p=pattern)
    given = sql("nullif(regexp_replace({b}, {p}, {rest}), '')", b=bare, p=pattern, rest=r"\2")
    return _name(given, family)


def _name(given: SQL, family: SQL) -> SQL:
    return sql("struct_pack(given := {given}, family := {family})", given=given, family=family)


def compact(text: Composable) -> SQL:
    """Letters and digits only, for codes and numbers of documents."""
    return sql(r"nullif(regexp_replace({t}, '[^\p{{L}}\p{{N}}]', '', 'g'), '')", t=text)


def place(text: Composable) -> SQL:
    """A city without the Chinese ending that some writers leave out."""
    return sql("regexp_replace({t}, '(..)市$', {rest})", t=words(text), rest=r"\1")


def company(text: Composable) -> SQL:
    """A company's words without its legal form; all of them where nothing else would be left."""
    forms = legal_forms()
    ending = f"(?: (?:{alternation(forms.latin)}))+$|(?:{alternation(forms.zh)})$"
    return sql("coalesce(nullif(regexp_replace({n}, {ending}, ''), ''), {n})", n=text, ending=ending)


def date_digits(text: Composable) -> SQL:
    """A date as its eight digits, year first where the text says so; else whatever digits it has."""
    parts = r"^(\d{4})\D+(\d{1,2})\D+(\d{1,2})"
    return sql(
        r"""case when regexp_full_match({t}, '\d{{4}}-\d\d-\d\d') then replace({t}, '-', '')
            when regexp_matches({t}, {p}) then regexp_extract({t}, {p}, 1)
            || lpad(regexp_extract({t}, {p}, 2), 2, '0') || lpad(regexp_extract({t}, {p}, 3), 2, '0')
            else regexp_replace({t}, '\D', '', 'g') end""",
        t=text, p=parts,
    )  # fmt: skip


def birthday(digits: Composable) -> SQL:
    """The digits of a date; null for placeholders and scraps."""
    return sql(
        "case when length({d}) < 6 or list_contains({missing}, {d}) then null else {d} end",
        d=digits, missing=name_words().missing_dates,
    )  # fmt: skip


def emails(texts: list[SQL]) -> SQL:
    """The distinct unmasked addresses in several cells, sorted, without `+tag`; null where there is none."""
    return sql(
        r"""nullif(list_sort(list_distinct(list_filter(list_transform(
            regexp_split_to_array(concat_ws(';', {texts}), '[;,，；、|\s]+'),
            lambda e: regexp_replace(e, '\+[^@]*@', '@')),
            lambda e: e like '_%@_%' and not regexp_matches(e, {star}) and not list_contains({missing}, e)))), [])""",
        texts=join(texts), star=STAR, missing=name_words().missing_emails,
    )  # fmt: skip


def phones(texts: list[SQL]) -> SQL:
    """The distinct numbers in several cells, sorted: the last nine digits of each, without extension. Masked are none.

    Nine digits are what a number has in common whether or not its country code was written.
    """
    return sql(
        r"""nullif(list_sort(list_distinct(list_filter(list_transform(list_filter(
            regexp_split_to_array(concat_ws(';', {texts}), '[;,，；、|/]+'), lambda p: not {masked}),
            lambda p: right(regexp_replace(regexp_replace(p, '(?:ext|x|转|轉|分机|\.0$).*$', ''), '\D', '', 'g'), 9)),
            lambda p: length(p) >= 6 and replace(p, p[1], '') <> '' and not contains('01234567890', p)))), [])""",
        texts=join(texts), masked=masked_phone(sql("p")),
    )  # fmt: skip
