"""A dataset's rows in the shape of a file: its headers, and whatever cell is still the file's as the file has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crmctl import messages
from crmctl.formats.detect import DELIMITED
from crmctl.formats.reading import fingerprint
from crmctl.run.importing.ingest import FILE_SUFFIXES
from crmctl.run.importing.refining import OF_SPREADSHEETS
from crmctl.schema.cells import unwrap_cells
from crmctl.schema.column import Column, blank
from crmctl.schema.loading import load_schema
from crmctl.schema.several import split_multi_values
from crmctl.sql import SQL, conjunction, ident, join, sql
from crmctl.step import Context, Dataset
from crmctl.step.types import looks_like_file
from crmctl.store.mirror import whole_log

_PLACE, _SPLIT = ident("_crmctl_place"), "_crmctl_split"


@dataclass(frozen=True)
class Likeness:
    """Rows as the lines of a file.

    Args:
        model: The file, as it was read.
        rows: `_id` of the file's own row, where it is one, and the columns.
        columns: The columns that are written.
        splitter: The column by whose values files are split.
        notes: What is worth telling.
    """

    model: Dataset
    rows: SQL
    columns: list[Column]
    splitter: Column | None
    notes: list[str]


@dataclass(frozen=True)
class _Pair:
    """A column that is written: the file's own, where it has it, and the dataset's."""

    written: Column
    read: SQL | None
    own: Column | None


def in_shape_of(
    run: Context, dataset: Dataset, rows: SQL, file: str, *, chosen: Sequence[Column] | None, splitter: Column | None
) -> Likeness:
    """Give a dataset's rows the columns of a file.

    Args:
        run: The running step's context.
        dataset: The dataset.
        rows: Those of its rows that are written, in order.
        file: The file.
        chosen: The columns that the user wants; those of the file where None.
        splitter: The column by whose values files are split.
    """
    model = run.dataset(file if looks_like_file(file, FILE_SUFFIXES) else f"./{file}")
    labels = _taken_in_as(run, dataset, model)
    sources = _sources(run, dataset, model, labels)
    imported, spare = _imported(run, dataset, model, sources)
    places = _places(run, dataset, model, labels)
    pairs = _pairs(model, sources, chosen)
    if chosen is None:
        pairs += _needed(run, rows, model, imported, places, pairs, [c for c in spare if c in dataset.columns])
    lines = run.temporary("lines")
    cells = [sql("{cell} as {name}", cell=_cell(pair), name=pair.written.identifier) for pair in pairs]
    if splitter is not None:
        cells.append(sql("d.{c} as {name}", c=splitter.identifier, name=ident(_SPLIT)))
    run.store.execute(
        sql(
            "create temp table {lines} as select coalesce(p.here, d._id) as _id, {cells} from {joined} order by"
            " d.{place}",
            lines=lines, cells=join(cells), joined=_joined(rows, model, imported, places), place=_PLACE,
        )
    )  # fmt: skip
    held = [pair.own for pair in pairs] + [splitter, *spare]
    left = [column.header for column in dataset.columns if column not in held]
    notes = []
    if chosen is None and left:
        notes.append(messages.translate("{file} has no column for: {names}", file=file, names=", ".join(left)))
    split = replace(splitter, name=_SPLIT) if splitter is not None else None
    return Likeness(model, lines, [pair.written for pair in pairs], split, notes)


def _taken_in_as(run: Context, dataset: Dataset, model: Dataset) -> list[str]:
    """The names under which this very file came into the dataset; none where it did not."""
    assert model.reading is not None  # noqa: S101 - it is a file
    found = run.store.rows(
        sql(
            "select distinct m.file from _crmctl.inputs i join _crmctl.runs r using (run) join {mappings} m"
            " on m.run = i.run and m.file = i.name where i.sha256 = {sha} and r.effective"
            " and lower(m.dataset) = lower({name}) order by 1",
            mappings=whole_log(run.store, "mappings"), sha=fingerprint(model.reading.path)[0], name=dataset.name,
        )
    )  # fmt: skip
    return [str(label) for (label,) in found]


def _sources(run: Context, dataset: Dataset, model: Dataset, labels: Sequence[str]) -> list[Column | None]:
    """The dataset's column for each of the file's headers: as it was taken in, else of that header, else of its field.

    None where the dataset has no such column, or another header has it.
    """
    said = dict(
        run.store.rows(
            sql(
                "select position, arg_max(field, run) from {mappings} join _crmctl.runs using (run) where"
                " effective and lower(dataset) = lower({name}) and file in (select unnest({labels}::varchar[]))"
                " group by 1",
                mappings=whole_log(run.store, "mappings"), name=dataset.name, labels=list(labels),
            )
        )
    )  # fmt: skip
    by_name = {column.name: column for column in dataset.columns}
    found: list[Column | None] = []
    for position, column in enumerate(model.columns, 1):
        same = next((c for c in dataset.columns if c.header == column.header and c not in found), None)
        own = by_name.get(str(said[position])) if said.get(position) else same or by_name.get(column.name)
        found.append(own if own not in found else None)
    return found


def _imported(
    run: Context, dataset: Dataset, model: Dataset, sources: Sequence[Column | None]
) -> tuple[SQL, list[Column]]:
    """The file's rows with what an import does to cells, under the names of the file's columns; its spare columns."""
    assert model.reading is not None  # noqa: S101 - it is a file
    table = run.temporary("imported")
    taken = [(here, own) for here, own in zip(model.columns, sources, strict=True) if own is not None]
    cells = [sql("_id"), *(sql("{c} as {n}", c=here.identifier, n=own.identifier) for here, own in taken)]
    run.store.execute(
        sql("create temp table {t} as select {cells} from {model}", t=table, cells=join(cells), model=model.relation)
    )
    columns = [own for _, own in taken]
    if model.reading.format in OF_SPREADSHEETS:
        unwrap_cells(run.con, table, [c.name for c in columns], defused=model.reading.format in DELIMITED)
    schema = load_schema(dataset.schema) if dataset.schema else None
    split = split_multi_values(run.con, table, columns, schema, run.temporary)
    names = {column.name for column in columns}
    by_name = {column.name: column for column in dataset.columns}
    return table, [by_name.get(c.name, c) for c in split.columns if c.name not in names]


def _places(run: Context, dataset: Dataset, model: Dataset, labels: Sequence[str]) -> SQL:
    """A table of ``here, there``: a row of the file, and the dataset's row that it came to be; each once."""
    table = run.temporary("places")
    run.store.execute(
        sql(
            "create temp table {table} as select max(here) as here, there from (select m._id as here,"
            " arg_max(a._id + m._line - a.line, a.run) as there from {model} m join (select a.* from"
            " {arrivals} a join _crmctl.runs using (run) where effective and lower(a.dataset) = lower({name})"
            " and a.file in (select unnest({labels}::varchar[]))) a on m._line between a.line and a.line + a._until"
            " - a._id group by 1) group by 2",
            table=table, arrivals=whole_log(run.store, "arrivals"), model=model.relation, name=dataset.name,
            labels=list(labels),
        )
    )  # fmt: skip
    return table


