"""From a described result to a table of text columns with row ids, in an order that does not depend on chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crmctl.errors import InternalFault, UsageError
from crmctl.schema.column import HIDDEN, Column, is_reserved
from crmctl.sql import SQL, ident, idents, join, sql
from crmctl.step.types import Dataset
from crmctl.store import Store
from crmctl.store.versions import stored_columns

_TYPE_OF_SQL = {
    "DATE": "date", "BOOLEAN": "boolean", "DOUBLE": "number", "FLOAT": "number",
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer", "HUGEINT": "integer",
    "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer", "UBIGINT": "integer",
}  # fmt: skip


def as_text(cell: SQL, sql_type: str) -> SQL:
    """A typed value as the text that a version holds; decimals without idle zeros."""
    if sql_type == "VARCHAR":
        return cell
    if sql_type.startswith("DECIMAL"):
        return sql(
            "case when contains({c}::varchar, '.') then rtrim(rtrim({c}::varchar, '0'), '.') else {c}::varchar end",
            c=cell,
        )
    return sql("{c}::varchar", c=cell)


def semantic_type(sql_type: str) -> str:
    """The semantic type of a result column that nothing else is known of."""
    if sql_type.startswith("DECIMAL"):
        return "money"
    if sql_type.startswith("TIMESTAMP"):
        return "datetime"
    return _TYPE_OF_SQL.get(sql_type, "text")


def describe(result: Sequence[tuple[str, str]], known: Mapping[str, Column]) -> tuple[Column, ...]:
    """The business columns of a result: what is known of them, else what their SQL type tells."""
    columns = []
    for name, sql_type in result:
        if name in HIDDEN:
            continue
        if is_reserved(name):
            raise UsageError("a field cannot be called {name!r}", cure="choose another name", name=name)
        column = known.get(name) or Column(name, name, semantic_type(sql_type))
        if sql_type != "VARCHAR" and column.sql_type == "varchar":
            column = replace(column, type=semantic_type(sql_type))
        columns.append(column)
    names = [column.name.casefold() for column in columns]
    if not columns or len(set(names)) < len(names):
        raise UsageError("the result needs at least one column, and no name twice", cure="name columns with 'as'")
    return tuple(columns)


def materialise(
    store: Store,
    query: SQL,
    table: SQL,
    *,
    known: Mapping[str, Column],
    key: Sequence[str],
    row_wise_of: Dataset | None,
    previous: Dataset | None,
) -> tuple[tuple[Column, ...], bool]:
    """Make ``table`` from a step's query; returns its columns, and whether its rows were known before.

    Args:
        store: The store.
        query: A select. With ``_id`` its rows are known rows; without, they are new ones.
        table: The table's name.
        known: What is known of the columns, by name.
        key: The fields that identify a new row; new rows are sorted by them.
        row_wise_of: The input whose order the rows keep.
        previous: The dataset's state before, in which new rows find their ids again.
    """
    described = stored_columns(store, sql("({query})", query=query))
    columns = describe(described, known)
    has_id = any(name == "_id" for name, _ in described)
    names = {name for name, _ in described}
    cells = [
        sql("_id") if has_id else sql("null::bigint as _id"),
        sql("_source") if "_source" in names else sql("null::varchar as _source"),
        sql("_line") if "_line" in names else sql("null::bigint as _line"),
    ]
    types = dict(described)
    cells += [sql("{text} as {name}", text=as_text(c.identifier, types[c.name]), name=c.identifier) for c in columns]
    order = sql("") if has_id else _order(columns, key)
    store.execute(
        sql("create or replace table {table} as select {cells} from ({query}) {order}",
            table=table, cells=join(cells), query=query, order=order)
    )  # fmt: skip
    if has_id:
        check_ids(store, table)
        if row_wise_of is not None:
            keep_order(store, table, row_wise_of.relation)
    else:
        give_ids(store, table, columns, key, previous)
    return columns, has_id


def _order(columns: Sequence[Column], key: Sequence[str]) -> SQL:
    """By key, ties by the row's digest; without a key by all columns in turn."""
    known = {column.name for column in columns}
    unknown = [name for name in key if name not in known]
    if unknown:
        raise UsageError("the key {name!r} is no column of the result", cure="select it", name=unknown[0])
    if not key:
        return sql("order by {all} nulls first", all=idents((c.name for c in columns), " nulls first, "))
    return sql("order by {key}, {digest}", key=idents(key), digest=row_digest(columns))


