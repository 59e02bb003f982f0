"""Flat order exports: one table whose every line names the customer, the order and the item, as a query for each.

Which header is whose says a preset (`presets.py`). Nothing is run here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmctl.errors import UsageError
from crmctl.schema.column import RESERVED, Column, blank
from crmctl.schema.headers import normalise_header, recognise
from crmctl.schema.loading import load_schema
from crmctl.schema.mapping import PRESET, free_name
from crmctl.schema.masking import masked
from crmctl.schema.model import Schema
from crmctl.schema.preset_model import Preset, PresetTable
from crmctl.schema.resolving import resolve_column
from crmctl.schema.signs import HeaderMatch
from crmctl.sql import FALSE, SQL, disjunction, ident, join, sql

_CUSTOMER, _ORDER, _ITEM = "customer", "order", "order_item"
# What a line has of an item; without any of them it is a line of its order only.
_ITEM_FIELDS = ("product_name", "product_id", "quantity", "line_no")
_CUSTOMER_ID = "id"
# What headers that a preset does not know may fill beside the order's fields.
_OPEN = {
    _CUSTOMER: (
        _CUSTOMER_ID, "full_name", "nickname", "email", "mobile", "phone", "gender", "birthday", "wechat", "company",
        "level", "points",
    ),
    _ITEM: ("order_id", "line_no", "product_id", "product_name", "product_category", "quantity", "unit_price"),
}  # fmt: skip
_IDENTITY = ident("_crmctl_customer")
_ORDER_ID = ident("_crmctl_order")


@dataclass(frozen=True, slots=True)
class FlatTable:
    """One dataset's rows out of a flat table.

    Args:
        name: The dataset they usually fill: `customers`.
        schema: The schema they follow.
        columns: Their columns, named by field.
        query: ``_source``, ``_line`` (the first line that speaks of the row) and the columns, in the file's order.
        key: The fields that tell the rows of a source apart; empty where only the whole row does.
        matches: What each header was taken for here.
    """

    name: str
    schema: Schema
    columns: tuple[Column, ...]
    query: SQL
    key: tuple[str, ...]
    matches: tuple[HeaderMatch, ...]


def split_flat(
    preset: Preset, headers: Sequence[str], names: Sequence[str], table: SQL,
    given: Mapping[str, str] | None = None,
) -> list[FlatTable]:  # fmt: skip
    """Customers, orders and order items out of one loaded table, in this order; kinds it has nothing of are left out.

    An order's values are taken once, however many lines it has: the first filled one. A customer is told by the first
    filled field of the preset's `key` that is not masked, which becomes the id; of a customer's values the newest
    order's count. A line with anything of an item is an item. Headers that mean nothing stay with the items, or with
    the orders where there are no items.

    Args:
        preset: A flat preset.
        headers: The table's headers.
        names: Their SQL names.
        table: The table, with `_id`, `_source` and `_line`.
        given: Header -> field, as the user wants it, whatever the preset says: of the orders where they have it, and
            of the customers and items; `customers.id` is of the customers only. Empty leaves a header under its name.

    Raises:
        UsageError: The preset is not flat, the table has no column for the order's id, or there is no such field.
    """
    if not preset.flat:
        raise UsageError("the preset {name} holds one table at a time", cure="use it as it is", name=preset.name)
    plain = [Column(name, header) for header, name in zip(headers, names, strict=True)]
    wanted = {resolve_column(plain, header).name: field for header, field in (given or {}).items()}
    found = _given_fields(preset, _found_fields(preset, headers, names), wanted)
    order_id = found.get(_ORDER, {}).get("id")
    if order_id is None:
        raise UsageError(
            "no column holds the order number that {name} exports call {header!r}",
            cure="check the file, or map it with --map 'Header=id'", name=preset.name,
            header=next(h for h, field in preset.header_fields(_ORDER).items() if field == "id"),
        )  # fmt: skip
    spelled = normalise_header(headers[list(names).index(order_id)])
    repeats = spelled in {normalise_header(header) for header in preset.repeated}
    lines = _with_ids(preset, table, order_id, found, repeats=repeats)
    flat = _Flat(preset, headers, names, found, lines, frozenset(wanted))
    tables = [flat.customers(), flat.orders(), flat.items()]
    return [each for each in tables if each is not None]


def _found_fields(preset: Preset, headers: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Schema -> field -> SQL name: as the preset says; headers that it does not know, as their own words say."""
    found = {table.kind: _fields(table, headers, names) for table in preset.tables.values()}
    known = {normalise_header(header) for table in preset.tables.values() for header in table.fields}
    for header, name in zip(headers, names, strict=True):
        if normalise_header(header) in known:
            continue
        for kind, fields in found.items():
            meant = recognise(header, load_schema(kind).known)
            field = _CUSTOMER_ID if kind == _CUSTOMER and _names_customer(header) else meant.field if meant else None
            if field is not None and (kind == _ORDER or field in _OPEN.get(kind, ())):
                fields.setdefault(field, name)
    return found


