"""What a target would refuse of shaped rows, found before anything is written: blank, too long, unknown, repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from crmctl.exporting import reasons
from crmctl.exporting.cells import DATES, EMAIL, NUMBERS, Cell
from crmctl.exporting.characters import lacking
from crmctl.exporting.shape import PLACE, Shaped, cell_name
from crmctl.sql import SQL, TRUE, conjunction, disjunction, ident, join, sql

_PHONES = frozenset({"mobile", "phone"})
# Where a target lives by the number, a masked one is of no use to it.
_PHONE = r"^\s*[+(]*\d(?:[ ().\-/]*\d){4,}\s*(?:(?:转|分机|ext\.?|x|#)\s*\d+)?\s*$"


@dataclass(frozen=True)
class Refusals:
    """What a target would refuse.

    Args:
        table: `_id, place, header, field, reason, value, cell`, one row for every fault of a row; the number of the
            cell is given where the fault is the cell's alone, and the target does not require it.
        rows: How many rows it would refuse.
        kept: How many of them stay, with empty cells where the faults are.
        emptied: The numbers of those cells.
        reasons: Header, reason and number of rows, the most frequent first.
    """

    table: SQL
    rows: int
    kept: int
    emptied: tuple[int, ...]
    reasons: tuple[tuple[str, str, int], ...]

    @property
    def out(self) -> int:
        """How many rows are left out."""
        return self.rows - self.kept


def find_refusals(
    con: duckdb.DuckDBPyConnection, shaped: Shaped, *, encoding: str | None = None, empties: bool = False
) -> Refusals:
    """Everything that the target would refuse.

    Of rows that the target cannot tell apart the first stays; one that is refused anyway does not count for it.

    Args:
        con: The connection; no result may be open on it.
        shaped: The rows with the target's cells.
        encoding: The file's encoding, where each character has to be in it.
        empties: A cell that the target would refuse stays empty, and its row is kept, where that helps.
    """
    table = ident("exporting_refused")
    _run(
        con,
        sql(
            "create or replace temp table {t} (_id bigint, place bigint, header varchar, field varchar, reason varchar,"
            " value varchar, cell integer)",
            t=table,
        ),
    )
    texts = [ident(cell_name(number)) for number in range(len(shaped.cells))]
    absent = lacking(con, shaped.relation, texts, encoding) if encoding is not None else None
    faults = [fault for number, cell in enumerate(shaped.cells) for fault in _faults(cell, number, shaped, absent)]
    faults += [fault for headers in shaped.table.one_of for fault in _nothing(headers, shaped)]
    if faults:
        _insert(con, table, shaped, faults)
    for names in shaped.table.unique:
        _insert_repeated(con, table, shaped, names, empties=empties)
    rows = con.execute(sql("select count(distinct place) from {t}", t=table).text).fetchall()[0][0]
    kept, emptied = _emptied(con, table) if empties else (0, ())
    counted = sql("select header, reason, count(*) from {t} group by 1, 2 order by 3 desc, min(place), 1, 2", t=table)
    told = tuple((str(h), str(r), int(n)) for h, r, n in con.execute(counted.text).fetchall())
    return Refusals(table, int(rows), kept, emptied, told)


def _emptied(con: duckdb.DuckDBPyConnection, table: SQL) -> tuple[int, tuple[int, ...]]:
    """How many rows are kept, and the cells that are empty in some of them."""
    places = sql("select place from {t} group by place having bool_and(cell is not null)", t=table)
    kept = sql("select count(*) from ({places})", places=places)
    cells = sql("select distinct cell from {t} where place in ({places}) order by 1", t=table, places=places)
    found = con.execute(cells.text).fetchall()
    return int(con.execute(kept.text).fetchall()[0][0]), tuple(int(cell) for (cell,) in found)


def accepted(shaped: Shaped, refusals: Refusals) -> SQL:
    """The rows that the target takes, with empty cells where that is what makes it take them."""
    if not refusals.rows:
        return shaped.relation
    if not refusals.emptied:
        return sql(
            "(select * from {rows} where {place} not in (select place from {refused}))",
            rows=shaped.relation, place=PLACE, refused=refusals.table,
        )  # fmt: skip
    empty = join(
        [
            sql("case when list_contains(_crmctl_empty, {n}) then null else {c} end as {c}", n=number,
                c=ident(cell_name(number)))
            for number in refusals.emptied
        ]
    )  # fmt: skip
    return sql(
        "(select * exclude (_crmctl_empty, _crmctl_out) replace ({empty}) from {rows} left join (select place as"
        " {place}, list(cell) as _crmctl_empty, not bool_and(cell is not null) as _crmctl_out from {refused}"
        " group by 1) using ({place}) where _crmctl_out is distinct from true)",
        empty=empty, rows=shaped.relation, place=PLACE, refused=refusals.table,
    )  # fmt: skip


@dataclass(frozen=True)
class _Fault:
    header: str
    field: str
    reason: str
    value: SQL
    condition: SQL
    cell: int | None = None


def _faults(cell: Cell, number: int, shaped: Shaped, absent: SQL | None) -> list[_Fault]:
    """What can be wrong with one cell, each with its condition."""
    text, column = ident(cell_name(number)), cell.column
    found: list[tuple[str, SQL]] = []
    if absent is not None:
        found.append((reasons.NOT_ENCODABLE, sql("regexp_matches({t}, {absent})", t=text, absent=absent)))
    if column.required:
        found.append((reasons.REQUIRED, sql("{t} is null", t=text)))
    if cell.type in NUMBERS | DATES | {"boolean"} and not column.hashed:
        found.append((_kind(cell.type), cell.unfit))
    if not column.hashed:
        if cell.type == "email":
            found.append((reasons.NOT_EMAIL, sql("not regexp_matches({t}, {email})", t=text, email=EMAIL)))
        if cell.type in _PHONES and column.required:
            found.append((reasons.NOT_PHONE, sql("not regexp_matches({t}, {phone})", t=text, phone=_PHONE)))
        if column.ascii_local_part:
            local = sql("split_part({t}, '@', 1)", t=text)
            found.append((reasons.NOT_ASCII, sql("octet_length(encode({l})) > length({l})", l=local)))
        most = column.max_length or shaped.target.max_cell
        if most is not None:
            found.append((reasons.TOO_LONG, sql("length({t}) > {most}", t=text, most=most)))
        if column.max_bytes is not None:
            size = _bytes(text, shaped.target.encoding)
            found.append((reasons.TOO_LONG, sql("{size} > {most}", size=size, most=column.max_bytes)))
        if column.allowed:
            known = sql("list_contains({words}, {t})", words=list(column.allowed), t=text)
            found.append((reasons.NOT_ALLOWED, sql("not {known}", known=known)))
    field = cell.sources[0].name if cell.sources else column.field or column.header
    needed = column.required or any(column.header in headers for headers in shaped.table.one_of)
    optional = None if needed else number
    return [_Fault(column.header, field, reason, text, condition, optional) for reason, condition in found]


def _kind(type_: str) -> str:
    """What a value is not that does not fit its type."""
    if type_ == "boolean":
        return reasons.NOT_BOOLEAN
    return reasons.NOT_DATE if type_ in DATES else reasons.NOT_NUMBER


def _bytes(text: SQL, encoding: str) -> SQL:
    """The bytes of a text: exactly in UTF-8; elsewhere two for whatever is not ASCII."""
    if encoding.lower().replace("_", "-") in ("utf-8", "utf-8-sig", "utf8"):
        return sql("octet_length(encode({t}))", t=text)
    return sql(r"length(regexp_replace({t}, '[^\x00-\x7F]', 'xx', 'g'))", t=text)


def _nothing(headers: Sequence[str], shaped: Shaped) -> list[_Fault]:
    """None of several cells is filled, and the target wants one of them."""
    cells = [ident(cell_name(n)) for n, cell in enumerate(shaped.cells) if cell.column.header in headers]
    if not cells:
        return []
    blank = conjunction(sql("{c} is null", c=cell) for cell in cells)
    return [_Fault(", ".join(headers), headers[0], reasons.NOTHING, sql("null::varchar"), blank)]


def _insert(con: duckdb.DuckDBPyConnection, table: SQL, shaped: Shaped, faults: Sequence[_Fault]) -> None:
    """All faults of all cells in one pass; the list of a row's faults is only made where it has one."""
    listed = join(
        [
            sql(
                "case when {condition} then struct_pack(header := {header}, field := {field}, reason := {reason},"
                " value := {value}, cell := {cell}::integer) end",
                condition=f.condition, header=f.header, field=f.field, reason=f.reason, value=f.value, cell=f.cell,
            )
            for f in faults
        ]
    )  # fmt: skip
    _run(
        con,
        sql(
            "insert into {t} select _id, place, fault.header, fault.field, fault.reason, fault.value,"
            " fault.cell from"
            " (select _id, {place} as place, unnest([{listed}]) as fault from {rows} where {any})"
            " where fault is not null",
            t=table, place=PLACE, listed=listed, rows=shaped.relation, any=disjunction(f.condition for f in faults),
        ),
    )  # fmt: skip


