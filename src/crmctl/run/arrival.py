"""How rows read from files meet the rows that are there, in each mode. Whose rows they are is `identity`'s."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crmctl import messages
from crmctl.errors import UsageError
from crmctl.run.identity import (
    find_by_content,
    find_by_key,
    keyless_contents,
    new_contents,
    new_ids,
    take_out_members,
)
from crmctl.run.ingest import Ingested
from crmctl.run.misfits import with_misfits
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, TRUE, ident, idents, join, sql
from crmctl.step.result import Loaded
from crmctl.step.running import Context
from crmctl.step.types import Dataset

_SHRINK_LIMIT = 0.5
_PLACE = sql("_crmctl_place")


@dataclass(frozen=True)
class Arrival:
    """The dataset's new state, what was found on the way, whose rows are new, and why a guard refuses it."""

    rows: SQL | Loaded
    columns: tuple[Column, ...]
    findings: SQL | None
    side: Mapping[str, SQL] = field(default_factory=dict)
    failure: str | None = None


def arrive(
    run: Context, name: str, previous: Dataset | None, parts: Sequence[Ingested], key: Sequence[str], mode: str
) -> Arrival:
    """Bring the parts' rows together with what is there.

    Raises:
        UsageError: The mode needs a key that the files do not have.
    """
    own = _columns(None, parts)
    columns = own if mode == "replace" else _columns(previous, parts)
    keyed = bool(key) and set(key) <= {column.name for column in own}
    if mode == "upsert" and not keyed and previous is not None:
        raise UsageError(
            "{name} cannot be upserted: no column for its key {key}",
            cure="map one with --map, or choose another --mode",
            name=name,
            key=", ".join(key) or "-",
        )
    known_key = key if keyed else ()
    incoming = parts[0].table if len(parts) == 1 else _union(run, parts, own)
    contents = keyless_contents(run, incoming, own, known_key)
    if mode != "append":
        if keyed:
            find_by_key(run, name, incoming, key)
        find_by_content(run, name, incoming, contents)
    side = {"contents": new_contents(run, name, contents)}
    if keyed:
        side["ids"] = new_ids(run, name, incoming, key)
    members = None
    if previous is not None and mode != "append":
        members = take_out_members(run, name, previous, incoming, known_key, only_doubled=mode == "replace")
    folded, superseded = _fold(run, incoming, own)
    if members is not None and previous is not None:
        superseded = _overruled(run, members, own, previous, superseded)
    findings = with_misfits(run, folded, own, superseded)
    if previous is None or mode == "replace":
        rows = sql("select * from {t}", t=folded)
        whole = Loaded(folded) if members is None else _filled(rows, own, members, own)
        return Arrival(whole, own, findings, side)
    sources = sorted({part.source for part in parts})
    kept, failure = TRUE, None
    if mode == "snapshot":
        arrived = incoming if members is None else sql("(from {i} union all from {m})", i=incoming, m=members)
        failure = _shrink_failure(run, name, previous, arrived, sources)
        kept = sql(
            "(n._id is not null or o._id in (select _id from {all}) or o._source is null"
            " or o._source not in (select unnest({sources})))",
            all=arrived,
            sources=sources,
        )
    rows = _combine(previous.relation, previous.columns, folded, own, columns, kept)
    if members is not None:
        rows = _filled(rows, columns, members, own)
    return Arrival(rows, columns, findings, side, failure)


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
        allowed = math.nan
    if not allowed >= 0:
        raise UsageError("{limit!r} is no limit", cure="write a number or a share such as 5%", limit=limit)
    if rejected <= allowed:
        return None
    return messages.translate(
        "{rejected} of {read} lines could not be read, more than the limit of {limit};"
        " nothing was kept: mend them, or raise the limit",
        rejected=rejected, read=read, limit=limit,
    )  # fmt: skip


