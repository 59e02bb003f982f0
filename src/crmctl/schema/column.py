"""What crmctl knows of one column of a table: its names, its semantic type, and the SQL that reads it typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from crmctl.sql import SQL, ident, sql

# Semantic type -> the SQL type a dataset's view shows. A version holds text; `varchar` needs no cast.
TYPES: Mapping[str, str] = {
    "text": "varchar", "notes": "varchar", "id": "varchar", "name": "varchar", "given_name": "varchar",
    "family_name": "varchar", "company": "varchar", "job_title": "varchar", "email": "varchar", "phone": "varchar",
    "mobile": "varchar", "street": "varchar", "district": "varchar", "city": "varchar", "region": "varchar",
    "postal_code": "varchar", "country": "varchar", "url": "varchar", "enum": "varchar", "gender": "varchar",
    "tags": "varchar", "currency": "varchar", "language": "varchar", "wechat": "varchar", "uscc": "varchar",
    "id_card": "varchar", "vat": "varchar",
    "date": "date", "datetime": "timestamp", "integer": "bigint", "number": "double", "money": "decimal(18,4)",
    "percent": "double", "boolean": "boolean",
}  # fmt: skip

HIDDEN = ("_id", "_source", "_line")
"""The bookkeeping columns that every version carries; `_id` is a BIGINT, `_source` text, `_line` a BIGINT."""

RESERVED = frozenset({*HIDDEN, "rowid"})
"""What no business column is called, in any case: a column called `rowid` would hide DuckDB's own."""

HELPER_PREFIX = "_crmctl_"
"""What our SQL adds beside a user's columns begins with this; no business column does."""


def is_reserved(name: str) -> bool:
    """Whether a business column cannot be called that."""
    return name.casefold() in RESERVED or name.casefold().startswith(HELPER_PREFIX)


@dataclass(frozen=True, slots=True)
class Column:
    """One business column of a version or file.

    Args:
        name: Its name in SQL: a field of the schema, or the header itself where no field fits.
        header: The header as the source file spells it.
        type: Its semantic type, a key of `TYPES`.
        labels: What people call it, by language (`en`, `zh`).
        aliases: Other headers that mean it.
        pii: It holds personal data: samples and failure lists mask it.
        event: Its dates are things that happened; the newest fixes the as-of date.
        definition: How a derived column came about, in a sentence.
        outcomes: The labels of a class column's values, by value and language.
    """

    name: str
    header: str
    type: str = "text"
    labels: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    pii: bool = False
    event: bool = False
    definition: str = ""
    outcomes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def sql_type(self) -> str:
        """The SQL type that the dataset's view shows."""
        return TYPES.get(self.type, "varchar")

    @property
    def identifier(self) -> SQL:
        """The quoted name: the stored text."""
        return ident(self.name)

    def typed(self, of: SQL | None = None) -> SQL:
        """The value in its SQL type; null where it is blank or does not fit. ``of`` replaces the bare column."""
        return typed(of or self.identifier, self.type)

    def misfit(self, of: SQL | None = None) -> SQL:
        """True where a cell is filled and does not fit the SQL type. ``of`` replaces the bare column."""
        text = of or self.identifier
        if self.sql_type == "varchar":
            return sql("false")
        if self.sql_type == "bigint":
            return sql("(not {blank} and {typed} is null)", blank=blank(text), typed=self.typed(text))
        # Nearly all cells fit as they stand; trimming them all costs more than the cast.
        return sql(
            "(case when try_cast({text} as {target}) is not null then false else not {blank} and {typed} is null end)",
            text=text, target=SQL((self.sql_type,)), blank=blank(text), typed=self.typed(text),
        )  # fmt: skip

    def label(self, language: str = "en") -> str:
        """What people call it; the header where the schema has no label."""
        return self.labels.get(language) or self.labels.get("en") or self.header

    def outcome(self, value: str, language: str = "en") -> str:
        """What people call one of the column's values; the value itself where it has no label."""
        labels = self.outcomes.get(value, {})
        return labels.get(language) or labels.get("en") or value

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the store's register; `from_dict` reads it back."""
        outcomes = {value: dict(labels) for value, labels in self.outcomes.items()}
        return {**asdict(self), "labels": dict(self.labels), "aliases": list(self.aliases), "outcomes": outcomes}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Column:
        """The column that `to_dict` described."""
        return cls(**{**data, "aliases": tuple(data.get("aliases", ()))})


def typed(text: SQL, semantic_type: str) -> SQL:
    """A text expression cast to a semantic type's SQL type; blank and ill-fitting values are null."""
    target = TYPES.get(semantic_type, "varchar")
    if target == "varchar":
        return text
    value = sql("try_cast(nullif(trim({text}), '') as {target})", text=text, target=SQL((target,)))
    if target != "bigint":
        return value
    # A cast rounds: half a point would become a whole one.
    return sql("case when try_cast(trim({text}) as double) % 1 = 0 then {value} end", text=text, value=value)


def blank(text: SQL) -> SQL:
    """True where a text cell is missing: null, empty, or nothing but blanks."""
    return sql("(coalesce(trim({text}), '') = '')", text=text)
