"""How rows read from files meet the rows that are there: whose they are, and what each mode does with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmctl import messages
from crmctl.errors import UsageError
from crmctl.run.ingest import Ingested
from crmctl.run.materialise import row_digest
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, conjunction, ident, join, sql
from crmctl.step.result import Loaded
from crmctl.step.running import Context
from crmctl.step.types import Dataset
from crmctl.store.versions import find_version, ids_query

_SHRINK_LIMIT = 0.5


@dataclass(frozen=True)
class Arrival:
    """The dataset's new state, what was found on the way, new source ids, and why a guard refuses it."""

    rows: SQL | Loaded
    columns: tuple[Column, ...]
    findings: SQL | None
    ids: SQL
    failure: str | None = None


def arrive(
    run: Context, name: str, previous: Dataset | None, parts: Sequence[Ingested], key: Sequence[str], mode: str
) -> Arrival:
    """Bring the parts' rows together with what is there.

    Raises:
        UsageError: The mode needs a key that the files do not have.
    """
    columns = _columns(previous, parts, keep_previous=mode != "replace")
    keyed = bool(key) and all(set(key) <= {c.name for c in part.columns} for part in parts)
    if mode == "upsert" and not keyed and previous is not None:
        raise UsageError(
            "{name} cannot be upserted: no column for its key {key}", cure="map one with --map, or choose another"
            " --mode", name=name, key=", ".join(key) or "-",
        )  # fmt: skip
    for part in parts:
        if keyed and mode != "append":
            _ids_by_key(run, name, part, key)
        if previous is not None and mode != "append":
            _ids_by_content(run, name, part, key if keyed else ())
    incoming = parts[0].table if len(parts) == 1 else _union(run, parts, columns)
    folded, findings = _fold(run, incoming, columns if len(parts) > 1 else parts[0].columns)
    own = columns if len(parts) > 1 else parts[0].columns
    ids = _new_ids(run, name, incoming, key) if keyed else _no_ids()
    if previous is None or mode == "replace":
        rows: SQL | Loaded = Loaded(incoming) if folded is incoming else folded
        return Arrival(rows, tuple(own), findings, ids)
    failure = _shrink_failure(run, name, previous, incoming) if mode == "snapshot" else None
    return Arrival(_combine(previous, folded, own, columns, mode), columns, findings, ids, failure)


def reject_failure(parts: Sequence[Ingested], limit: str) -> str | None:
    """Why too many lines were rejected; None where they were not.

    Raises:
        UsageError: The limit is neither a number nor a share.
    """
    rejected = sum(part.ledger.rejected for part in parts)
    read = sum(part.ledger.read for part in parts)
    text = limit.strip()
    try:
        allowed = read * float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise UsageError("{limit!r} is no limit", cure="write a number or a share such as 5%", limit=limit) from None
    if rejected <= allowed:
        return None
    return messages.translate(
        "{rejected} of {read} lines could not be read, more than {limit}; see them with: crmctl show RUN --rejects",
        rejected=rejected, read=read, limit=limit,
    )  # fmt: skip


def _shrink_failure(run: Context, name: str, previous: Dataset, incoming: SQL) -> str | None:
    """A snapshot without most of the source's rows is likelier a broken export than a mass farewell."""
    before, gone = run.store.rows(
        sql(
            "select count(*), count_if(_id not in (select _id from {new})) from {previous}"
            " where _source in (select distinct _source from {new})",
            new=incoming,
            previous=previous.relation,
        )
    )[0]
    if not before or gone <= before * _SHRINK_LIMIT:
        return None
    return messages.translate(
        "the snapshot lacks {gone} of {before} rows of {name}; import it with --mode replace if that is right",
        gone=gone, before=before, name=name,
    )  # fmt: skip


