"""Web addresses and domains: scheme and host in lower case, the rest as it stands."""

from __future__ import annotations

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.normaliser import Context, Normaliser, outcome

_PARTS = r"^([A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/?#@]*@)?)?([^\s/?#:@]+\.[^\s/?#:@.]{2,})\.?((?::\d{1,5})?(?:[/?#]\S*)?)$"


def _apply(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    text = pl.col("text")
    scheme, host, rest = (text.str.extract(_PARTS, group) for group in (1, 2, 3))
    value = pl.when(host.is_not_null()).then(
        pl.concat_str(scheme.fill_null("").str.to_lowercase(), host.str.to_lowercase(), rest.fill_null(""))
    )
    changed = pl.when(value.str.len_chars() == text.str.len_chars()).then(pl.lit(reasons.CASE))
    return cells.select(outcome(value, changed.otherwise(pl.lit(reasons.FORMAT)), "invalid", reasons.NOT_URL))


URL = Normaliser(_apply, fold="text")
