"""Rows into matching forms: placeholders and over-shared values dropped, full names split, equal forms collapsed.

Everything after this works on distinct forms, numbered by the md5 of what they hold, so that neither the order of
the rows nor their ids can show in a result, and neighbouring numbers are random pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from crmctl.matching import folding
from crmctl.matching.roles import Roles
from crmctl.matching.words import nickname_pairs
from crmctl.sql import SQL, ident, idents, join, sql, values

SINGLE = ("given", "family", "birthday", "city", "region", "postal", "house", "street", "street_2", "company",
          "identifier", "handle", "register")  # fmt: skip
LISTS = ("emails", "phones")
# What tells a person; `emails` and `phones` leave masked values out themselves.
_PERSONAL = ("given", "family", "full", "birthday", "identifier", "handle", "register")
WITH_SHARE = ("given", "family", "birthday", "city", "region", "postal", "street", "company", "handle", "register")
FORMS, MEMBERS, ROWS = ident("matching_forms"), ident("matching_members"), ident("matching_rows")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What preparing found: how many distinct forms, and how many values were too widely shared to mean a person."""

    forms: int
    overshared: Mapping[str, int]


def prepare(con: DuckDBPyConnection, relation: SQL, roles: Roles, shared_by: int) -> Prepared:
    """Create `matching_forms` (one row per distinct form) and `matching_members` (`_id`, `form`).

    A row without any usable value has no form.
    """
    _run(con, sql("create or replace temp table matching_rows as {rows}", rows=_rows(relation, roles)))
    overshared = {kind: _drop_overshared(con, kind, shared_by) for kind in LISTS}
    _number_forms(con)
    _add_details(con)
    _run(con, sql("drop table matching_rows"))
    count = _run(con, sql("select count(*) from {forms}", forms=FORMS))
    return Prepared(int(str(count[0][0])), overshared)


def _run(con: DuckDBPyConnection, query: SQL) -> list[tuple[object, ...]]:
    return con.execute(query.text, query.values).fetchall()


def _rows(relation: SQL, roles: Roles) -> SQL:
    """Layer upon layer, so that each expression is computed once: folded text, known values, words, matching forms."""
    cells = _cells(roles)
    return sql(
        "with folded as (select r._id, {folded} from {relation} r), known as (select _id, {known} from folded),"
        " shaped as (select _id, {shaped} from known) select _id, {forms} from shaped",
        folded=_named({name: folding.folded(cell) for name, cell in cells.items()}),
        relation=relation,
        known=_named({name: _known(name) for name in cells}),
        shaped=_named({name: _shape(name) for name in cells}),
        forms=_named(_forms(set(cells))),
    )


def _named(expressions: Mapping[str, SQL]) -> SQL:
    return join([sql("{e} as {n}", e=expression, n=ident(name)) for name, expression in expressions.items()])


def _cells(roles: Roles) -> dict[str, SQL]:
    """The column of each role under the role's name; further columns of a role are numbered from 2."""
    return {
        f"{role}_{number}" if number > 1 else role: ident("r", column.name)
        for role, columns in roles.columns.items()
        for number, column in enumerate(columns, start=1)
    }


def _known(name: str) -> SQL:
    value = folding.known(ident(name))
    return folding.unmasked(value) if name in _PERSONAL else value


def _shape(name: str) -> SQL:
    shapes = {"given": folding.given_name, "family": folding.words, "full": folding.split_name,
              "birthday": folding.date_digits, "city": folding.place, "street": folding.words,
              "street_2": folding.words, "region": folding.words, "company": folding.words}  # fmt: skip
    if name in shapes:
        return shapes[name](ident(name))
    return ident(name) if name.startswith(("email", "phone")) else folding.compact(ident(name))


