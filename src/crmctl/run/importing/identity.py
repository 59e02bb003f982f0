"""Whose rows are the ones that come in: known again by key, else by content, wherever they were merged to since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join, sql
from crmctl.step.running import Context
from crmctl.step.types import Dataset
from crmctl.store.versions import ids_query, newest

CONTENT_KEYS = ("source", "digest", "occurrence")


def source_id(key: Sequence[str], table: str | None = None) -> SQL:
    """The source's own id of a row: its key's values; null where one is blank, or where there is no key.

    ``table`` is the alias by which a query with several tables knows the row's.
    """
    if not key:
        return sql("null::varchar")
    cells = join([sql("nullif(trim({c}), '')", c=ident(*([table] if table else []), name)) for name in key],
                 " || chr(31) || ")  # fmt: skip
    return sql("({cells})", cells=cells)


@dataclass(frozen=True)
class Keys:
    """The source ids that came in.

    Args:
        table: ``source, source_id, _id, lines, known``: the first row's id, how many lines, the id they had before.
        moves: Some are known already, or come in more than once.
        all_keyed: Every row that came in has one.
    """

    table: SQL
    moves: bool
    all_keyed: bool = False


def came_in(run: Context, name: str, table: SQL, key: Sequence[str]) -> Keys:
    """The (source, source id) pairs of the rows of ``table``, in one pass, with the ids by which they are known."""
    if (all_new := _all_new(run, name, table, key)) is not None:
        return all_new
    keys = run.temporary("keys")
    run.store.execute(
        sql(
            "create temp table {keys} as select g.*, k._id as known from (select _source as source,"
            " {key} as source_id, min(_id) as _id, count(*) as lines from {table} where {key} is not null group by all)"
            " g left join ({ids}) k using (source, source_id)",
            keys=keys,
            key=source_id(key),
            table=table,
            ids=ids_query(name, run.run),
        )
    )
    moves = run.store.scalar(
        sql("select count(*) from (from {keys} where lines > 1 or known is not null limit 1)", keys=keys)
    )
    return Keys(keys, bool(moves))


def _all_new(run: Context, name: str, table: SQL, key: Sequence[str]) -> Keys | None:
    """The pairs as they stand in ``table``, where the dataset has had none before and none comes in twice."""
    known = sql("select 1 from _crmctl.ids where lower(dataset) = lower({name}) limit 1", name=name)
    if run.store.rows(known):
        return None
    pairs = sql("(select _source as source, {key} as source_id, _id, 1::bigint as lines, null::bigint as known"
                " from {table} where {key} is not null)", key=source_id(key), table=table)  # fmt: skip
    # Numbers that rise from row to row are all different, which is seen much faster than texts are told apart.
    counts = sql("select count(*), count(id), count(*) filter (number > before) from (select id, number,"
                 " lag(number) over () as before from (select {key} as id, try_cast(id as bigint) as number"
                 " from {table}))", key=source_id(key), table=table)  # fmt: skip
    rows, keyed, rising = run.store.rows(counts)[0]
    twice = sql("select count(*) > count(distinct (source, source_id)) from {pairs}", pairs=pairs)
    if (rising or 0) < rows - 1 and run.store.scalar(twice):
        return None
    return Keys(pairs, moves=False, all_keyed=keyed == rows)


def find_by_key(run: Context, table: SQL, keys: Keys, key: Sequence[str]) -> None:
    """Rows whose (source, source id) came in before, or twice now, get one id."""
    if not keys.moves:
        return
    run.store.execute(
        sql(
            "update {table} t set _id = k.given from (select source, source_id, coalesce(known, _id) as given"
            " from {keys} where lines > 1 or known is not null) k"
            " where k.source = t._source and k.source_id = {key} and t._id <> k.given",
            table=table,
            keys=keys.table,
            key=source_id(key, "t"),
        )
    )


def keyless_contents(run: Context, table: SQL, columns: Sequence[Column], key: Sequence[str], keys: Keys) -> SQL:
    """A table ``place, source, digest, occurrence, _id`` of the rows without a source id: equal rows are numbered."""
    contents, repeated = run.temporary("contents"), run.temporary("repeated")
    run.store.execute(
        sql(
            "create temp table {contents} as select rowid as place, _source as source, {digest} as digest,"
            " 1::bigint as occurrence, _id from {table} where {keyless}",
            contents=contents,
            digest=_digest(columns),
            table=table,
            keyless=sql("false") if keys.all_keyed else sql("{key} is null", key=source_id(key)),
        )
    )
    run.store.execute(
        sql(
            "create temp table {repeated} as select place, row_number() over (partition by source, digest"
            " order by place) as occurrence from {contents} semi join (select source, digest from {contents}"
            " group by all having count(*) > 1) using (source, digest)",
            repeated=repeated,
            contents=contents,
        )
    )
    run.store.execute(
        sql(
            "update {contents} c set occurrence = r.occurrence from {repeated} r"
            " where r.place = c.place and r.occurrence > 1",
            contents=contents,
            repeated=repeated,
        )
    )
    return contents


def _digest(columns: Sequence[Column]) -> SQL:
    """What a row says as a number, whatever the order of its columns."""
    cells = [sql("coalesce({c}, chr(30))", c=ident(name)) for name in sorted(column.name for column in columns)]
    return sql("md5_number(concat_ws(chr(31), {cells}))", cells=join(cells))


def find_by_content(run: Context, name: str, table: SQL, contents: SQL) -> bool:
    """Rows without a source id are known again by what they said when they last came in, not by what became of them.

    Returns whether any is.
    """
    known = newest("contents", CONTENT_KEYS, "_id", name, run.run)
    found = run.temporary("found")
    run.store.execute(
        sql(
            "create temp table {found} as select c.place, k._id from {contents} c join ({known}) k"
            " using (source, digest, occurrence)",
            found=found,
            contents=contents,
            known=known,
        )
    )
    if not run.store.scalar(sql("select count(*) from {found}", found=found)):
        return False
    for target, place in ((table, sql("rowid")), (contents, sql("place"))):
        run.store.execute(
            sql(
                "update {target} t set _id = f._id from {found} f where t.{place} = f.place",
                target=target,
                found=found,
                place=place,
            )
        )
    return True


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


def new_ids(name: str, keys: Keys) -> SQL:
    """Source ids that are not in the register yet, each with one row id."""
    return sql(
        "select {name} as dataset, source, source_id, _id from {keys} where known is null", name=name, keys=keys.table
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
