"""Cleaning a whole relation: batch by batch through the normalisers, into a new table and a table of findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal

import duckdb
import polars as pl

from crmctl.cleaning.batches import FINDINGS, Started, finish, start, wide
from crmctl.cleaning.jobs import Job, checked_context, chosen
from crmctl.cleaning.registry import NORMALISERS
from crmctl.cleaning.spool import Spool
from crmctl.schema.column import Column
from crmctl.sql import SQL, sql

_BATCH = 131_072


def clean(
    con: duckdb.DuckDBPyConnection,
    relation: SQL,
    columns: Sequence[Column],
    *,
    into: SQL,
    findings: SQL,
    fields: Collection[str] | None = None,
    level: Literal["safe", "likely"] = "safe",
    regions: Sequence[str] = (),
    temporary: bool = True,
) -> None:
    """Write a cleaned copy of a relation, and what was changed or could not be.

    Args:
        con: The connection; it may be inside a transaction, and no result may be open on it.
        relation: The rows, with `_id`.
        columns: Its business columns.
        into: The table to create, with the relation's columns and row order.
        findings: The temporary table to create: `_id, field, status, reason, value, new_value`, one row for every cell
            that is not `ok`, in row order, then column order.
        fields: The names of the columns to clean; all of them where None.
        level: `safe` repairs what has one reading; `likely` also what the column or `regions` decide.
        regions: ISO codes of the regions that phone numbers without one may belong to.
        temporary: Make `into` a temporary table.

    Raises:
        UsageError: An unknown field, level or region.
    """
    context = checked_context(level, regions)
    jobs = [Job(column, NORMALISERS[column.type], context) for column in chosen(columns, fields)]
    jobs = [_surveyed(con, relation, job) for job in jobs]
    countries = [column.name for column in columns if column.type == "country"]
    country = countries[0] if len(countries) == 1 else None
    create = sql("create temporary table {into}", into=into) if temporary else sql("create table {into}", into=into)
    query = sql("{create} as select * from {relation} limit 0", create=create, relation=relation)
    con.execute(query.text, query.values).fetchall()
    con.execute(
        sql(
            "create temporary table {findings} (_id bigint, field varchar, status varchar, reason varchar, "
            "value varchar, new_value varchar)",
            findings=findings,
        ).text
    ).fetchall()
    everything = sql("select * from {relation}", relation=relation)
    with (
        _reader(con, everything) as reader,
        Spool(wide(reader.schema)) as rows,
        Spool(FINDINGS) as remarks,
        ThreadPoolExecutor(pl.thread_pool_size(), "cleaning") as workers,
    ):
        # While one batch is put together, the workers already have the next.
        for started in _ahead(start(batch, jobs, country, workers) for batch in reader):
            cleaned, found = finish(started)
            rows.write(cleaned)
            for part in found:
                remarks.write(part)
        reader.close()
        rows.insert(con, into)
        remarks.insert(con, findings)


def _ahead(batches: Iterator[Started]) -> Iterator[Started]:
    """The batches, each after the next one has been started."""
    before = next(batches, None)
    for batch in batches:
        if before is not None:
            yield before
        before = batch
    if before is not None:
        yield before


def _reader(con: duckdb.DuckDBPyConnection, query: SQL) -> closing[Any]:
    """A stream of record batches; closing it frees the connection."""
    return closing(con.sql(query.text, params=query.values or None).to_arrow_reader(_BATCH))


def _surveyed(con: duckdb.DuckDBPyConnection, relation: SQL, job: Job) -> Job:
    """The job with what its whole column says, where the level lets that decide."""
    if job.normaliser.survey is None or not job.context.likely:
        return job
    column = job.column.identifier
    query = sql(
        "select {column} as text, count(*) as count from {relation} where {column} is not null group by 1",
        column=column, relation=relation,
    )  # fmt: skip
    votes: Counter[str] = Counter()
    with _reader(con, query) as reader:
        for batch in reader:
            votes.update(job.normaliser.survey(_frame(batch)))
    return replace(job, context=replace(job.context, votes=dict(votes)))


def _frame(batch: Any) -> pl.DataFrame:
    frame = pl.from_arrow(batch)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(type(frame))
    return frame