def _columns(previous: Dataset | None, parts: Sequence[Ingested], *, keep_previous: bool) -> tuple[Column, ...]:
    """Every column of either side, the dataset's own first; names are the same whatever their case."""
    found: dict[str, Column] = {}
    if previous is not None and keep_previous:
        found = {column.name.casefold(): column for column in previous.columns}
    for part in parts:
        for column in part.columns:
            found.setdefault(column.name.casefold(), column)
    return tuple(found.values())


def _ids_by_key(run: Context, name: str, part: Ingested, key: Sequence[str]) -> None:
    """Rows whose (source, source id) came in before, or twice in this file, are one row."""
    run.store.execute(
        sql(
            "update {table} t set _id = found._id from ({ids}) found"
            " where found.source = t._source and found.source_id = {key}",
            table=part.table,
            ids=ids_query(name, run.run),
            key=source_id(key),
        )
    )
    run.store.execute(
        sql(
            "update {table} t set _id = first._id from (select _source, {key} as source_id, min(_id) as _id"
            " from {table} where not {blank} group by all having count(*) > 1) first"
            " where first._source = t._source and first.source_id = {key}",
            table=part.table,
            key=source_id(key),
            blank=blank_key(key),
        )
    )


def source_id(key: Sequence[str]) -> SQL:
    """The source's own id of a row: its key's values; null where one is blank."""
    cells = join([sql("nullif(trim({c}), '')", c=ident(name)) for name in key], " || chr(31) || ")
    return sql("({cells})", cells=cells)


def blank_key(key: Sequence[str]) -> SQL:
    """True where a row has no source id."""
    return sql("({key} is null)", key=source_id(key))


def _ids_by_content(run: Context, name: str, part: Ingested, key: Sequence[str]) -> None:
    """Rows without a key are known again by their content and occurrence in what the last import brought."""
    store = run.store
    before = store.scalar(
        sql(
            "select max(v.version) from _crmctl.versions v join _crmctl.runs r using (run) join _crmctl.steps s"
            " on s.run = v.run and s.step = v.step where lower(v.dataset) = lower({name}) and s.command = 'import'"
            " and (r.effective or r.run = {run})",
            name=name,
            run=run.run,
        )
    )
    version = find_version(store, before) if before is not None else None
    if version is None:
        return
    names = {column.name for column in version.columns}
    shared = [column for column in part.columns if column.name in names]
    if not shared:
        return
    unkeyed = blank_key(key) if key else sql("true")
    numbered = sql(
        "select _id, _source, {digest} as digest, row_number() over (partition by _source, {digest} order by _id) as n"
        " from {table} where {unkeyed}",
        digest=row_digest(shared), table=version.table, unkeyed=unkeyed if set(key) <= names else sql("true"),
    )  # fmt: skip
    store.execute(
        sql(
            "update {table} t set _id = found._id from (select new.position, old._id from"
            " (select rowid as position, _source, {digest} as digest, row_number() over"
            "   (partition by _source, {digest} order by rowid) as n from {table} where {unkeyed}) new"
            " join ({numbered}) old using (_source, digest, n)) found where t.rowid = found.position",
            table=part.table,
            digest=row_digest(shared),
            numbered=numbered,
            unkeyed=unkeyed,
        )
    )


def _union(run: Context, parts: Sequence[Ingested], columns: Sequence[Column]) -> SQL:
    """Several files as one table, in their order."""
    table = run.table()
    selects = []
    for part in parts:
        names = {c.name.casefold(): c.name for c in part.columns}
        cells = join(
            [
                sql("{c} as {n}", c=ident(names[c.name.casefold()]), n=c.identifier)
                if c.name.casefold() in names
                else sql("null::varchar as {n}", n=c.identifier)
                for c in columns
            ]
        )
        selects.append(sql("select _id, _source, _line, {cells} from {t}", cells=cells, t=part.table))
    run.store.execute(sql("create table {table} as {all}", table=table, all=join(selects, " union all ")))
    for part in parts:
        run.store.execute(sql("drop table {t}", t=part.table))
    return table


