"""RFM: recency, frequency and monetary scores of each customer, and the segment they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crmctl.analytics.rfm_maps import RfmMap, load_rfm_map
from crmctl.analytics.rfm_scores import BY_CUTS, Monetary, RfmCuts, Scoring, cuts_of, given_cuts, measures, score
from crmctl.analytics.summary import with_tie_keys
from crmctl.errors import UsageError
from crmctl.sql import SQL, sql

if TYPE_CHECKING:
    import duckdb


def rfm(
    summary: SQL,
    *,
    bins: int = 5,
    scoring: Scoring = "quantile_value",
    map: str | Path | RfmMap = "grid-10",  # noqa: A002 - the option's name in rule files
    monetary: Monetary = "total_spent",
    cuts: RfmCuts | None = None,
    keys: SQL | None = None,
) -> SQL:
    """Score and segment the customers that have ordered.

    Columns: ``customer``, ``r_score``, ``f_score``, ``m_score`` (1 to bins, the best highest; recency is reversed),
    ``rfm_score`` (the three as text, such as ``555``), ``rfm_segment``.

    `quantile_value` cuts at quantiles (R's type 7) and tests x > cut. `r_rfm` cuts at quantile + 1 and tests x >= cut,
    as R's package rfm does: the same for whole numbers only. `percent_rank` and `cume_dist` go by rank. None of these
    splits a tie. `ntile` makes bins of one size and splits ties, by md5 of the key. `thresholds` tests x > the
    given cuts. Given cuts also replace the quantiles of the first two: the cuts of an earlier run, frozen.

    Args:
        summary: What `purchase_summary` returned.
        bins: How many bins, 2 to 9.
        scoring: The method.
        map: From scores to segments: a shipped map's name, a file, or the map itself.
        monetary: Which column counts as a customer's value.
        cuts: Cuts to use instead of this data's own.
        keys: For `ntile`: customer and key, by whose md5 ties are split; the customer where there is none.

    Raises:
        UsageError: The bins, the map and the cuts do not fit together.
    """
    chosen = map if isinstance(map, RfmMap) else load_rfm_map(map)
    _check(bins, scoring, chosen, cuts)
    columns = measures(monetary)
    if scoring not in BY_CUTS:
        source = sql("buyers")
    elif cuts is not None:
        source = sql("buyers cross join {cuts} as cuts", cuts=given_cuts(cuts))
    else:
        source = sql("buyers cross join {cuts} as cuts", cuts=cuts_of(sql("buyers"), columns, bins, scoring))
    r, f, m = (score(measure, column, bins, scoring) for measure, column in columns.items())
    return sql(
        """(
    with buyers as materialized (select * from {summary} where order_count > 0),
    scored as (
        select customer, cast({above} - ({r}) as integer) as r_score, cast({f} as integer) as f_score,
            cast({m} as integer) as m_score
        from {source}
    )
    select customer, r_score, f_score, m_score,
        concat(r_score, f_score, m_score) as rfm_score, {segment} as rfm_segment
    from scored
)""",
        summary=with_tie_keys(summary, keys) if scoring == "ntile" else summary,
        above=bins + 1, r=r, f=f, m=m, source=source, segment=chosen.sql,
    )  # fmt: skip


def rfm_cuts(
    con: duckdb.DuckDBPyConnection,
    summary: SQL,
    *,
    bins: int = 5,
    scoring: Scoring = "quantile_value",
    monetary: Monetary = "total_spent",
) -> RfmCuts:
    """The cuts of this data, to be kept with the run and given to a later one.

    Args:
        con: A connection that sees the summary's relations.
        summary: What `purchase_summary` returned.
        bins: How many bins.
        scoring: `quantile_value` or `r_rfm`; the other methods have no cuts of their own.
        monetary: Which column counts as a customer's value.

    Raises:
        UsageError: The method has no cuts of its own.
    """
    if scoring not in {"quantile_value", "r_rfm"}:
        raise UsageError(
            "the scoring {scoring!r} has no cuts of its own", cure="use quantile_value or r_rfm", scoring=scoring
        )
    buyers = sql("(select * from {summary} where order_count > 0)", summary=summary)
    query = sql("select * from {cuts}", cuts=cuts_of(buyers, measures(monetary), bins, scoring))
    (row,) = con.execute(query.text, query.values).fetchall()
    return RfmCuts(*(tuple(cuts or ()) for cuts in row))


def _check(bins: int, scoring: Scoring, chosen: RfmMap, cuts: RfmCuts | None) -> None:
    if not 2 <= bins <= 9:
        raise UsageError("{bins} bins cannot be scored", cure="use 2 to 9", bins=bins)
    if chosen.bins != bins:
        raise UsageError(
            "the map {name!r} is made for {made} bins, not {bins}", cure="use another map, or a file of your own",
            name=chosen.map, made=chosen.bins, bins=bins,
        )  # fmt: skip
    if scoring == "thresholds" and cuts is None:
        raise UsageError("the scoring 'thresholds' needs cuts", cure="give lists of recency, frequency and monetary")
    if cuts is not None and scoring not in BY_CUTS:
        raise UsageError(
            "the scoring {scoring!r} goes by rank and takes no cuts", cure="use thresholds", scoring=scoring
        )
    if cuts is not None and len(cuts.recency) != bins - 1:
        raise UsageError(
            "{bins} bins take {wanted} cuts each, not {given}", cure="set bins to {fitting}",
            bins=bins, wanted=bins - 1, given=len(cuts.recency), fitting=len(cuts.recency) + 1,
        )  # fmt: skip
