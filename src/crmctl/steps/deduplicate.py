"""`deduplicate`: find the records that are one customer, and put a merged record in their place."""

from __future__ import annotations

from crmctl import matching, messages
from crmctl.errors import InternalFault, UsageError
from crmctl.run.exporting.output import output_format, write_dataset
from crmctl.run.importing.identity import CONTENT_KEYS, source_id
from crmctl.run.materialise import row_digest
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, join, sql
from crmctl.step import Context, Dataset, Field, OutputFile, Result, context, step
from crmctl.store.versions import ids_query, newest

GOLDEN_ID = Column(
    "golden_id", "golden_id", "id", labels={"en": "Merged record", "zh": "主记录"},
    definition="The merged record's lasting id.",
)  # fmt: skip


@step
def deduplicate(
    datasets: list[Dataset],
    *,
    merge_at: float = 0.95,
    review_at: float = 0.6,
    ignore: list[Field] | None = None,
    clusters: OutputFile | None = None,
) -> Result:
    """Find records that are one customer and merge them.

    Needs no settings: the fields to compare, their weights and the blocking are chosen from the data. With several
    inputs, --into names the dataset of merged records.

    Args:
        datasets: The customers; several inputs are compared with each other.
        merge_at: The match probability from which two records are merged.
        review_at: The probability from which a pair is put up for review.
        ignore: Fields that must not count.
        clusters: Write one row per input record with its merged record to this file; the data stay as they are.

    Examples:
        crmctl deduplicate examples/contacts.csv -o merged.csv
        crmctl deduplicate contacts --into customers --dry-run
    """
    if not 0 < review_at <= merge_at <= 1:
        raise UsageError("thresholds have to be 0 < review_at <= merge_at <= 1", cure="give probabilities such as 0.95")
    run = context()
    together = _together(run, datasets)
    settings = matching.MatchSettings(
        merge_at=merge_at, review_at=review_at, ignore=frozenset(f.name for f in ignore or ())
    )
    columns = [column for column in together.columns if column.name != GOLDEN_ID.name]
    found = matching.find_duplicates(run.con, together.relation, columns, settings, workdir=run.workdir)
    golden_ids = _golden_ids(run, _target(run, together), together, found.clusters)
    if clusters is not None and not run.dry_run:
        return _write_clusters(run, together, found.clusters, golden_ids, clusters)
    return _merged(run, together, columns, found, golden_ids)


def _target(run: Context, together: Dataset) -> str:
    return run.into or together.name


def _together(run: Context, datasets: list[Dataset]) -> Dataset:
    """Several inputs as one set of rows, by field name."""
    if not datasets:
        raise UsageError("nothing to compare", cure="name at least one dataset or file")
    if len(datasets) == 1:
        return datasets[0]
    columns: dict[str, Column] = {}
    for dataset in datasets:
        for column in dataset.columns:
            columns.setdefault(column.name.casefold(), column)
    selects = []
    for dataset in datasets:
        own = {column.name.casefold(): column for column in dataset.columns}
        cells = join(
            [
                sql("{c} as {n}", c=own[key].identifier if key in own else sql("null::varchar"), n=ident(c.name))
                for key, c in columns.items()
            ]
        )
        selects.append(sql("select _id, _source, _line, {cells} from {rows}", cells=cells, rows=dataset))
    table = run.temporary("together")
    run.store.execute(sql("create temp table {t} as {all}", t=table, all=join(selects, " union all ")))
    rows = sum(dataset.rows for dataset in datasets)
    return Dataset(datasets[0].name, table, tuple(columns.values()), rows, keys=datasets[0].keys)