def _fold(run: Context, table: SQL, columns: Sequence[Column]) -> tuple[SQL, SQL | None]:
    """Rows that turned out to be one: the later line's filled cells win, and each that gave way is a finding."""
    surplus = run.store.scalar(sql("select count(*) - count(distinct _id) from {t}", t=table))
    if not surplus:
        return table, None
    findings = run.temporary("superseded")
    run.store.execute(
        sql(
            "create temp table {findings} as select _id, null::varchar as field, 'superseded' as status,"
            " 'a later line has the same key' as reason, _line::varchar as value, last_line::varchar as new_value"
            " from (select _id, _line, rowid as position, max(rowid) over (partition by _id) as last_position,"
            "   last(_line) over (partition by _id order by rowid rows between unbounded preceding and unbounded"
            "   following) as last_line from {table}) where position < last_position order by position",
            findings=findings,
            table=table,
        )
    )
    cells = join(
        [
            sql("last({c} order by rowid) filter (not {blank}) as {c}", c=c.identifier, blank=blank(c.identifier))
            for c in columns
        ]
    )
    folded = sql(
        "(select _id, any_value(_source) as _source, max(_line) as _line, {cells} from {table} group by _id"
        " order by min(rowid))",
        cells=cells, table=table,
    )  # fmt: skip
    return folded, findings


def _new_ids(run: Context, name: str, table: SQL, key: Sequence[str]) -> SQL:
    return sql(
        "select distinct {name} as dataset, t._source as source, {key} as source_id, t._id from {table} t"
        " where not {blank} and not exists (select 1 from ({ids}) i where i.source = t._source"
        " and i.source_id = {key})",
        name=name, key=source_id(key), table=table, blank=blank_key(key), ids=ids_query(name, run.run),
    )  # fmt: skip


def _no_ids() -> SQL:
    return sql(
        "select null::varchar as dataset, null::varchar as source, null::varchar as source_id, null::bigint as _id"
        " where false"
    )


def _combine(previous: Dataset, incoming: SQL, own: Sequence[Column], columns: Sequence[Column], mode: str) -> SQL:
    """The rows that stay, in their order, then the new ones in theirs."""
    old = {c.name.casefold(): c.name for c in previous.columns}
    new = {c.name.casefold(): c.name for c in own}
    before = sql("(select *, row_number() over () as position from {t})", t=previous.relation)
    after = sql("(select *, row_number() over () as position from {t})", t=incoming)
    kept = conjunction([])
    if mode == "snapshot":
        kept = sql("(n._id is not null or o._source not in (select distinct _source from {t}))", t=incoming)
    staying = [_cell(c, old, new) for c in columns]
    coming = [
        sql("n.{c} as {n}", c=ident(new[c.name.casefold()]), n=c.identifier)
        if c.name.casefold() in new
        else sql("null::varchar as {n}", n=c.identifier)
        for c in columns
    ]
    return sql(
        "select * exclude (part, position) from (select 0 as part, o.position, o._id, o._source,"
        " coalesce(n._line, o._line) as _line, {staying} from {before} o left join {after} n on n._id = o._id"
        " where {kept} union all select 1, n.position, n._id, n._source, n._line, {coming} from {after} n"
        " where n._id not in (select _id from {previous})) order by part, position",
        staying=join(staying), coming=join(coming), before=before, after=after, kept=kept,
        previous=previous.relation,
    )  # fmt: skip


def _cell(column: Column, old: dict[str, str], new: dict[str, str]) -> SQL:
    """A cell of a row that stays: the new value unless it is blank."""
    name = column.name.casefold()
    if name not in new:
        return sql("o.{c} as {n}", c=ident(old[name]), n=column.identifier)
    after = sql("n.{c}", c=ident(new[name]))
    if name not in old:
        return sql("{after} as {n}", after=after, n=column.identifier)
    return sql(
        "case when {blank} then o.{c} else {after} end as {n}",
        blank=blank(after), c=ident(old[name]), after=after, n=column.identifier,
    )  # fmt: skip
