"""Which rows of a source are still there, as its snapshots tell; a row that others speak for too is not gone."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl import messages
from crmctl.run.importing.identity import CONTENT_KEYS, Keys
from crmctl.run.importing.limits import allowed
from crmctl.sql import SQL, sql
from crmctl.step.running import Context
from crmctl.step.types import Dataset
from crmctl.store.versions import ids_query, newest

_KEYS = ("source", "source_id")


def _marked(run: Context, name: str) -> SQL:
    """Source ids that are gone as far as is known."""
    log = newest("gone", _KEYS, "gone", name, run.run)
    return sql("(select source, source_id from ({log}) where gone)", log=log)


def came_back(run: Context, name: str, keys: Keys) -> SQL | None:
    """The log's lines for source ids that were gone and are there again; None where none is."""
    back = sql("select source, source_id from {keys} semi join {gone} using (source, source_id)",
               keys=keys.table, gone=_marked(run, name))  # fmt: skip
    if not run.store.scalar(sql("select count(*) from ({back} limit 1)", back=back)):
        return None
    return sql("select {name} as dataset, source, source_id, false as gone from ({back})", name=name, back=back)


def went(run: Context, name: str, keys: Keys, sources: Sequence[str]) -> SQL:
    """The log's lines for the sources' ids that a snapshot lacks."""
    return sql(
        "select {name} as dataset, source, source_id, true as gone from ({ids}) where source in"
        " (select unnest({sources})) and (source, source_id) not in (select (source, source_id) from {keys})"
        " and (source, source_id) not in (select (source, source_id) from {gone})",
        name=name,
        ids=ids_query(name, run.run),
        sources=list(sources),
        keys=keys.table,
        gone=_marked(run, name),
    )


def staying(run: Context, name: str, arrived: SQL, sources: Sequence[str]) -> SQL:
    """A table of the row ids that stay whatever their own source: they came in, or another source still has them."""
    ids, contents = ids_query(name, run.run), newest("contents", CONTENT_KEYS, "_id", name, run.run)
    table = run.temporary("staying")
    run.store.execute(
        sql(
            "create temp table {table} as select _id from {arrived} union select _id from ({ids}) where source not in"
            " (select unnest({sources})) and (source, source_id) not in (select (source, source_id) from {gone})"
            " union select _id from ({contents}) where source not in (select unnest({sources}))",
            table=table,
            arrived=arrived,
            ids=ids,
            sources=list(sources),
            gone=_marked(run, name),
            contents=contents,
        )
    )
    return table


def kept(run: Context, name: str, table: SQL, sources: Sequence[str]) -> SQL:
    """True for a row `o` that a snapshot of these sources does not remove: they never had it, or it stays."""
    return sql(
        "(o._source is null or o._id in (select _id from {table}) or (o._source not in (select unnest({sources}))"
        " and o._id not in (select _id from ({ids}) where source in (select unnest({sources})))))",
        sources=list(sources),
        table=table,
        ids=ids_query(name, run.run),
    )


def shrink_failure(
    run: Context, name: str, previous: Dataset, stay: SQL, sources: Sequence[str], limit: str
) -> str | None:
    """A snapshot without most of a source's rows is likelier a broken export than a mass farewell.

    Raises:
        UsageError: The limit is neither a number nor a share.
    """
    counts = run.store.rows(
        sql(
            "select _source, count(*), count_if(not {kept}) from {previous} o where _source in"
            " (select unnest({sources})) group by 1 order by 1",
            kept=kept(run, name, stay, sources),
            previous=previous.relation,
            sources=list(sources),
        )
    )
    for source, before, gone in counts:
        if gone > allowed(limit, before):
            return messages.translate(
                "the snapshot lacks {gone} of the {before} rows of {name} from {source}, more than the limit of"
                " {limit}; allow it with --max-removed, if that is right",
                gone=gone, before=before, name=name, source=source, limit=limit,
            )  # fmt: skip
    allowed(limit, 0)
    return None
