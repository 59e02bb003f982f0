"""How alike two forms are, field by field, as small whole levels: 0 not comparable, 1 different, higher is closer.

Within a field the cheap tests come first. What a level is worth is learned elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crmctl.sql import SQL, Composable, ident, join, sql


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field's comparison.

    Args:
        name: The field.
        needs: The roles of which at least one has to be there.
        level: The level as SQL over the forms `l` and `r`.
        usual: How often true matches show level 1, 2, …: the prior, and the answer where there is too little to learn.
        exact: The level that means equal values.
        share: The column that says how common the value is; none where equal values are about equally rare.
        one_sided: A difference says nothing, as people have several of these.
    """

    name: str
    needs: tuple[str, ...]
    level: SQL
    usual: tuple[float, ...]
    exact: int
    share: str | None = None
    one_sided: bool = False

    @property
    def column(self) -> SQL:
        """The level's column in a table of compared pairs."""
        return ident(f"{self.name}_level")


def _missing(column: str) -> SQL:
    return sql("(l.{c} is null or r.{c} is null)", c=ident(column))


def _ascii(column: str) -> SQL:
    return sql("strlen(l.{c}) = length(l.{c}) and strlen(r.{c}) = length(r.{c})", c=ident(column))


def _bytes_alike(column: str) -> SQL:
    """One minus the edits per byte. DuckDB's distances count bytes, and Chinese characters share their first ones."""
    return sql("(1 - levenshtein(l.{c}, r.{c}) / greatest(strlen(l.{c}), strlen(r.{c})))", c=ident(column))


def _text_level(column: str, near: float, far: float) -> SQL:
    """Equal 4, near 3, far 2, different 1; short text outside ASCII is equal or different."""
    c = ident(column)
    return sql(
        "case when {missing} then 0 when l.{c} = r.{c} then 4"
        " when {ascii} then case when jaro_winkler_similarity(l.{c}, r.{c}) >= {near} then 3"
        " when jaro_winkler_similarity(l.{c}, r.{c}) >= {far} then 2 else 1 end"
        " when least(length(l.{c}), length(r.{c})) < 4 then 1"
        " when {alike} >= 0.85 then 3 when {alike} >= 0.75 then 2 else 1 end",
        missing=_missing(column), c=c, ascii=_ascii(column), near=near, far=far, alike=_bytes_alike(column),
    )  # fmt: skip


def _code_level(column: str, edits: int) -> SQL:
    """Equal 3, a few edits 2, different 1."""
    c = ident(column)
    return sql(
        "case when {missing} then 0 when l.{c} = r.{c} then 3"
        " when length(l.{c}) > 4 and levenshtein(l.{c}, r.{c}) <= {edits} then 2 else 1 end",
        missing=_missing(column), c=c, edits=edits,
    )  # fmt: skip


def _equal_level(column: str) -> SQL:
    return sql("case when {m} then 0 when l.{c} = r.{c} then 2 else 1 end", m=_missing(column), c=ident(column))


def _crossed(near: float) -> SQL:
    """True where the given name of each stands as the family name of the other, or is missing there."""
    ascii_names = sql(
        "strlen(concat(l.given, l.family, r.given, r.family)) = length(concat(l.given, l.family, r.given, r.family))"
    )
    return sql(
        "(l.given <> l.family is distinct from false and r.given <> r.family is distinct from false"
        " and ((l.given is not null and r.family is not null) or (l.family is not null and r.given is not null))"
        " and (l.given is null or r.family is null or l.given = r.family"
        " or ({ascii} and jaro_winkler_similarity(l.given, r.family) >= {near}))"
        " and (l.family is null or r.given is null or l.family = r.given"
        " or ({ascii} and jaro_winkler_similarity(l.family, r.given) >= {near})))",
        near=near, ascii=ascii_names,
    )  # fmt: skip


# Given and family name have changed places: its own evidence, weighed once, so the family name's level is then 0.
_SWAPPED = sql(
    "(l.given is distinct from r.given and l.family is distinct from r.family and {crossed})", crossed=_crossed(0.85)
)
# Latin and Chinese spellings of one name cannot be compared without a reading: no evidence either way.
_GIVEN = sql(
    "case when l.given = r.given then 6"
    " when (strlen(l.given) = length(l.given)) <> (strlen(r.given) = length(r.given)) then 0"
    " when list_has_any(l.roots, r.roots) then 5"
    " when ({ascii}) and jaro_winkler_similarity(l.given, r.given) >= 0.92 then 3"
    " when {swapped} then 4 when {missing} then 0 when not ({ascii}) then 1"
    " when least(length(l.given), length(r.given)) = 1 and l.given[1] = r.given[1] then 2"
    " when jaro_winkler_similarity(l.given, r.given) >= 0.8 or levenshtein(l.given, r.given) <= 1 then 2"
    " when least(length(l.given), length(r.given)) >= 4 and levenshtein(l.letters, r.letters) <= 1 then 2 else 1 end",
    swapped=_SWAPPED, missing=_missing("given"), ascii=_ascii("given"),
)  # fmt: skip

