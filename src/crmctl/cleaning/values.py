"""Cleaning single values, for callers that have no table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from crmctl.cleaning.jobs import checked_context
from crmctl.cleaning.normaliser import repair
from crmctl.cleaning.registry import NORMALISERS


def normalise(
    values: pl.Series, semantic_type: str, *, level: Literal["safe", "likely"] = "safe", regions: Sequence[str] = ()
) -> pl.DataFrame:
    """What cleaning makes of single values, without a table.

    Returns:
        `value`, `status`, `reason`, one row per value in its order; a type without a normaliser is all `ok`.

    Raises:
        UsageError: An unknown level or region.
    """
    context = checked_context(level, regions)
    cells = pl.DataFrame({"raw": values.cast(pl.String)})
    normaliser = NORMALISERS.get(semantic_type)
    if normaliser is None:
        return cells.select(value="raw", status=pl.lit("ok"), reason=pl.lit(None, dtype=pl.String))
    cells = cells.with_columns(region=pl.lit(None, dtype=pl.String)) if normaliser.by_region else cells
    found = repair(cells.unique().drop_nulls("raw"), semantic_type, normaliser, context).drop("region", strict=False)
    joined = cells.join(found, on="raw", how="left", maintain_order="left")
    untouched = pl.col("status").is_null()
    return joined.select(
        value=pl.when(untouched).then(pl.col("raw")).otherwise(pl.col("value")),
        status=pl.col("status").fill_null("ok"),
        reason="reason",
    )
