"""Which values a merged record keeps: the policy, from YAML or by default. `golden` carries it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crmctl.errors import UsageError, did_you_mean
from crmctl.matching.roles import plain
from crmctl.schema.column import Column

ADDRESS_PARTS = {
    "street": ("street", "address", "addressline", "地址", "详细地址", "街道"),
    "district": ("district", "county", "区", "区县"),
    "city": ("city", "town", "suburb", "城市", "市"),
    "region": ("region", "state", "province", "省", "省份"),
    "postal_code": ("postalcode", "postcode", "zip", "zipcode", "邮编", "邮政编码"),
    "country": ("country", "国家"),
}
"""Semantic types that make up an address, and what such columns are called behind a prefix as in `ship_city`."""

OPT_OUTS = ["optout", "optedout", "donot", "unsubscribe", "退订", "免打扰", "勿扰", "拒收"]
STAMPS = [
    "updated_at",
    "last_modified",
    "modified_at",
    "last_modified_date",
    "更新时间",
    "修改时间",
    "created_at",
    "create_date",
    "创建时间",
]


class Survivorship(BaseModel):
    """How the members of a cluster become one record.

    The survivor is the member that comes first by `prefer`; ties go by the md5 of the row's text. A field takes the
    survivor's value, else the first one in that order that is not blank.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefer: list[Literal["complete", "newest"]] = Field(
        default=["complete", "newest"], description="What makes a member the survivor, in turn."
    )
    newest_by: list[str] = Field(default=STAMPS, description="Columns that tell how new a record is, in turn.")
    true_wins: list[str] = Field(
        default=OPT_OUTS, description="A field whose name contains one of these is true if it is true in any member."
    )
    together: list[list[str]] | None = Field(
        default=None, description="Fields that come from one member; by default the parts of each address."
    )
    fields: dict[str, Literal["survivor", "newest", "longest"]] = Field(
        default={}, description="A rule of its own for a field."
    )

    def check(self, columns: Sequence[Column]) -> None:
        """Refuse names that are no columns.

        Raises:
            UsageError: `fields`, `together` or a `newest_by` of the user's own names an unknown column.
        """
        named = [*self.fields, *(name for group in self.together or () for name in group)]
        if "newest_by" in self.model_fields_set:
            named += self.newest_by
        known = [name for column in columns for name in (column.name, column.header)]
        for name in named:
            if find_column(columns, name) is None:
                near = did_you_mean(name, known)
                cure = "did you mean {near!r}?" if near else "name a column of the data"
                raise UsageError("survivorship: no field called {name!r}", cure=cure, name=name, near=near)

    def stamps(self, columns: Sequence[Column]) -> list[Column]:
        """The columns that tell how new a record is, the most telling first."""
        found = [find_column(columns, name) for name in self.newest_by]
        return list({column.name: column for column in found if column is not None}.values())

    def is_opt_out(self, column: Column) -> bool:
        """True where any member's yes is the cluster's yes."""
        return any(word in plain(name) for word in self.true_wins for name in (column.name, column.header))

    def groups(self, columns: Sequence[Column]) -> list[list[Column]]:
        """Fields that travel together, as named or as the parts of each address."""
        if self.together is None:
            return _addresses(columns)
        found = [[find_column(columns, name) for name in group] for group in self.together]
        return [[column for column in group if column is not None] for group in found]


def find_column(columns: Iterable[Column], name: str) -> Column | None:
    """The column of this name or header, by its plain spelling."""
    return next((c for c in columns if plain(name) in (plain(c.name), plain(c.header))), None)


def _addresses(columns: Sequence[Column]) -> list[list[Column]]:
    """Address columns by their prefix: `ship_street` and `ship_city` are one address, `street` and `city` another."""
    groups: dict[str, list[Column]] = {}
    for column in columns:
        if column.type in ADDRESS_PARTS:
            groups.setdefault(_prefix(column), []).append(column)
    return [group for group in groups.values() if len(group) > 1]


def _prefix(column: Column) -> str:
    name = plain(column.name).rstrip("0123456789")
    endings = [ending for ending in ADDRESS_PARTS[column.type] if name.endswith(ending)]
    return name.removesuffix(max(endings, key=len)) if endings else ""
