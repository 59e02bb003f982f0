"""Datasets as lists of immutable versions: their register, tables, heads and views. Runs and undo live elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crmctl.errors import UsageError, did_you_mean
from crmctl.schema.column import HIDDEN, Column
from crmctl.sql import SQL, ident, idents, join, sql
from crmctl.store.connection import Store

IDS_SUFFIX = "_ids"


@dataclass(frozen=True)
class Version:
    """One immutable state of a dataset.

    Args:
        number: Its number in the store.
        dataset: The dataset's name.
        rows: How many rows it has.
        columns: Its business columns, in order.
        keys: The fields whose values identify a row; empty where the content does.
        schema: The schema's name or path.
        parent: The version it was made from.
        run: The run that made it.
        fingerprint: A digest of how it came about.
    """

    number: int
    dataset: str
    rows: int
    columns: tuple[Column, ...]
    keys: tuple[str, ...] = ()
    schema: str | None = None
    parent: int | None = None
    run: int = 0
    fingerprint: str = ""

    @property
    def table(self) -> SQL:
        """The table that holds it."""
        return version_table(self.number)


def version_table(number: int) -> SQL:
    """The name of a version's table."""
    return ident("_crmctl", f"v{number}")


def version_number(table: SQL) -> int:
    """The number of the version that a table made by `version_table` holds."""
    return int(table.literal.rsplit("v", 1)[-1].rstrip('"'))


_SELECT = sql("select version, dataset, rows, columns, keys, schema, parent, run, fingerprint from _crmctl.versions")


def _version(row: Sequence[object]) -> Version:
    number, dataset, rows, columns, keys, schema, parent, run, fingerprint = row
    return Version(
        number=int(str(number)),
        dataset=str(dataset),
        rows=int(str(rows)),
        columns=tuple(Column.from_dict(column) for column in json.loads(str(columns))),
        keys=tuple(json.loads(str(keys))),
        schema=None if schema is None else str(schema),
        parent=None if parent is None else int(str(parent)),
        run=int(str(run)),
        fingerprint=str(fingerprint or ""),
    )


def register(store: Store, version: Version, *, step: int) -> None:
    """Note a version whose table stands; it stays unpublished until its run is."""
    store.insert(
        sql("_crmctl.versions"),
        version=version.number, dataset=version.dataset, run=version.run, step=step, parent=version.parent,
        rows=version.rows, columns=json.dumps([column.to_dict() for column in version.columns], ensure_ascii=False),
        keys=json.dumps(version.keys, ensure_ascii=False), schema=version.schema,
        fingerprint=version.fingerprint,
    )  # fmt: skip


def find_version(store: Store, number: int) -> Version | None:
    """The version of that number, if the store still has it."""
    rows = store.rows(sql("{select} where version = {number}", select=_SELECT, number=number))
    return _version(rows[0]) if rows else None


def heads(store: Store) -> list[Version]:
    """The current version of every dataset, by name."""
    query = sql("{select} where version in (select version from _crmctl.heads) order by lower(dataset)", select=_SELECT)
    return [_version(row) for row in store.rows(query)]


def find_head(store: Store, dataset: str) -> Version | None:
    """The current version of a dataset; names are unique by casefold."""
    for name, number in store.rows(sql("select dataset, version from _crmctl.heads")):
        if str(name).casefold() == dataset.casefold():
            return find_version(store, int(number))
    return None


def head(store: Store, dataset: str) -> Version:
    """The current version of a dataset.

    Raises:
        UsageError: There is none of that name.
    """
    found = find_head(store, dataset)
    if found is None:
        raise unknown_dataset(dataset, [version.dataset for version in heads(store)])
    return found


def unknown_dataset(name: str, known: Iterable[str]) -> UsageError:
    """The error for a dataset that is not there: names the nearest, and all that are."""
    names = sorted(known)
    near = did_you_mean(name, names)
    if near:
        return UsageError("no dataset called {name!r}", cure="did you mean {near!r}?", name=name, near=near)
    if names:
        return UsageError("no dataset called {name!r}", cure="there are: {names}", name=name, names=", ".join(names))
    return UsageError(
        "no dataset called {name!r}", cure="the store is empty: import a file first (a file is named by its path)",
        name=name,
    )  # fmt: skip


def check_name(name: str) -> None:
    """Refuse a dataset's name that could not be shown or would hide one of the store's own.

    Raises:
        UsageError: The name is empty, too long, has control characters, or ends in ``_ids``.
    """
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise UsageError("{name!r} cannot be a dataset's name", cure="use letters, digits and blanks", name=name)
    if name.casefold().endswith(IDS_SUFFIX) or name.casefold() == "_crmctl":
        raise UsageError("the name {name!r} is the store's own", cure="choose another name", name=name)