_FAMILY = sql(
    "case when l.family = r.family then 4"
    " when (strlen(l.family) = length(l.family)) <> (strlen(r.family) = length(r.family)) then 0"
    " when ({ascii}) and jaro_winkler_similarity(l.family, r.family) >= 0.92 then 3"
    " when {missing} or {swapped} then 0 when not ({ascii}) then 1"
    " when jaro_winkler_similarity(l.family, r.family) >= 0.8 or levenshtein(l.family, r.family) <= 1 then 2"
    " else 1 end",
    swapped=_SWAPPED, missing=_missing("family"), ascii=_ascii("family"),
)  # fmt: skip

# A slip of some months, or of a decade, is a likelier error in a date than in a code.
_DAYS_APART = sql("abs(l.born - r.born)")
_BIRTHDAY = sql(
    "case when {missing} then 0 when l.birthday = r.birthday then 5"
    " when l.birthday[1:4] = r.birthday[1:4] and l.birthday[5:6] = r.birthday[7:8] and l.birthday[7:8] ="
    " r.birthday[5:6] then 4"
    " when levenshtein(l.birthday, r.birthday) = 1 then 4 when levenshtein(l.birthday, r.birthday) = 2 then 3"
    " when least({days}, abs({days} - 3652)) <= 400 then 2 else 1 end",
    missing=_missing("birthday"), days=_DAYS_APART,
)  # fmt: skip

_EMAIL = sql(
    "case when {missing} then 0 when l.email = r.email or list_has_any(l.emails, r.emails) then 5"
    " when l.email_user = r.email_user and length(l.email_user) >= 4 then 4"
    " when jaro_winkler_similarity(l.email, r.email) >= 0.92 then 3"
    " when jaro_winkler_similarity(l.email_user, r.email_user) >= 0.85 then 2 else 1 end",
    missing=_missing("email"),
)  # fmt: skip

_PHONE = sql(
    "case when {missing} then 0 when l.phone = r.phone or list_has_any(l.phones, r.phones) then 3"
    " when levenshtein(l.phone, r.phone) = 1 then 2 else 1 end",
    missing=_missing("phone"),
)  # fmt: skip

_POSTAL = sql(
    "case when {missing} then 0 when l.postal = r.postal then 4 when levenshtein(l.postal, r.postal) = 1 then 3"
    " when l.postal[1:3] = r.postal[1:3] then 2 else 1 end",
    missing=_missing("postal"),
)  # fmt: skip

_HOUSE = sql(
    "case when {missing} then 0 when l.house = r.house then 3"
    " when levenshtein(l.house, r.house) = 1 and greatest(length(l.house), length(r.house)) > 1 then 2 else 1 end",
    missing=_missing("house"),
)  # fmt: skip

COMPARISONS: tuple[Comparison, ...] = (
    Comparison("given", ("given", "full"), _GIVEN, (0.03, 0.05, 0.07, 0.02, 0.04, 0.79), 6, "given_share"),
    Comparison("family", ("family", "full"), _FAMILY, (0.04, 0.04, 0.10, 0.82), 4, "family_share"),
    Comparison("birthday", ("birthday",), _BIRTHDAY, (0.03, 0.02, 0.05, 0.10, 0.80), 5, "birthday_share"),
    Comparison("email", ("email",), _EMAIL, (0.20, 0.03, 0.07, 0.05, 0.65), 5),
    Comparison("phone", ("phone",), _PHONE, (0.20, 0.05, 0.75), 3),
    Comparison("identifier", ("identifier",), _code_level("identifier", 2), (0.03, 0.10, 0.87), 3),
    Comparison("handle", ("handle",), _equal_level("handle"), (0.2, 0.8), 2, "handle_share"),
    Comparison(
        "company", ("company",), _text_level("company", 0.92, 0.85), (0.20, 0.05, 0.10, 0.65), 4, "company_share"
    ),
    Comparison("register", ("register",), _equal_level("register"), (0.1, 0.9), 2, "register_share", one_sided=True),
    Comparison("postal", ("postal",), _POSTAL, (0.13, 0.05, 0.07, 0.75), 4, "postal_share"),
    Comparison("city", ("city",), _text_level("city", 0.92, 0.8), (0.15, 0.03, 0.10, 0.72), 4, "city_share"),
    Comparison("house", ("house",), _HOUSE, (0.15, 0.10, 0.75), 3),
    Comparison("street", ("street",), _text_level("street", 0.9, 0.8), (0.20, 0.05, 0.15, 0.60), 4, "street_share"),
    Comparison("region", ("region",), _equal_level("region"), (0.1, 0.9), 2, "region_share"),
)


def active(roles: Iterable[str]) -> list[Comparison]:
    """The comparisons that the roles allow; a region only where no finer place is known."""
    present = set(roles)
    chosen = [c for c in COMPARISONS if present & set(c.needs)]
    return [c for c in chosen if c.name != "region" or not present & {"city", "postal"}]


def compare(forms: Composable, pairs: Composable, comparisons: Sequence[Comparison]) -> SQL:
    """A query: `l`, `r` and one level column for each comparison.

    Args:
        forms: The table of forms.
        pairs: A relation with the columns `l` and `r`, numbers of forms.
        comparisons: What to compare.
    """
    levels = join([sql("({level})::utinyint as {name}", level=c.level, name=c.column) for c in comparisons])
    return sql(
        "select p.l, p.r, {levels} from {pairs} p join {forms} l on l.form = p.l join {forms} r on r.form = p.r",
        levels=levels, pairs=pairs, forms=forms,
    )  # fmt: skip