def _forms(cells: set[str]) -> dict[str, SQL]:
    nothing, no_list = sql("null::varchar"), sql("null::varchar[]")
    forms = {name: ident(name) if name in cells else nothing for name in SINGLE}
    if "full" in cells:
        # A full name counts only where its parts are not given: the parts are the safer source.
        alone = sql("coalesce({given}, {family}) is null", given=forms["given"], family=forms["family"])
        for part in ("given", "family"):
            forms[part] = sql(
                "case when {alone} then {part} else {own} end",
                alone=alone, part=ident("full", part), own=forms[part],
            )  # fmt: skip
    if "birthday" in cells:
        forms["birthday"] = folding.birthday(ident("birthday"))
    if "company" in cells:
        forms["company"] = folding.company(ident("company"))
    emails = [ident(name) for name in sorted(cells) if name.startswith("email")]
    phones = [ident(name) for name in sorted(cells) if name.startswith("phone")]
    forms["emails"] = folding.emails(emails) if emails else no_list
    forms["phones"] = folding.phones(phones) if phones else no_list
    return forms


def _drop_overshared(con: DuckDBPyConnection, kind: str, shared_by: int) -> int:
    """Take out values that stand beside more than `shared_by` different names.

    Names count by their first two letters: the misspellings of one person are not many people.
    """
    name = sql("coalesce(left(family, 2), left(given, 2))")
    _run(con, sql(
        "create or replace temp table matching_overshared as select value from"
        " (select unnest({kind}) as value, {name} as name from {rows}) group by value having count(distinct"
        " name) > {n}",
        kind=ident(kind), name=name, rows=ROWS, n=shared_by,
    ))  # fmt: skip
    found = int(str(_run(con, sql("select count(*) from matching_overshared"))[0][0]))
    if found:
        _run(con, sql(
            "update {rows} set {kind} = nullif(list_filter({kind}, lambda v: not list_contains(o.taken, v)), [])"
            " from (select list(value) as taken from matching_overshared) o where list_has_any({kind}, o.taken)",
            rows=ROWS, kind=ident(kind),
        ))  # fmt: skip
    _run(con, sql("drop table matching_overshared"))
    return found


def _number_forms(con: DuckDBPyConnection) -> None:
    cells = [sql("coalesce({c}, chr(30))", c=ident(name)) for name in SINGLE]
    cells += [sql("coalesce(array_to_string({c}, chr(29)), chr(30))", c=ident(name)) for name in LISTS]
    _run(con, sql(
        "create or replace temp table matching_digests as select *, md5(concat_ws(chr(31), {cells})) as digest"
        " from {rows} where coalesce({single}) is not null or coalesce({lists}) is not null",
        cells=join(cells), rows=ROWS, single=idents(SINGLE), lists=idents(LISTS),
    ))  # fmt: skip
    kept = join([sql("any_value({c}) as {c}", c=ident(name)) for name in (*SINGLE, *LISTS)])
    _run(con, sql(
        "create or replace temp table matching_forms as select (row_number() over (order by digest) -"
        " 1)::integer as form, *"
        " from (select digest, count(*) as copies, {kept} from matching_digests group by digest)",
        kept=kept,
    ))  # fmt: skip
    _run(con, sql(
        "create or replace temp table matching_members as select _id, form"
        " from matching_digests join matching_forms using (digest)"
    ))  # fmt: skip
    _run(con, sql("drop table matching_digests"))


def _add_details(con: DuckDBPyConnection) -> None:
    """The roots of short names, the parts of the first e-mail, and how common each value is."""
    _run(con, sql("create or replace temp table matching_nicknames as"
                  " select short, list(root order by root) as roots from (values {pairs}) t(short, root) group"
                  " by short",
                  pairs=SQL(values(nickname_pairs()).parts)))  # fmt: skip
    shares = join([
        sql("case when {c} is not null then count(*) over (partition by {c}) / count({c}) over () end as {share}",
            c=ident(name), share=ident(f"{name}_share"))
        for name in WITH_SHARE
    ])  # fmt: skip
    _run(con, sql(
        "create or replace temp table matching_forms as select f.* exclude (digest),"
        " case when given is not null then list_sort(list_distinct(list_concat([split_part(given, ' ', 1)],"
        " coalesce(n.roots, [])))) end as roots,"
        " emails[1] as email, split_part(emails[1], '@', 1) as email_user, phones[1] as phone,"
        " case when given is not null then array_to_string(list_sort(string_split(given, '')), '') end as letters,"
        " try_strptime(birthday, '%Y%m%d')::date as born, {shares}"
        " from matching_forms f left join matching_nicknames n on n.short = split_part(f.given, ' ', 1) order by form",
        shares=shares,
    ))  # fmt: skip
    _run(con, sql("drop table matching_nicknames"))