def _golden_ids(run: Context, target: str, together: Dataset, clusters: SQL) -> SQL:
    """The lasting id of every cluster: the oldest that one of its records had before, else one made from its records.

    A new id is the md5 of the cluster's first (source, source id), or whole row where that is blank, so that it does
    not hang on the order of the rows. Where two clusters claim one id, the one whose rows come first keeps it, and
    the others are numbered past every id in use.

    Raises:
        InternalFault: An id was given twice.
    """
    table = run.temporary("golden")
    keys = [c.name for c in together.columns if c.name in together.keys]
    whole = row_digest(together.columns)
    identity = sql("coalesce({key}, {whole})", key=source_id(keys), whole=whole)
    run.store.execute(
        sql(
            "create temp table {table} as with known as materialized ({known}), since as (select member_id,"
            "   min(run) as since from _crmctl.golden_ids where lower(dataset) = lower({target}) group by member_id),"
            " members as (select c.cluster, k.golden_id, s.since,"
            "   md5(concat_ws(chr(31), r._source, r.identity)) as made, r.whole"
            "   from {clusters} c join (select _id, _source, {identity} as identity, {whole} as whole from {rows}) r"
            "   on r._id = c._id left join known k on k.member_id = c._id left join since s on s.member_id = c._id),"
            " chosen as (select cluster, min_by(golden_id, (since, golden_id)) filter (golden_id is not null) as old,"
            "   left(min(made), 16) as new, min(whole) as tie from members group by cluster),"
            " ranked as (select cluster, coalesce(old, new) as base, row_number() over"
            "   (partition by coalesce(old, new) order by old is null, tie, cluster) as place from chosen),"
            " used as (select golden_id from known union select base from ranked where place = 1),"
            " highest as (select split_part(golden_id, '-', 1) as stem,"
            "   coalesce(max(try_cast(split_part(golden_id, '-', 2) as integer)), 1) as number"
            "   from used group by stem),"
            " numbered as (select cluster, base, place, split_part(base, '-', 1) as stem,"
            "   row_number() over (partition by split_part(base, '-', 1), place > 1 order by base, place) as beyond"
            "   from ranked)"
            " select cluster, case when place = 1 then base else stem || '-' || (beyond + h.number) end as golden_id"
            " from numbered join highest h using (stem)",
            table=table,
            known=newest("golden_ids", ["member_id"], "golden_id", target),
            target=target,
            identity=identity,
            whole=whole,
            clusters=clusters,
            rows=together,
        )
    )
    given, different = run.store.rows(sql("select count(*), count(distinct golden_id) from {t}", t=table))[0]
    if given != different:
        raise InternalFault("{given} merged records share {different} ids", given=given, different=different)
    return table


def _merged(run: Context, together: Dataset, columns: list[Column], found: matching.Matches, golden_ids: SQL) -> Result:
    target = _target(run, together)
    merged, provenance = run.temporary("merged"), run.temporary("provenance")
    matching.merge(run.con, together.relation, columns, found.clusters, into=merged, provenance=provenance)
    rows, records = run.store.rows(
        sql("select count(*) filter (n > 1), coalesce(sum(n) filter (n > 1), 0) from"
            " (select count(*) as n from {c} group by cluster)", c=found.clusters)
    )[0]  # fmt: skip
    for note in found.notes:
        (run.detail if rows else run.note)(note)
    run.note(
        messages.translate(
            "{records} records of {groups} customers merged; {review} pairs to review",
            records=int(records),
            groups=int(rows),
            review=_review_pairs(run, found),
        )
    )
    names = join([sql("m.{c}", c=column.identifier) for column in columns])
    golden = sql(", g.golden_id") if run.keeps else sql("")
    side = {
        "aliases": _changed(run, target, "aliases", found.clusters, sql("cluster"), sql("c._id")),
        "golden_ids": _changed(run, target, "golden_ids", _with_golden(found.clusters, golden_ids), sql("golden_id")),
        "provenance": sql("select {d} as dataset, _id, member, field, value from {p}", d=target, p=provenance),
        "ids": _followed_ids(run, target, together, found.clusters),
        "contents": _followed_contents(run, target, together, found.clusters),
    }  # fmt: skip
    return Result(
        rows=sql("select m._id, m._source, m._line, {names} {golden} from {m} m join {g} g on g.cluster = m._id"
                 " order by {order}g.golden_id", names=names, golden=golden, m=merged, g=golden_ids,
                 order=_order(run)),
        columns=[GOLDEN_ID], origin=together, merged=int(records) - int(rows), side=side,
        schema=together.schema, key=list(together.keys),
    )  # fmt: skip


