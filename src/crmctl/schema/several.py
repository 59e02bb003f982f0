"""Several phones or e-mails in one cell of a loaded table: the first stays, the spare fields take the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from crmctl.schema.column import Column, blank
from crmctl.schema.model import Schema
from crmctl.sql import SQL, conjunction, ident, join, sql

REASON = "several values"
_SEPARATOR = r"(?:\s*(?::::|[;；、,，|\n/]|或)\s*|\s+(?:or|and|和)\s+)+"
_HINT = r":::|[;；、,，|\n/或和]|\sor\s|\sand\s|^\s*1[3-9]\d{9}\s+\d"
# Two mainland mobiles with nothing but blanks between them.
_BARE_MOBILE = r"(^|\s)(1[3-9]\d{9})\s+"
_PHONE = r"[+(]*\d(?:[ ().\-]*[\d*]){6,}(?:\s*(?:转|分机|ext\.?|x|#)\s*\d{1,6})?"
_EMAIL = r"[^\s@;；、,，|/]+@[^\s@;；、,，|/]+\.[^\s@.;；、,，|/]+"
_TWO_PHONES = 15
_MOBILE = r"(?:(?:\+|00)?86[ -]*)?1[3-9](?:[ -]*[\d*]){9}"


@dataclass(frozen=True, slots=True)
class SplitCells:
    """What splitting cells with several values did.

    Args:
        columns: The table's columns, with those that were added.
        counts: Field -> how many of its cells held several values.
        findings: A table of ``_id, field, status, reason, value, new_value``; None where no cell was split.
    """

    columns: tuple[Column, ...]
    counts: Mapping[str, int]
    findings: SQL | None


@dataclass(frozen=True, slots=True)
class _Pool:
    """Where further values of one sort go: into the first slot if that is empty, all others into the second."""

    sources: tuple[str, ...]
    shape: str
    slots: tuple[str, str]
    only: str = ""
    other_than: str = ""


_PHONES = ("mobile", "phone", "work_phone", "home_phone")
_POOLS = (
    _Pool(_PHONES, _PHONE, ("mobile", "mobile2"), only=_MOBILE),
    _Pool(_PHONES, _PHONE, ("phone", "other_phone"), other_than=_MOBILE),
    _Pool(("email",), _EMAIL, ("email2", "email3")),
)


def split_multi_values(
    con: duckdb.DuckDBPyConnection,
    table: SQL,
    columns: Sequence[Column],
    schema: Schema | None,
    temporary: Callable[[str], SQL],
) -> SplitCells:
    """Two phones or e-mails in one cell become the first value and the spare fields; nothing is dropped.

    A cell is split where every part of it is a phone number (or an e-mail). Its first value stays. Further mobiles go
    to `mobile`, then `mobile2`, other numbers to `phone`, then `other_phone`, e-mails to `email2`, then `email3`: the
    first that is empty in that row; what the last cannot hold alone stands there together, with semicolons.

    Args:
        con: The connection.
        table: The table, with `_id`; it is changed in place, and gets the spare columns that it needs.
        columns: Its columns, named by field.
        schema: The schema they follow; without one nothing is split.
        temporary: Gives a free name for a temporary table.
    """
    pools = [pool for pool in _POOLS if schema is not None and set(pool.slots) <= set(schema.fields)]
    names = [column.name for column in columns]
    shapes = {name: pool.shape for pool in pools for name in pool.sources if name in names}
    counts = _count(con, table, shapes)
    if schema is None or not counts:
        return SplitCells(tuple(columns), {}, None)
    parts, findings = temporary("parts"), temporary("several")
    _run(con, sql("create temp table {parts} as {query}", parts=parts, query=_parts(table, shapes, list(counts))))
    _run(con, _findings(findings, parts))
    for name in counts:
        _run(con, _first_value(table, parts, name))
    added = []
    for pool in pools:
        if set(pool.sources) & set(counts):
            missing = [name for name in pool.slots if name not in names]
            for name in missing:
                _run(con, sql("alter table {table} add column {name} varchar", table=table, name=ident(name)))
            _run(con, _fill(table, parts, pool))
            added += [schema.fields[name].column(name) for name in _kept(con, table, missing)]
    _run(con, sql("drop table {parts}", parts=parts))
    return SplitCells((*columns, *added), counts, findings)


def _run(con: duckdb.DuckDBPyConnection, query: SQL) -> list[tuple[object, ...]]:
    return con.execute(query.text, query.values).fetchall()


def _count(con: duckdb.DuckDBPyConnection, table: SQL, shapes: Mapping[str, str]) -> dict[str, int]:
    """How many cells of each column hold several values; columns without any are left out."""
    if not shapes:
        return {}
    counts = join(
        sql("count(*) filter (where {several})", several=_several(ident(name), shape)) for name, shape in shapes.items()
    )
    found = _run(con, sql("select {counts} from {table}", counts=counts, table=table))[0]
    return {name: int(str(count)) for name, count in zip(shapes, found, strict=True) if count}


def _prepared(cell: SQL) -> SQL:
    return sql(r"regexp_replace({c}, {bare}, '\1\2;', 'g')", c=cell, bare=_BARE_MOBILE)


def _several(cell: SQL, shape: str) -> SQL:
    """True for a cell of several values; the first tests are cheap and nearly always end it."""
    likely = sql("{c} like '%@%@%'", c=cell) if shape == _EMAIL else sql("strlen({c}) >= {n}", c=cell, n=_TWO_PHONES)
    return sql(
        "(case when {likely} then regexp_matches({c}, {hint}) and regexp_full_match({prepared}, {whole})"
        " else false end)",
        c=cell, likely=likely, hint=_HINT, prepared=_prepared(cell),
        whole=rf"\s*{shape}(?:{_SEPARATOR}{shape})+(?:{_SEPARATOR}|\s*)",
    )  # fmt: skip


def _parts(table: SQL, shapes: Mapping[str, str], fields: Sequence[str]) -> SQL:
    """``_id, place, field, cell, first, others`` of every cell to split; a value that is there twice counts once."""
    pieces = [
        sql(
            "select _id, {place} as place, {field} as field, {c} as cell, regexp_split_to_array(trim({prepared}),"
            " {separator}) as list from {table} where {several}",
            place=number, field=name, c=ident(name), prepared=_prepared(ident(name)), separator=_SEPARATOR,
            table=table, several=_several(ident(name), shapes[name]),
        )
        for number, name in enumerate(fields)
    ]  # fmt: skip
    return sql(
        "select _id, place, field, cell, list[1] as first, list_filter(list[2:], lambda v, i: v <> '' and v <> list[1]"
        " and not list_contains(list[2:i], v)) as others from ({pieces})",
        pieces=join(pieces, " union all "),
    )


def _findings(findings: SQL, parts: SQL) -> SQL:
    return sql(
        "create temp table {findings} as select _id, field, 'fixed' as status, {reason} as reason, cell as value,"
        " first as new_value from {parts}",
        findings=findings, reason=REASON, parts=parts,
    )  # fmt: skip


def _first_value(table: SQL, parts: SQL, name: str) -> SQL:
    return sql(
        "update {table} t set {c} = p.first from {parts} p where p._id = t._id and p.field = {name}",
        table=table, c=ident(name), parts=parts, name=name,
    )  # fmt: skip


def _fill(table: SQL, parts: SQL, pool: _Pool) -> SQL:
    """Put the further values of a row into the two slots; a value that stands in one of them already is left out."""
    conditions = [sql("list_contains({fields}, field)", fields=list(pool.sources))]
    conditions += [sql("regexp_full_match(v, {only})", only=pool.only)] if pool.only else []
    conditions += [sql("not regexp_full_match(v, {other})", other=pool.other_than)] if pool.other_than else []
    one, two = (ident("t", name) for name in pool.slots)
    wanted = sql(
        "list_filter(e.list, lambda v: v is distinct from {one} and v is distinct from {two})", one=one, two=two
    )
    rest = sql("case when {empty} then {wanted}[2:] else {wanted} end", empty=blank(one), wanted=wanted)
    return sql(
        "update {table} t set {a} = case when {empty} then {wanted}[1] else {one} end,"
        " {b} = case when len({rest}) > 0 then concat_ws(';', case when not {filled} then {two} end,"
        " array_to_string({rest}, ';')) else {two} end"
        " from (select _id, list(v order by place, i) as list from (select _id, place, field, unnest(others) as v,"
        " generate_subscripts(others, 1) as i from {parts}) where {conditions} group by _id) e where e._id = t._id",
        table=table, a=ident(pool.slots[0]), b=ident(pool.slots[1]), one=one, two=two, empty=blank(one),
        filled=blank(two), wanted=wanted, rest=rest, parts=parts, conditions=conjunction(conditions),
    )  # fmt: skip


def _kept(con: duckdb.DuckDBPyConnection, table: SQL, added: Sequence[str]) -> list[str]:
    """Those of the added columns that were needed; the others are dropped again."""
    kept = []
    for name in added:
        [(count,)] = _run(con, sql("select count({name}) from {table}", name=ident(name), table=table))
        if count:
            kept.append(name)
        else:
            _run(con, sql("alter table {table} drop column {name}", table=table, name=ident(name)))
    return kept
