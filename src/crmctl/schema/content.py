"""What the cells of columns look like: e-mails, mobiles, dates … What that says of a header is `by_content.py`'s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import duckdb

from crmctl import messages, yamlfile
from crmctl.resources import VOCABULARY
from crmctl.schema.column import blank
from crmctl.sql import SQL, ident, join, sql

MOST_ROWS, MOST_CELLS, LEAST_ROWS = 2_000, 40_000, 300
LEAST_SHARE = 0.8
_FEW, _MANY = 40, 0.6
_BORN_SPAN, _BORN_BEFORE = 15, 2012
_PRIME, _STRIDE = 1_000_003, 618_035


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content: how its cells look, and which fields hold it.

    Args:
        name: `email`, `mobile` …
        pattern: A regular expression (RE2) for a whole cell.
        fields: The fields that such a column fills, the best first.
        types: The semantic types that such cells do not speak against.
        labels: What such cells are called, in the plural, by language.
        strong: Cells hardly ever look so by chance.
        several: A cell may hold several; the first counts.
        few: Such a column repeats few values.
        distinct: Such a column repeats few of its values often.
    """

    name: str
    pattern: str
    fields: tuple[str, ...]
    types: tuple[str, ...]
    labels: Mapping[str, str]
    strong: bool = False
    several: bool = False
    few: bool = False
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class ColumnContent:
    """What a sample of a column's cells looks like.

    Args:
        filled: How many cells of the sample are filled.
        distinct: How many different ones.
        shares: Kind -> the share of the filled cells that look like it, those above 0.
        years: The first decile, the median and the last decile of the years named in the cells; None where few do.
    """

    filled: int
    distinct: int
    shares: Mapping[str, float] = field(default_factory=dict)
    years: tuple[int, int, int] | None = None

    @property
    def kind(self) -> Kind | None:
        """The first kind that most of the cells fit; None where none does."""
        return next((kind for kind in kinds().values() if self.shares.get(kind.name, 0) >= self._least(kind)), None)

    @property
    def born(self) -> bool:
        """The dates lie as birthdays do: over many years, most of them long ago."""
        return self.years is not None and self.years[2] - self.years[0] >= _BORN_SPAN and self.years[1] < _BORN_BEFORE

    def _least(self, kind: Kind) -> float:
        """The share that makes a column of this kind; more than any share where its values repeat otherwise."""
        if kind.few and self.distinct > _FEW:
            return 2.0
        if kind.distinct and (self.filled < 2 or self.distinct < _MANY * self.filled):
            return 2.0
        return LEAST_SHARE

    def evidence(self) -> str:
        """The share and the kind in words: `98 % mobiles`."""
        kind = self.kind
        if kind is None:
            return ""
        share, label = int(100 * self.shares[kind.name]), kind.labels.get(messages.language()) or kind.labels["en"]
        return f"{share} % {label}"


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    data: dict[str, Any] = yamlfile.load(VOCABULARY / "contents.yaml").data
    return data


def other_people() -> tuple[str, ...]:
    """Words in a header that tell of somebody else than the row's own person."""
    return tuple(_words()["others"])


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """Every kind of content by name, the most telling first."""
    data = _words()
    lists = _word_lists(data)
    result: dict[str, Kind] = {}
    for name, entry in data["kinds"].items():
        pattern = entry["pattern"]
        for word, alternatives in (*lists.items(), *((kind.name, kind.pattern) for kind in result.values())):
            pattern = pattern.replace("{" + word + "}", alternatives)
        result[name] = Kind(
            name, f"(?:{pattern})", tuple(entry["fields"]), tuple(entry["types"]), entry["label"],
            entry.get("strong", False), entry.get("several", False), entry.get("few", False),
            entry.get("distinct", False),
        )  # fmt: skip
    return result