def _given_fields(
    preset: Preset, found: Mapping[str, Mapping[str, str]], wanted: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """What was found, with the columns that the user maps, by SQL name, where the user wants them."""
    fields = {kind: {f: n for f, n in own.items() if n not in wanted} for kind, own in found.items()}
    for name, text in wanted.items():
        for kind, field in _meant(preset, text.strip()) if text.strip() else ():
            fields[kind][field] = name
    return fields


def _meant(preset: Preset, text: str) -> list[tuple[str, str]]:
    """The kinds and fields that the user's word means.

    Raises:
        UsageError: None of the preset's tables has such a field.
    """
    before, dot, after = text.rpartition(".")
    schemas = {table.kind: load_schema(table.kind) for table in preset.tables.values()}
    meant = []
    for kind, schema in schemas.items():
        known = schema.known.get(normalise_header(after))
        if known is None or (dot and before not in (kind, schema.dataset)):
            continue
        if dot or kind == _ORDER or (known.field in _OPEN.get(kind, ()) and known.field != _CUSTOMER_ID):
            meant.append((kind, known.field))
    if not meant:
        raise UsageError(
            "{preset} has no field {field!r}", cure="name one of its orders, or as customers.id of its customers",
            preset=preset.name, field=text,
        )  # fmt: skip
    return meant


def _names_customer(header: str) -> bool:
    """Whether a header means the customer's id where a line is about an order."""
    meant = recognise(header, load_schema(_ORDER).known)
    return meant is not None and meant.field == "customer_id"


def _fields(table: PresetTable, headers: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Field -> the SQL name of the first column that fills it; of several headers the one the preset lists first."""
    places = {normalise_header(header): name for header, name in reversed(list(zip(headers, names, strict=True)))}
    fields: dict[str, str] = {}
    for header, field in table.fields.items():
        name = places.get(normalise_header(header))
        if name is not None and field:
            fields.setdefault(field, name)
    return fields


def _with_ids(
    preset: Preset, table: SQL, order_id: str, found: Mapping[str, Mapping[str, str]], *, repeats: bool
) -> SQL:
    """The lines with their order's id (a blank one may be the line's above) and their customer's.

    A customer of whom nothing unmasked is known is told by the order.
    """
    customer = preset.table(_CUSTOMER)
    own = found.get(_CUSTOMER, {})
    usable = [own[field] for field in (customer.key if customer else ()) if field in own]
    keys = [
        sql("case when not {m} then nullif({t}, '') end", m=masked(ident(name)), t=_plain(ident(name)))
        for name in usable
    ]
    identity = sql("coalesce({keys})", keys=join(keys)) if keys else sql("null::varchar")
    number = sql("case when not {b} then trim({c}) end", b=blank(ident(order_id)), c=ident(order_id))
    above = sql(
        "coalesce({number}, last_value({number} ignore nulls) over (partition by _source order by _line rows"
        " unbounded preceding))",
        number=number,
    )
    numbered = sql(
        "select _id, _source, _line, {identity} as own, {number} as number from {table}",
        identity=identity, number=above if repeats else number, table=table,
    )  # fmt: skip
    return sql(
        "(with numbered as ({numbered}), owners as (select _source, number, min_by(own, _line) filter (where own is not"
        " null) as owner from numbered where number is not null group by _source, number) select t.*, n.number as"
        " {order}, case when n.number is null then n.own else coalesce(o.owner, 'order:' || n.number) end as {identity}"
        " from {table} t join numbered n using (_id) left join owners o on o._source = n._source"
        " and o.number = n.number)",
        numbered=numbered, order=_ORDER_ID, identity=_IDENTITY, table=table,
    )  # fmt: skip


def _plain(cell: SQL) -> SQL:
    """A mainland mobile without its country code, an e-mail in lower case: two spellings are one customer."""
    return sql(
        r"case when contains({c}, '@') then lower(trim({c}))"
        r" else regexp_replace(trim({c}), '^(?:(?:\+|00)?86[ -]?)(1\d\d)[ -]?(\d{{4}})[ -]?(\d{{4}})$', '\1\2\3') end",
        c=cell,
    )


@dataclass(frozen=True, slots=True)
class _Flat:
    preset: Preset
    headers: Sequence[str]
    names: Sequence[str]
    found: Mapping[str, Mapping[str, str]]
    lines: SQL
    given: frozenset[str]

    def customers(self) -> FlatTable | None:
        """One row for each customer; lines that name none are left out."""
        table, own = self.preset.table(_CUSTOMER), dict(self.found.get(_CUSTOMER, {}))
        if table is None or not own:
            return None
        when = self.found[_ORDER].get("ordered_at")
        newest = sql("coalesce({w}, '')", w=ident(when)) if when else sql("''")
        cells = {
            field: sql(
                "max_by({c}, struct_pack(t := {newest}, v := {c})) filter (where not {b})",
                c=ident(name), newest=newest, b=blank(ident(name)),
            )
            for field, name in own.items()
        }  # fmt: skip
        schema = load_schema(table.kind)
        cells = {"id": _IDENTITY, **{field: cell for field, cell in cells.items() if field != "id"}}
        cells |= {field: sql("{v}", v=value) for field, value in table.constants.items() if field in schema.fields}
        query = sql(
            "select {source} as _source, min(_line) as _line, {cells} from {lines} where {named} group by _source, {id}"
            " order by 2",
            source=ident("_source"), cells=_named(cells), lines=self.lines, id=_group(_IDENTITY, list(own.values())),
            named=disjunction([sql("not {b}", b=blank(ident(name))) for name in own.values()]),
        )  # fmt: skip
        return self._table(schema, cells, query, own)

    def orders(self) -> FlatTable | None:
        """One row for each order number; lines without any, one row each."""
        table, own = self.preset.table(_ORDER), dict(self.found.get(_ORDER, {}))
        if table is None:
            return None
        schema = load_schema(table.kind)
        cells = {
            field: sql("min_by({c}, _line) filter (where not {b})", c=ident(name), b=blank(ident(name)))
            for field, name in own.items()
        }
        cells = {**cells, "id": _ORDER_ID} | self._sums(table, own)
        if "customer_id" in schema.fields and self.found.get(_CUSTOMER):
            cells["customer_id"] = sql("min({i})", i=_IDENTITY)
        cells |= {field: sql("{v}", v=value) for field, value in table.constants.items() if field not in own}
        extra = {} if self._has_items() else self._unclaimed(cells)
        cells |= {field: sql("min_by({c}, _line)", c=ident(name)) for field, name in extra.items()}
        query = sql(
            "select _source, min(_line) as _line, {cells} from {lines} group by _source, {order},"
            " case when {order} is null then _line end order by 2",
            cells=_named(cells), lines=self.lines, order=_ORDER_ID,
        )  # fmt: skip
        return self._table(schema, cells, query, own, extra)

    def _sums(self, table: PresetTable, own: Mapping[str, str]) -> dict[str, SQL]:
        """Fields whose column holds each line's own share: they add up, where the lines show that they do."""
        sums: dict[str, SQL] = {}
        for field, headers in table.sums.items():
            if field in own and self._header(own[field]) in {normalise_header(header) for header in headers}:
                cell = ident(own[field])
                once = sql("min_by({c}, _line) filter (where not {b})", c=cell, b=blank(cell))
                sums[field] = sql(
                    "case when {shares} and count(*) > 1 then coalesce(sum({number})::varchar, {once}) else {once} end",
                    shares=self._shares(own[field]), number=_number(cell), once=once,
                )  # fmt: skip
        return sums

    def _header(self, name: str) -> str:
        return normalise_header(self.headers[list(self.names).index(name)])

    def _shares(self, name: str) -> SQL:
        """True where the lines of an order differ in a column, or each line has its price times quantity there."""
        own = self.found.get(_ITEM, {})
        cell = _number(ident(name))
        priced = FALSE
        if "unit_price" in own and "quantity" in own:
            price, quantity = _number(ident(own["unit_price"])), _number(ident(own["quantity"]))
            priced = sql("bool_and({c} = {p} * {q})", c=cell, p=price, q=quantity)
        return sql(
            "(select coalesce(bool_or(differs or priced), false) from (select count(distinct {c}) > 1 as differs,"
            " coalesce({priced}, false) as priced from {lines} where {c} is not null group by _source, {order}"
            " having count(*) > 1))",
            c=cell, priced=priced, lines=self.lines, order=_ORDER_ID,
        )  # fmt: skip

    def items(self) -> FlatTable | None:
        """One row for each line that has anything of an item."""
        table, own = self.preset.table(_ITEM), dict(self.found.get(_ITEM, {}))
        if table is None or not self._has_items():
            return None
        schema = load_schema(table.kind)
        cells = {**{field: ident(name) for field, name in own.items()}, "order_id": _ORDER_ID}
        cells |= {field: sql("{v}", v=value) for field, value in table.constants.items() if field not in own}
        orders = self.preset.table(_ORDER)
        shared = set(self._sums(orders, self.found[_ORDER])) if orders else set()
        if "amount" in shared - set(cells):
            share = self.found[_ORDER]["amount"]
            cells["amount"] = sql("case when {s} then {c} end", s=self._shares(share), c=ident(share))
        extra = self._unclaimed(cells)
        cells |= {field: ident(name) for field, name in extra.items()}
        marks = [sql("not {b}", b=blank(ident(own[field]))) for field in _ITEM_FIELDS if field in own]
        query = sql(
            "select _source, _line, {cells} from {lines} where {marks} order by _line",
            cells=_named(cells), lines=self.lines, marks=disjunction(marks),
        )  # fmt: skip
        return self._table(schema, cells, query, own, extra)

    def _has_items(self) -> bool:
        return any(field in self.found.get(_ITEM, {}) for field in _ITEM_FIELDS)

    def _unclaimed(self, cells: Mapping[str, SQL]) -> dict[str, str]:
        """A free column name -> the SQL name of a column that no table of the preset takes."""
        used = {name for fields in self.found.values() for name in fields.values()}
        taken = {*RESERVED, *(field.casefold() for field in cells)}
        return {free_name(name, taken): name for name in self.names if name not in used}

    def _table(
        self, schema: Schema, cells: Mapping[str, SQL], query: SQL, own: Mapping[str, str],
        extra: Mapping[str, str] | None = None,
    ) -> FlatTable:  # fmt: skip
        own = {**own, **(extra or {})}
        spelled = dict(zip(self.names, self.headers, strict=True))
        columns = []
        for field in cells:
            header = spelled[own[field]] if field in own else None
            known = schema.fields.get(field) if field not in (extra or {}) else None
            columns.append(known.column(field, header) if known else Column(name=field, header=header or field))
        filled = {name: field if field not in (extra or {}) else None for field, name in own.items()}
        matches = tuple(
            self._match(header, name, filled[name])
            for header, name in zip(self.headers, self.names, strict=True) if name in filled
        )  # fmt: skip
        key = tuple(schema.key) if set(schema.key) <= set(cells) else ()
        return FlatTable(schema.dataset or schema.name, schema, tuple(columns), query, key, matches)

    def _match(self, header: str, name: str, field: str | None) -> HeaderMatch:
        if field is None:
            return HeaderMatch(header, None, 0.0, "")
        return HeaderMatch(header, field, *((1.0, "given") if name in self.given else (PRESET, "preset")))


def _number(cell: SQL) -> SQL:
    return sql(r"try_cast(regexp_replace({c}, '[^0-9.\-]', '', 'g') as decimal(18,2))", c=cell)


def _group(identity: SQL, names: Sequence[str]) -> SQL:
    """Customers of one identity are one; those without any only where everything is the same."""
    row = sql("md5(concat_ws(chr(31), {cells}))", cells=join(sql("coalesce({c}, chr(30))", c=ident(n)) for n in names))
    return sql("{identity}, case when {identity} is null then {row} end", identity=identity, row=row)


def _named(cells: Mapping[str, SQL]) -> SQL:
    return join(sql("{cell} as {name}", cell=cell, name=ident(field)) for field, cell in cells.items())