def _order(run: Context) -> SQL:
    """A file keeps its own order; a dataset of merged records is sorted by their ids."""
    return sql("") if run.keeps else sql("m._line, ")


_LOGS = {"aliases": ("_id", "into_id"), "golden_ids": ("member_id", "golden_id")}


def _changed(run: Context, target: str, log: str, rows: SQL, value: SQL, otherwise: SQL | None = None) -> SQL:
    """What a log does not say yet of these rows; ``otherwise`` is what holds of a row that it does not mention."""
    key, said = (ident(name) for name in _LOGS[log])
    return sql(
        "select {target} as dataset, c._id as {key}, c.{value} as {said} from {rows} c"
        " left join ({known}) k on k.{key} = c._id where coalesce(k.{said}, {otherwise}) is distinct from c.{value}",
        target=target,
        key=key,
        said=said,
        rows=rows,
        value=value,
        known=newest(log, [_LOGS[log][0]], _LOGS[log][1], target, run.run),
        otherwise=otherwise or sql("null"),
    )


def _with_golden(clusters: SQL, golden_ids: SQL) -> SQL:
    return sql("(select c._id, g.golden_id from {c} c join {g} g using (cluster))", c=clusters, g=golden_ids)


def _followed_ids(run: Context, target: str, together: Dataset, clusters: SQL) -> SQL:
    """Source ids lead to the merged record from now on; only those that move are noted."""
    before = ids_query(target, run.run)
    origin = ids_query(together.name, run.run)
    return sql(
        "select {target} as dataset, o.source, o.source_id, c.cluster as _id from ({origin}) o"
        " join {clusters} c using (_id) left join ({before}) b using (source, source_id)"
        " where b._id is distinct from c.cluster",
        target=target, origin=origin, clusters=clusters, before=before,
    )  # fmt: skip


def _followed_contents(run: Context, target: str, together: Dataset, clusters: SQL) -> SQL:
    """The same for rows without a source id, which are known by what they said."""
    origin = newest("contents", CONTENT_KEYS, "_id", together.name, run.run)
    before = newest("contents", CONTENT_KEYS, "_id", target, run.run)
    return sql(
        "select {target} as dataset, o.source, o.digest, o.occurrence, c.cluster as _id from ({origin}) o"
        " join {clusters} c on c._id = o._id left join ({before}) b using (source, digest, occurrence)"
        " where b._id is distinct from c.cluster",
        target=target,
        origin=origin,
        clusters=clusters,
        before=before,
    )


def _review_pairs(run: Context, found: matching.Matches) -> int:
    return int(run.store.scalar(sql("select count(*) from {p} where band = 'review'", p=found.pairs)))


def _write_clusters(run: Context, together: Dataset, clusters: SQL, golden_ids: SQL, output: OutputFile) -> Result:
    """One row per input record: source, line, merged record, probability, and the record itself."""
    import sys

    extra = [
        Column("source", "source"), Column("line", "line", "integer"), GOLDEN_ID,
        Column("probability", "probability", "number"),
    ]  # fmt: skip
    own = [column for column in together.columns if column.name not in {c.name for c in extra}]
    names = join([sql("r.{c}", c=column.identifier) for column in own])
    rows = sql(
        "(select r._source as source, r._line::varchar as line, g.golden_id, round(c.probability, 4)::varchar as"
        " probability, {names} from {rows} r join {clusters} c using (_id) join {golden} g on g.cluster = c.cluster"
        " order by g.golden_id, r._source, r._line)",
        names=names, rows=together, clusters=clusters, golden=golden_ids,
    )  # fmt: skip
    form = output_format(None, output, together.reading)
    target = (run.stdout or sys.stdout.buffer) if output == "-" else output.path
    write_dataset(run.store, together, target, format=form, as_of=None, columns=[*extra, *own], rows=rows)
    return Result(files=[] if output == "-" else [output.path])
