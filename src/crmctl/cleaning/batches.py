"""One Arrow batch through the normalisers: the cleaned batch and its findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import polars as pl
import pyarrow as pa

from crmctl.cleaning.country import region_codes
from crmctl.cleaning.jobs import Job
from crmctl.cleaning.normaliser import open_rows, repair

FINDINGS = pa.schema(
    [("_id", pa.int64())] + [(name, pa.large_string()) for name in ("field", "status", "reason", "value", "new_value")]
)


def _series(array: Any) -> pl.Series:
    series = pl.from_arrow(array)
    if not isinstance(series, pl.Series):
        raise TypeError(type(series))
    return series


def wide(schema: Any) -> Any:
    """The schema with texts as Polars hands them over."""
    return pa.schema([(item.name, pa.large_string() if item.type == pa.string() else item.type) for item in schema])


@dataclass(frozen=True, slots=True)
class Started:
    """A batch whose fields are with the workers: each job's texts and changes."""

    batch: Any
    jobs: Sequence[Job]
    texts: Sequence[pl.Series]
    changes: Iterator[pl.DataFrame]


def start(batch: Any, jobs: Sequence[Job], country: str | None, workers: Executor) -> Started:
    """Divide the fields of a batch among the workers."""
    texts = [_series(batch.column(job.column.name)).cast(pl.String) for job in jobs]
    countries = (
        _series(batch.column(country)).cast(pl.String)
        if country
        else pl.repeat(None, len(batch), dtype=pl.String, eager=True)
    )
    return Started(batch, jobs, texts, workers.map(_changes, texts, repeat(countries), jobs))


def finish(started: Started) -> tuple[Any, Iterator[Any]]:
    """The cleaned batch, and its findings as batches."""
    batch = started.batch
    schema = wide(batch.schema)
    arrays = {name: batch.column(name) for name in batch.schema.names}
    found = []
    for position, (job, texts, changes) in enumerate(zip(started.jobs, started.texts, started.changes, strict=True)):
        if changes.height:
            arrays[job.column.name] = _written(texts, changes)
            found.append(changes.with_columns(field=pl.lit(job.column.name), position=pl.lit(position)))
    cleaned = pa.record_batch([arrays[item.name].cast(item.type) for item in schema], schema=schema)
    return cleaned, _remarks(found, _series(batch.column("_id")))


def _changes(texts: pl.Series, countries: pl.Series, job: Job) -> pl.DataFrame:
    """The cells of a batch that are not `ok`: `row raw value status reason`, by row."""
    rows = open_rows(pl.DataFrame({"raw": texts}), job.column.type, job.normaliser)
    if job.normaliser.by_region:
        rows = rows.with_columns(region=region_codes(countries.gather(rows["row"])))
    keys = rows.columns[1:]
    found = repair(rows.select(keys).unique(), job.column.type, job.normaliser, job.context)
    return rows.join(found, on=keys, how="inner", nulls_equal=True, maintain_order="left")


def _written(raw: pl.Series, changes: pl.DataFrame) -> Any:
    values = raw.scatter(changes["row"], changes["value"])
    return values.to_arrow(compat_level=pl.CompatLevel.oldest())


def _remarks(found: Sequence[pl.DataFrame], ids: pl.Series) -> Iterator[Any]:
    if not found:
        return
    columns: Mapping[str, Any] = {
        "field": "field",
        "status": "status",
        "reason": "reason",
        "value": "raw",
        "new_value": "value",
    }
    together = pl.concat([part.select("row", "position", **columns) for part in found]).sort("row", "position")
    together = together.with_columns(_id=ids.gather(together["row"])).select(FINDINGS.names)
    yield from together.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(FINDINGS).to_batches()