def _shrink_failure(run: Context, name: str, previous: Dataset, arrived: SQL, sources: Sequence[str]) -> str | None:
    """A snapshot without most of the source's rows is likelier a broken export than a mass farewell."""
    before, gone = run.store.rows(
        sql(
            "select count(*), count_if(_id not in (select _id from {new})) from {previous}"
            " where _source in (select unnest({sources}))",
            new=arrived,
            previous=previous.relation,
            sources=list(sources),
        )
    )[0]
    if not before or gone <= before * _SHRINK_LIMIT:
        return None
    return messages.translate(
        "the snapshot lacks {gone} of {before} rows of {name}; import it with --mode replace if that is right",
        gone=gone,
        before=before,
        name=name,
    )


def _columns(previous: Dataset | None, parts: Sequence[Ingested]) -> tuple[Column, ...]:
    """Every column of either side, the dataset's own first; names are the same whatever their case."""
    found = {column.name.casefold(): column for column in (previous.columns if previous else ())}
    for part in parts:
        for column in part.columns:
            found.setdefault(column.name.casefold(), column)
    return tuple(found.values())


def _names(columns: Sequence[Column]) -> dict[str, str]:
    return {column.name.casefold(): column.name for column in columns}


def _union(run: Context, parts: Sequence[Ingested], columns: Sequence[Column]) -> SQL:
    """Several files as one table, in their order."""
    table = run.table()
    selects = []
    for part in parts:
        names = _names(part.columns)
        cells = join([_cell(c, names, sql("p")) for c in columns])
        selects.append(sql("select p._id, p._source, p._line, {cells} from {t} p", cells=cells, t=part.table))
    run.store.execute(sql("create table {table} as {all}", table=table, all=join(selects, " union all ")))
    for part in parts:
        run.store.execute(sql("drop table {t}", t=part.table))
    return table


def _cell(column: Column, names: Mapping[str, str], alias: SQL) -> SQL:
    """A column of a table under its final name; null where the table lacks it."""
    own = names.get(column.name.casefold())
    if own is None:
        return sql("null::varchar as {n}", n=column.identifier)
    return sql("{a}.{c} as {n}", a=alias, c=ident(own), n=column.identifier)


def _fold(run: Context, table: SQL, columns: Sequence[Column]) -> tuple[SQL, SQL | None]:
    """Rows that turned out to be one: the later line's filled cells win; each value that gave way is a finding."""
    surplus = run.store.scalar(sql("select count(*) - count(distinct _id) from {t}", t=table))
    if not surplus:
        return table, None
    folded = run.table()
    cells = join(
        [
            sql("last({c} order by rowid) filter (not {blank}) as {c}", c=c.identifier, blank=blank(c.identifier))
            for c in columns
        ]
    )
    run.store.execute(
        sql(
            "create table {folded} as select _id, any_value(_source) as _source, max(_line) as _line, {cells}"
            " from {table} group by _id order by min(rowid)",
            folded=folded,
            cells=cells,
            table=table,
        )
    )
    run.note(messages.translate("{count} lines gave way to a later line with the same key", count=int(surplus)))
    return folded, _superseded(run, table, folded, columns)


def _superseded(run: Context, table: SQL, folded: SQL, columns: Sequence[Column]) -> SQL:
    """Every filled cell of a line that gave way to another value."""
    findings = run.temporary("superseded")
    lost = join(
        [
            sql(
                "select t.rowid as place, {number} as part, t._id, {name} as field, t.{c} as value, f.{c} as new_value"
                " from {table} t join {folded} f on f._id = t._id where not {blank} and t.{c} is distinct from f.{c}",
                number=number,
                name=column.name,
                c=column.identifier,
                table=table,
                folded=folded,
                blank=blank(sql("t.{c}", c=column.identifier)),
            )
            for number, column in enumerate(columns)
        ],
        " union all ",
    )
    run.store.execute(
        sql(
            "create temp table {findings} as select _id, field, 'superseded' as status,"
            " 'a later line has the same key' as reason, value, new_value from ({lost}) order by place, part",
            findings=findings,
            lost=lost,
        )
    )
    return findings