def _insert_repeated(
    con: duckdb.DuckDBPyConnection, table: SQL, shaped: Shaped, names: Sequence[str], *, empties: bool
) -> None:
    """Rows that agree with an earlier one in all of these fields, case aside."""
    keyed = [(number, cell) for number, cell in enumerate(shaped.cells) if cell.column.field in names]
    by_field = {cell.column.field: (number, cell) for number, cell in reversed(keyed)}
    if len(by_field) < len(set(names)) or not all(cell.sources for _, cell in by_field.values()):
        return
    chosen = [by_field[name] for name in names]
    texts = [ident(cell_name(number)) for number, _ in chosen]
    same = join([sql("lower(trim({t}))", t=text) for text in texts])
    filled = conjunction(sql("{t} is not null", t=text) for text in texts)
    _run(
        con,
        sql(
            "insert into {t} select _id, place, {header}, {field}, {reason}, value, null from"
            " (select _id, {place} as place, concat_ws(', ', {texts}) as value,"
            " row_number() over (partition by {same} order by {place}) as n"
            " from {rows} where {filled} and {place} not in (select place from {t} where {out})) where n > 1",
            t=table, header=", ".join(cell.column.header for _, cell in chosen), field=chosen[0][1].sources[0].name,
            reason=reasons.REPEATED, out=sql("cell is null") if empties else TRUE, place=PLACE, texts=join(texts),
            same=same, rows=shaped.relation, filled=filled,
        ),
    )  # fmt: skip


def _run(con: duckdb.DuckDBPyConnection, query: SQL) -> None:
    con.execute(query.text, query.values).fetchall()
