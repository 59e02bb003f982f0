"""What was there and what came in as one table: the rows that stay, then the new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmctl.run.importing.folding import cell, names_of
from crmctl.run.importing.precedence import Precedence
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, ident, idents, join, sql

_PLACE = sql("_crmctl_place")


def combine(
    before: SQL, old: Sequence[Column], after: SQL, new: Sequence[Column], columns: Sequence[Column], kept: SQL,
    precedence: Precedence,
) -> SQL:  # fmt: skip
    """The rows that stay, in their order, then the new ones in theirs; `precedence` settles their cells."""
    names = names_of(new)
    staying = [_settled(column, names_of(old), names, precedence) for column in columns]
    coming = [cell(column, names, sql("n")) for column in columns]
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


def _settled(column: Column, old: Mapping[str, str], new: Mapping[str, str], precedence: Precedence) -> SQL:
    """A cell of a row that stays; one that did not come in keeps what it has."""
    name = column.name.casefold()
    if name not in new:
        return cell(column, old, sql("o"))
    if name not in old:
        return cell(column, new, sql("n"))
    before, after = sql("o.{c}", c=ident(old[name])), sql("n.{c}", c=ident(new[name]))
    value = precedence.settle(column, before, after)
    if precedence.blanks_overwrite:  # a row that did not come in has no blanks to overwrite with
        value = sql("case when n._id is null then {before} else {value} end", before=before, value=value)
    return sql("{value} as {n}", value=value, n=column.identifier)


def filled(rows: SQL, columns: Sequence[Column], members: SQL, own: Sequence[Column]) -> SQL:
    """Merged records with their blank cells filled from the members that came in again."""
    names = names_of(own)
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