def row_digest(columns: Sequence[Column]) -> SQL:
    """An md5 over the row's text, whatever its row id; each cell with its length, so that no two rows read alike."""
    cells = join([sql("coalesce(length({c}::varchar) || ':' || {c}::varchar, '-')", c=c.identifier) for c in columns])
    return sql("md5(concat({cells}))", cells=cells)


def check_ids(store: Store, table: SQL) -> None:
    """Every row has an id, and no two the same.

    Raises:
        InternalFault: A step gave a row twice, or one without its id.
    """
    # Ids that rise from row to row are all different; only others need be compared with each other.
    rising = sql("select count(*), count(*) filter (_id > before) from"
                 " (select _id, lag(_id) over () as before from {table})", table=table)  # fmt: skip
    rows, risen = store.rows(rising)[0]
    if rows > 1 and risen == rows - 1:
        return
    rows, ids = store.rows(sql("select count(*), count(distinct _id) from {table}", table=table))[0]
    if rows != ids:
        raise InternalFault("a step returned {rows} rows for {ids} row ids", rows=rows, ids=ids)


def keep_order(store: Store, table: SQL, like: SQL) -> None:
    """Bring the rows into the order of another table, where a join has scattered them.

    Rows that are all there are compared place by place; where some are gone, their places have to rise.
    """
    if store.scalar(
        sql("select (select count(*) from {table}) <> (select count(*) from {like})", table=table, like=like)
    ):
        scattered = store.scalar(
            sql(
                "select count(*) from (select o.position < lag(o.position) over (order by t.place) as back from"
                " (select _id, rowid as place from {table}) t join"
                " (select _id, row_number() over () as position from {like}) o using (_id)) where back",
                table=table,
                like=like,
            )
        )
    else:
        scattered = store.scalar(
            sql(
                "select count(*) from (select _id as a from {table}) positional join (select _id as b from {like})"
                " where a is distinct from b",
                table=table,
                like=like,
            )
        )
    if not scattered:
        return
    store.execute(
        sql(
            "create or replace table {table} as select t.* from {table} t left join"
            " (select _id, row_number() over () as position from {like}) o using (_id) order by o.position, t._id",
            table=table,
            like=like,
        )
    )


def give_ids(store: Store, table: SQL, columns: Sequence[Column], key: Sequence[str], previous: Dataset | None) -> None:
    """Find the ids of rows that were there before, by key or by content; allot new ones to the rest."""
    if previous is not None and previous.rows:
        shared = {c.name for c in previous.columns} & {c.name for c in columns}
        if key and set(key) <= shared:
            identity = join([sql("coalesce({c}, '')", c=ident(name)) for name in key])
            identity = sql("md5(concat_ws(chr(31), {cells}))", cells=identity)
        else:
            identity = row_digest([c for c in columns if c.name in shared])
        numbered = sql("select _id, {identity} as digest, row_number() over (partition by {identity}) as n",
                       identity=identity)  # fmt: skip
        store.execute(
            sql(
                "update {table} t set _id = found._id from (select new.position, old._id from"
                " (select rowid as position, {identity} as digest,"
                "   row_number() over (partition by {identity} order by rowid) as n from {table}) new"
                " join ({numbered} from {previous}) old using (digest, n)) found where t.rowid = found.position",
                table=table,
                identity=identity,
                numbered=numbered,
                previous=previous.relation,
            )
        )
    missing = int(store.scalar(sql("select count(*) from {table} where _id is null", table=table)))
    if missing:
        total = int(store.scalar(sql("select count(*) from {table}", table=table)))
        first = store.take_ids(total)
        store.execute(sql("update {table} set _id = {first} + rowid where _id is null", table=table, first=first))