def check_new_name(store: Store, name: str) -> None:
    """Refuse a new dataset's name; also one that the store would take for another's, such as İ for I.

    Neither can it be that of a table that the user has put into the store.

    Raises:
        UsageError: Nothing can be called that.
    """
    check_name(name)
    for (other,) in store.rows(sql("select dataset from _crmctl.heads where lower(dataset) = lower({n})", n=name)):
        raise UsageError("the name {name!r} is too like {other!r}", cure="choose another name", name=name, other=other)
    own = sql(
        "select name from (select table_name as name, schema_name, database_name, internal from duckdb_tables()"
        " union all select view_name, schema_name, database_name, internal from duckdb_views())"
        " where schema_name = 'main' and database_name = current_database() and not internal"
        " and lower(name) in (lower({name}), lower({ids})) order by name",
        name=name,
        ids=name + IDS_SUFFIX,
    )
    for (other,) in store.rows(own):
        raise UsageError(
            "the store has a table of yours called {other!r}", cure="rename it, or choose another dataset with --into",
            other=other,
        )  # fmt: skip


def set_heads(store: Store, targets: dict[str, int | None]) -> None:
    """Point datasets at versions (None: the dataset is gone) and renew their views. Inside a transaction."""
    for dataset, number in targets.items():
        store.execute(sql("delete from _crmctl.heads where lower(dataset) = lower({name})", name=dataset))
        for view in (dataset, dataset + IDS_SUFFIX):
            store.execute(sql("drop view if exists {view}", view=store.main(view)))
        if number is None:
            continue
        version = find_version(store, number)
        if version is None:
            raise UsageError("version {number} of {dataset} was pruned", number=number, dataset=dataset)
        store.insert(sql("_crmctl.heads"), dataset=version.dataset, version=number)
        _create_views(store, version)


def _create_views(store: Store, version: Version) -> None:
    name = store.main(version.dataset)
    typed = join([sql("{typed} as {name}", typed=c.typed(), name=c.identifier) for c in version.columns])
    _execute_literal(
        store, sql("create view {name} as select {typed} from {table}", name=name, typed=typed, table=version.table)
    )
    ids = sql(
        "create view {name} as {ids}", name=store.main(version.dataset + IDS_SUFFIX),
        ids=ids_query(version.dataset),
    )  # fmt: skip
    _execute_literal(store, ids)


def _execute_literal(store: Store, query: SQL) -> None:
    """Views cannot hold bound values."""
    store.con.execute(query.literal).fetchall()


def newest(table: str, keys: Sequence[str], value: str, dataset: str, run: int | None = None) -> SQL:
    """What a log of side state says now: for each key the value of the newest effective run, or of ``run``.

    Of two steps of one run the later one's word holds: its row stands further down in the log.
    """
    return sql(
        "select {keys}, arg_max({value}, (run, rowid)) as {value} from _crmctl.{table}"
        " where lower(dataset) = lower({dataset})"
        " and (run = {run} or run in (select run from _crmctl.runs where effective)) group by {keys}",
        table=ident(table),
        keys=idents(keys),
        value=ident(value),
        dataset=dataset,
        run=run,
    )


def ids_query(dataset: str, run: int | None = None) -> SQL:
    """Source, source id and row id of every keyed row that ever came in, wherever it was merged to."""
    return newest("ids", ["source", "source_id"], "_id", dataset, run)


def stored_columns(store: Store, table: SQL) -> list[tuple[str, str]]:
    """Name and SQL type of every column of a table or query, the bookkeeping ones included."""
    described = store.rows(sql("describe select * from {table}", table=table))
    return [(str(row[0]), str(row[1])) for row in described]


def content_hash(store: Store, version: Version) -> str:
    """A digest of a version's rows, ids and order included: equal digests mean equal datasets."""
    cells = join([sql("coalesce(length({c})::varchar || ':' || {c}, '-')", c=c.identifier) for c in version.columns])
    names = join([ident(name) for name in HIDDEN])
    return str(
        store.scalar(
            sql(
                "select md5(count(*)::varchar || coalesce(string_agg(row_md5, '' order by position), '')) from"
                " (select rowid as position, md5(concat_ws('|', {names}, {cells})) as row_md5 from {table})",
                names=names,
                cells=cells,
                table=version.table,
            )
        )
    )