def _overruled(run: Context, members: SQL, own: Sequence[Column], previous: Dataset, findings: SQL | None) -> SQL:
    """These findings, and every filled cell of a merged record's member that the record says otherwise."""
    names = _names(previous.columns)
    shared = [(c.identifier, ident(names[c.name.casefold()]), c.name) for c in own if c.name.casefold() in names]
    lost = join(
        [
            sql(
                "select m._line as place, {number} as part, m._id, {name} as field, m.{mine} as value,"
                " p.{theirs} as new_value from {members} m join {previous} p on p._id = m._id"
                " where not {blank} and not {empty} and m.{mine} is distinct from p.{theirs}",
                number=number,
                name=name,
                mine=mine,
                theirs=theirs,
                members=members,
                previous=previous.relation,
                blank=blank(sql("m.{c}", c=mine)),
                empty=blank(sql("p.{c}", c=theirs)),
            )
            for number, (mine, theirs, name) in enumerate(shared)
        ],
        " union all ",
    )
    found = run.temporary("overruled")
    run.store.execute(
        sql(
            "create temp table {found} as select _id, field, 'superseded' as status,"
            " 'the merged record says otherwise' as reason, value, new_value from ({lost}) order by place, part",
            found=found,
            lost=lost,
        )
    )
    if findings is not None:
        run.store.execute(sql("insert into {found} select * from {findings}", found=found, findings=findings))
    return found


def _combine(
    before: SQL, old: Sequence[Column], after: SQL, new: Sequence[Column], columns: Sequence[Column], kept: SQL
) -> SQL:
    """The rows that stay, in their order, then the new ones in theirs; a filled new cell wins over an old one."""
    names = _names(new)
    staying = [_overwritten(column, _names(old), names) for column in columns]
    coming = [_cell(column, names, sql("n")) for column in columns]
    placed = sql("(select *, row_number() over () as {place} from {t})", place=_PLACE, t=before)
    arriving = sql("(select *, row_number() over () as {place} from {t})", place=_PLACE, t=after)
    return sql(
        "select _id, _source, _line, {names} from (select 0 as _crmctl_part, o.{place}, o._id, o._source,"
        " coalesce(n._line, o._line) as _line, {staying} from {placed} o left join {arriving} n on n._id = o._id"
        " where {kept} union all select 1, n.{place}, n._id, n._source, n._line, {coming} from {arriving} n"
        " where n._id not in (select _id from {before})) order by _crmctl_part, {place}",
        names=idents(column.name for column in columns),
        place=_PLACE,
        staying=join(staying),
        placed=placed,
        arriving=arriving,
        kept=kept,
        coming=join(coming),
        before=before,
    )


def _overwritten(column: Column, old: Mapping[str, str], new: Mapping[str, str]) -> SQL:
    """A cell of a row that stays: the new value unless it is blank."""
    name = column.name.casefold()
    if name not in new:
        return _cell(column, old, sql("o"))
    if name not in old:
        return _cell(column, new, sql("n"))
    after = sql("n.{c}", c=ident(new[name]))
    return sql(
        "case when {blank} then o.{c} else {after} end as {n}",
        blank=blank(after),
        c=ident(old[name]),
        after=after,
        n=column.identifier,
    )


def _filled(rows: SQL, columns: Sequence[Column], members: SQL, own: Sequence[Column]) -> SQL:
    """Merged records with their blank cells filled from the members that came in again."""
    names = _names(own)
    cells = []
    for column in columns:
        if column.name.casefold() not in names:
            cells.append(sql("r.{c}", c=column.identifier))
            continue
        value = sql("m.{c}", c=ident(names[column.name.casefold()]))
        cells.append(
            sql(
                "case when {blank} then coalesce((select first({value} order by m._source, m._line)"
                " from {members} m where m._id = r._id and not {empty}), r.{c}) else r.{c} end as {c}",
                blank=blank(sql("r.{c}", c=column.identifier)),
                value=value,
                members=members,
                empty=blank(value),
                c=column.identifier,
            )
        )
    return sql(
        "select r._id, r._source, r._line, {cells} from (select *, row_number() over () as {place} from ({rows})) r"
        " order by r.{place}",
        cells=join(cells),
        place=_PLACE,
        rows=rows,
    )
