"""Whose rows are the ones that come in: known again by key, else by content, wherever they were merged to since."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.run.materialise import row_digest
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join, sql
from crmctl.step.running import Context
from crmctl.step.types import Dataset
from crmctl.store.versions import ids_query, newest

CONTENT_KEYS = ("source", "digest", "occurrence")


def source_id(key: Sequence[str]) -> SQL:
    """The source's own id of a row: its key's values; null where one is blank, or where there is no key."""
    if not key:
        return sql("null::varchar")
    cells = join([sql("nullif(trim({c}), '')", c=ident(name)) for name in key], " || chr(31) || ")
    return sql("({cells})", cells=cells)


def find_by_key(run: Context, name: str, table: SQL, key: Sequence[str]) -> None:
    """Rows whose (source, source id) came in before, or twice now, get one id."""
    run.store.execute(
        sql(
            "update {table} t set _id = found._id from ({ids}) found"
            " where found.source = t._source and found.source_id = {key}",
            table=table,
            ids=ids_query(name, run.run),
            key=source_id(key),
        )
    )
    run.store.execute(
        sql(
            "update {table} t set _id = first._id from (select _source, {key} as source_id, min(_id) as _id"
            " from {table} where {key} is not null group by all having count(*) > 1) first"
            " where first._source = t._source and first.source_id = {key}",
            table=table,
            key=source_id(key),
        )
    )


def keyless_contents(run: Context, table: SQL, columns: Sequence[Column], key: Sequence[str]) -> SQL:
    """A table ``place, source, digest, occurrence, _id`` of the rows without a source id: equal rows are numbered."""
    contents = run.temporary("contents")
    run.store.execute(
        sql(
            "create temp table {contents} as select rowid as place, _source as source, {digest} as digest,"
            " row_number() over (partition by _source, {digest} order by rowid) as occurrence, _id"
            " from {table} where {key} is null",
            contents=contents,
            digest=row_digest(sorted(columns, key=lambda column: column.name)),
            table=table,
            key=source_id(key),
        )
    )
    return contents


def find_by_content(run: Context, name: str, table: SQL, contents: SQL) -> None:
    """Rows without a source id are known again by what they said when they last came in, not by what became of them."""
    known = newest("contents", CONTENT_KEYS, "_id", name, run.run)
    for target, place in ((table, sql("rowid")), (contents, sql("place"))):
        run.store.execute(
            sql(
                "update {target} t set _id = found._id from (select c.place, k._id from {contents} c"
                " join ({known}) k using (source, digest, occurrence)) found where t.{place} = found.place",
                target=target,
                contents=contents,
                known=known,
                place=place,
            )
        )


def take_out_members(
    run: Context, name: str, previous: Dataset, table: SQL, key: Sequence[str], *, only_doubled: bool
) -> SQL | None:
    """Move the rows that a merged record stands for, but that are not the one it speaks as, into a table of their own.

    They may fill the merged record's gaps and nothing else. With ``only_doubled`` they are moved only where another
    row comes in for the record. Returns the table; None where there is no such row.
    """
    merged = sql("select into_id from ({a})", a=newest("aliases", ["_id"], "into_id", name, run.run))
    has_key = bool(key) and set(key) <= {column.name for column in previous.columns}
    speaks = source_id(key) if has_key else sql("null")
    members = run.temporary("members")
    run.store.execute(
        sql(
            "create temp table {members} as select * from {table} t where _id in ({merged}) and _id in"
            " (select _id from {previous}) and ({own} is null or {own} is distinct from"
            "   (select {speaks} from {previous} p where p._id = t._id))",
            members=members,
            table=table,
            merged=merged,
            previous=previous.relation,
            own=source_id(key),
            speaks=speaks,
        )
    )
    if only_doubled:
        run.store.execute(
            sql(
                "delete from {members} where _id not in (select t._id from {table} t where not exists"
                " (select 1 from {members} m where m._id = t._id and m._line = t._line"
                "   and m._source is not distinct from t._source))",
                members=members,
                table=table,
            )
        )
    if not run.store.scalar(sql("select count(*) from {members}", members=members)):
        return None
    run.store.execute(
        sql(
            "delete from {table} t where exists (select 1 from {members} m where m._id = t._id and m._line = t._line"
            " and m._source is not distinct from t._source)",
            table=table,
            members=members,
        )
    )
    return members


def new_ids(run: Context, name: str, table: SQL, key: Sequence[str]) -> SQL:
    """Source ids that are not in the register yet, each with one row id."""
    return sql(
        "select {name} as dataset, t._source as source, {key} as source_id, min(t._id) as _id from {table} t"
        " where {key} is not null and not exists (select 1 from ({ids}) i where i.source = t._source"
        " and i.source_id = {key}) group by all",
        name=name,
        key=source_id(key),
        table=table,
        ids=ids_query(name, run.run),
    )


def new_contents(run: Context, name: str, contents: SQL) -> SQL:
    """Contents of rows without a source id that are not in the register yet."""
    return sql(
        "select {name} as dataset, c.source, c.digest, c.occurrence, c._id from {contents} c anti join ({known}) k"
        " using (source, digest, occurrence)",
        name=name,
        contents=contents,
        known=newest("contents", CONTENT_KEYS, "_id", name, run.run),
    )