def _pairs(model: Dataset, sources: Sequence[Column | None], chosen: Sequence[Column] | None) -> list[_Pair]:
    """What is written: the file's own columns, or those that are chosen, under its headers where it has them."""
    known = [
        _Pair(replace(here, type=own.type if own else here.type), here.identifier, own)
        for here, own in zip(model.columns, sources, strict=True)
    ]
    if chosen is None:
        return known
    held = {pair.own.name: pair for pair in known if pair.own is not None}
    return [held.get(column.name) or _added(column, number) for number, column in enumerate(chosen)]


def _added(column: Column, number: int) -> _Pair:
    """A column that the file does not have."""
    return _Pair(replace(column, name=f"_crmctl_added_{number}"), None, column)


def _needed(
    run: Context, rows: SQL, model: Dataset, imported: SQL, places: SQL, pairs: Sequence[_Pair],
    spare: Sequence[Column],
) -> list[_Pair]:  # fmt: skip
    """The spare columns whose values stand in none of the file's cells any more."""
    if not spare:
        return []
    others = [pair.own for pair in pairs if pair.own is not None and pair.read is not None]
    same = conjunction(_same(column) for column in (*others, *spare))
    tests = [
        sql("count_if(not {blank} and (p.here is null or not ({same})))",
            blank=blank(sql("d.{c}", c=column.identifier)), same=same)
        for column in spare
    ]  # fmt: skip
    counts = run.store.rows(
        sql("select {tests} from {joined}", tests=join(tests), joined=_joined(rows, model, imported, places))
    )[0]
    return [
        _added(column, len(pairs) + number) for number, (column, count) in enumerate(zip(spare, counts, strict=True))
        if count
    ]  # fmt: skip


def _joined(rows: SQL, model: Dataset, imported: SQL, places: SQL) -> SQL:
    """The rows `d`, the file's rows `m` that they came from, and what an import made of those, `i`."""
    return sql(
        "(select *, row_number() over () as {place} from {rows}) d left join {places} p on p.there = d._id"
        " left join {model} m on m._id = p.here left join {imported} i on i._id = p.here",
        place=_PLACE, rows=rows, places=places, model=model.relation, imported=imported,
    )  # fmt: skip


def _same(column: Column) -> SQL:
    """True where the dataset's cell is the one that the file brought."""
    return sql("d.{c} is not distinct from i.{c}", c=column.identifier)


def _cell(pair: _Pair) -> SQL:
    """A cell as the file has it, where it is still that one."""
    if pair.own is None:
        return sql("null::varchar")
    if pair.read is None:
        return sql("d.{c}", c=pair.own.identifier)
    return sql("case when p.here is not null and {same} then m.{r} else d.{c} end",
               same=_same(pair.own), r=pair.read, c=pair.own.identifier)  # fmt: skip