def _word_lists(data: Mapping[str, Any]) -> dict[str, str]:
    """The alternations that patterns may name."""
    surnames = yamlfile.load(VOCABULARY / "surnames_zh.yaml").data
    forms = yamlfile.load(VOCABULARY / "legal_forms.yaml").data
    genders = yamlfile.load(VOCABULARY / "genders.yaml").data
    doubles = [name for line in surnames["double"] for name in line.split()]
    return {
        "surname": _either(doubles) + "|[" + "".join(surnames["single"]) + "]",
        "company_zh": _either(forms["zh"]),
        "company_latin": _either(forms["latin"]),
        "gender": _either(word for canonical, words in genders.items() for word in (canonical, *words)),
        "state": _either(data["state"]),
        "city": _either(data["city"]),
    }


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


def content_profile(con: duckdb.DuckDBPyConnection, relation: SQL, columns: Sequence[str]) -> list[ColumnContent]:
    """What the columns hold, from a sample of rows spread evenly over the table by ``_id``.

    Args:
        con: The connection.
        relation: The rows, with `_id`.
        columns: The SQL names of its text columns.

    Returns:
        One content for each column, in their order. The same for the same rows and ids.
    """
    if not columns:
        return []
    known = list(kinds().values())
    cells = sql(
        "select unnest([{names}]) as place, unnest([{cells}]) as cell from ({sample})",
        names=join(sql("{n}", n=number) for number in range(len(columns))),
        cells=join(ident(f"c{number}") for number in range(len(columns))),
        sample=sample_rows(con, relation, columns),
    )
    counts = join(
        sql(
            "coalesce(sum(n) filter (where regexp_full_match({text}, {pattern})), 0)",
            text=sql("head") if kind.several else sql("cell"), pattern=kind.pattern,
        )
        for kind in known
    )  # fmt: skip
    query = sql(
        "with cells as ({cells}), distinct_cells as (select place, cell, count(*) as n from"
        r" (select place, regexp_replace(trim(cell, chr(9) || ' '), '^(?:=\"(.*)\"|''(.*))$', '\1\2') as cell"
        " from cells where not {blank}) group by all),"
        " heads as (select *, trim(regexp_extract(cell, {head}, 1)) as head,"
        r" try_cast(nullif(regexp_extract(cell, '(?:^|\D)((?:19|20)\d\d)(?:\D|$|\d{{4}}$)', 1), '') as integer) as year"
        " from distinct_cells)"
        " select place, sum(n), count(*), count(year), quantile_disc(year, [0.1, 0.5, 0.9]), {counts} from heads"
        " group by place",
        cells=cells, blank=blank(sql("cell")), head=r"^\s*(.*?)\s*(?:[;；、，,|\n/]|:::|$)", counts=counts,
    )  # fmt: skip
    found = {row[0]: row[1:] for row in con.execute(query.text, query.values).fetchall()}
    return [_content(found.get(number), known) for number in range(len(columns))]


def _content(row: Sequence[Any] | None, known: Sequence[Kind]) -> ColumnContent:
    if row is None:
        return ColumnContent(0, 0)
    filled, distinct, dated, years, *counts = row
    shares = {kind.name: int(count) / int(filled) for kind, count in zip(known, counts, strict=True) if count}
    low, middle, high = years or (0, 0, 0)
    return ColumnContent(int(filled), distinct, shares, (low, middle, high) if 2 * dated > distinct else None)


def sample_rows(con: duckdb.DuckDBPyConnection, relation: SQL, columns: Sequence[str]) -> SQL:
    """A query of rows spread evenly over the table by ``_id``, its columns under the names `c0`, `c1` and so on."""
    bounds = sql("select count(*), min(_id), max(_id) from {relation}", relation=relation)
    [(count, first, last)] = con.execute(bounds.text, bounds.values).fetchall()
    wanted = max(LEAST_ROWS, min(MOST_ROWS, MOST_CELLS // len(columns)))
    named = join(sql("{c} as {n}", c=ident(name), n=ident(f"c{number}")) for number, name in enumerate(columns))
    if count <= wanted:
        return sql("select {named} from {relation}", named=named, relation=relation)
    # Every n-th row would meet one phase of anything periodic.
    return sql(
        "select {named} from {relation} where (_id - {first}) % {prime} * {stride} % {prime} < {limit}",
        named=named, relation=relation, first=first, prime=_PRIME, stride=_STRIDE,
        limit=-(-wanted * _PRIME // (last - first + 1)),
    )  # fmt: skip
