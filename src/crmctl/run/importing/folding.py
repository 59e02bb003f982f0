"""Rows that come in together: several files as one table, several lines of one row as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmctl import messages
from crmctl.run.importing.ingest import Ingested
from crmctl.run.importing.precedence import Precedence
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, ident, join, sql
from crmctl.step.running import Context
from crmctl.step.types import Dataset

_PLACE, _LINES = ident("_crmctl_place"), ident("_crmctl_lines")


def all_columns(previous: Dataset | None, parts: Sequence[Ingested]) -> tuple[Column, ...]:
    """Every column of either side, the dataset's own first; names are the same whatever their case."""
    found = {column.name.casefold(): column for column in (previous.columns if previous else ())}
    for part in parts:
        for column in part.columns:
            found.setdefault(column.name.casefold(), column)
    return tuple(found.values())


def names_of(columns: Sequence[Column]) -> dict[str, str]:
    """The columns' names by casefold."""
    return {column.name.casefold(): column.name for column in columns}


def union(run: Context, parts: Sequence[Ingested], columns: Sequence[Column]) -> SQL:
    """Several files as one table, in their order."""
    table = run.table()
    selects = []
    for part in parts:
        names = names_of(part.columns)
        cells = join([cell(c, names, sql("p")) for c in columns])
        selects.append(sql("select p._id, p._source, p._line, {cells} from {t} p", cells=cells, t=part.table))
    run.store.execute(sql("create table {table} as {all}", table=table, all=join(selects, " union all ")))
    for part in parts:
        run.store.execute(sql("drop table {t}", t=part.table))
    return table


def cell(column: Column, names: Mapping[str, str], alias: SQL) -> SQL:
    """A column of a table under its final name; null where the table lacks it."""
    own = names.get(column.name.casefold())
    if own is None:
        return sql("null::varchar as {n}", n=column.identifier)
    return sql("{a}.{c} as {n}", a=alias, c=ident(own), n=column.identifier)


def fold(run: Context, table: SQL, columns: Sequence[Column], precedence: Precedence) -> SQL | None:
    """Make one row of lines that turned out to be one; each value that gave way is a finding.

    Returns:
        The findings; None where every row is one line.
    """
    several, folded = run.temporary("several"), run.temporary("folded")
    run.store.execute(
        sql(
            "create temp table {several} as select rowid as {place}, t.* from {table} t semi join"
            " (select _id from {table} group by _id having count(*) > 1) using (_id)",
            several=several,
            place=_PLACE,
            table=table,
        )
    )
    cells = join([sql("{value} as {c}", value=precedence.fold(c, _PLACE), c=c.identifier) for c in columns])
    run.store.execute(
        sql(
            "create temp table {folded} as select _id, min({place}) as {place}, count(*) as {lines},"
            " arg_max(_source, {place}) as _source, arg_max(_line, {place}) as _line, {cells} from {several}"
            " group by _id",
            folded=folded,
            place=_PLACE,
            lines=_LINES,
            cells=cells,
            several=several,
        )
    )
    surplus = run.store.scalar(sql("select coalesce(sum({n} - 1), 0) from {folded}", n=_LINES, folded=folded))
    if not surplus:
        return None
    settled = join([sql("{c} = f.{c}", c=ident(name)) for name in ("_source", "_line", *(c.name for c in columns))])
    run.store.execute(
        sql(
            "update {table} t set {settled} from {folded} f where t.rowid = f.{place}",
            table=table,
            place=_PLACE,
            settled=settled,
            folded=folded,
        )
    )
    run.store.execute(
        sql(
            "delete from {table} where rowid in"
            " (select s.{place} from {several} s anti join {folded} f using ({place}))",
            table=table,
            place=_PLACE,
            several=several,
            folded=folded,
        )
    )
    run.note(messages.translate("lines that gave way to a later line with the same key: {count}", count=int(surplus)))
    return _superseded(run, several, folded, columns)


def _superseded(run: Context, several: SQL, folded: SQL, columns: Sequence[Column]) -> SQL:
    """Every filled cell of a line that gave way to another value."""
    findings = run.temporary("superseded")
    lost = join(
        [
            sql(
                "select t.{place} as place, {number} as part, t._id, {name} as field, t.{c} as value,"
                " f.{c} as new_value from {several} t join {folded} f on f._id = t._id"
                " where not {blank} and t.{c} is distinct from f.{c}",
                place=_PLACE,
                number=number,
                name=column.name,
                c=column.identifier,
                several=several,
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


def overruled(run: Context, members: SQL, own: Sequence[Column], previous: Dataset, findings: SQL | None) -> SQL:
    """These findings, and every filled cell of a merged record's member that the record says otherwise."""
    names = names_of(previous.columns)
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
