"""Which dataset each table goes into: tables of one schema together, and those that fit none are left out and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from crmctl.run.importing.ingest import Table, Wish, guess, present
from crmctl.schema import Schema, load_schema, map_headers, normalise_header, shipped_schemas
from crmctl.store import Store

_NEARLY = 0.8
"""A table's name decides between schemas where its headers fit the one it names nearly as well as the best."""


@dataclass
class Group:
    """Tables that go into one dataset.

    Args:
        name: The dataset.
        schema: The schema that they follow.
        tables: The tables.
        key: The fields that tell rows of one source apart; the schema's own by default.
    """

    name: str
    schema: Schema | None
    tables: list[Table] = field(default_factory=list)
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.key = self.key or (tuple(self.schema.key) if self.schema else ())


@dataclass(frozen=True)
class Candidate:
    """A table, the schema that its own headers and cells speak for, and whether its file has others."""

    table: Table
    schema: Schema | None
    has_neighbours: bool


def group(
    store: Store, tables: Sequence[Table], wish: Wish, *, into: str | None, known: str | None, source: str | None
) -> tuple[list[Group], list[Table]]:
    """Groups of tables, the first one's first; and the tables that go nowhere.

    Args:
        store: The store.
        tables: All tables of all files, in order.
        wish: What the user says of the headers.
        into: The one dataset that the user named.
        known: The schema that the user or the dataset names.
        source: The source that the user named.
    """
    if known is not None and len(tables) == 1:
        return _following([Candidate(tables[0], None, has_neighbours=False)], load_schema(known), wish, into)
    own = Wish(None, wish.given, wish.preset)
    files = [table.file for table in tables]
    found = [_candidate(store, table, own, has_neighbours=files.count(table.file) > 1) for table in tables]
    if known is not None:
        return _following(found, load_schema(known), wish, into)
    fitting = [each for each in found if each.schema is not None]
    if not fitting:
        return _shapeless(found, into, source)
    if into is not None:
        meant = [each for each in fitting if each.schema and into.casefold() == each.schema.dataset.casefold()]
        schema = (meant or fitting)[0].schema
        assert schema is not None  # noqa: S101 - those without one have been left out
        return _following(found, schema, wish, into)
    return _sorted(found, source)


def _candidate(store: Store, table: Table, wish: Wish, *, has_neighbours: bool) -> Candidate:
    """What a table looks like; among several its own name counts too: a sheet 联系人 holds contacts, if it may."""
    looks = guess(store, table, wish)
    named = _named(table.part) if has_neighbours and wish.preset is None else None
    if looks is not None and named is not None and named != looks:
        enough = max(2, _NEARLY * _mapped(table, looks, wish))
        looks = named if _mapped(table, named, wish) >= enough else looks
    return Candidate(table, looks, has_neighbours)


def _named(part: str) -> Schema | None:
    """The shipped schema that a sheet's, member's or table's name means."""
    name = normalise_header(PurePath(part.replace("\\", "/")).stem)
    for schema in map(load_schema, shipped_schemas()):
        if name and name in {normalise_header(word) for word in (schema.name, schema.dataset, *schema.labels.values())}:
            return schema
    return None


def _following(
    found: Sequence[Candidate], schema: Schema, wish: Wish, into: str | None
) -> tuple[list[Group], list[Table]]:
    """One group of one schema; of a file's several tables, those whose headers speak for no other one."""
    taken = [each.table for each in found if not each.has_neighbours or _fits(each, schema, wish)]
    taken = taken or [found[0].table]
    name = into or schema.dataset or schema.name
    chosen = {id(table) for table in taken}
    return [Group(name, schema, taken)], [each.table for each in found if id(each.table) not in chosen]


def _fits(each: Candidate, schema: Schema, wish: Wish) -> bool:
    ours = _mapped(each.table, schema, wish)
    return ours > 0 and (each.schema is None or each.schema == schema or ours >= _mapped(each.table, each.schema, wish))


def _mapped(table: Table, schema: Schema, wish: Wish) -> int:
    """How many headers mean a field of the schema."""
    headers, names = table.reading.headers, table.reading.columns
    given = {header: name for header, name in present(headers, names, wish.given).items() if name in schema.fields}
    return sum(match.field is not None for match in map_headers(headers, names, schema, given).matches)


def _sorted(found: Sequence[Candidate], source: str | None) -> tuple[list[Group], list[Table]]:
    """A group for each schema; a file that fits none is a dataset of its own, a sheet that fits none is left out."""
    groups: dict[str, Group] = {}
    left: list[Table] = []
    fitting_files = {each.table.file for each in found if each.schema is not None}
    for each in found:
        if each.schema is None and each.table.file in fitting_files:
            left.append(each.table)
            continue
        schema = each.schema
        name = (schema.dataset or schema.name) if schema is not None else (source or each.table.source)
        place = groups.setdefault(name.casefold(), Group(name, each.schema))
        place.tables.append(each.table)
    return list(groups.values()), left


def _shapeless(found: Sequence[Candidate], into: str | None, source: str | None) -> tuple[list[Group], list[Table]]:
    """Tables that fit no schema: of a file's several, those that have the first one's headers."""
    groups: dict[str, Group] = {}
    left: list[Table] = []
    first: dict[str, list[str]] = {}
    for each in found:
        headers = each.table.reading.headers
        if each.has_neighbours and first.setdefault(each.table.file, headers) != headers:
            left.append(each.table)
            continue
        name = into or source or found[0].table.source
        groups.setdefault(name.casefold(), Group(name, None)).tables.append(each.table)
    return list(groups.values()), left
