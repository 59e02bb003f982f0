"""Scores of one measure by cuts or by rank, as SQL expressions. `rfm` puts three of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from crmctl.analytics.quantiles import bin_fractions, quantile_cuts
from crmctl.errors import UsageError
from crmctl.sql import SQL, ident, join, sql

Scoring = Literal["quantile_value", "r_rfm", "ntile", "percent_rank", "cume_dist", "thresholds"]
Monetary = Literal["total_spent", "average_order"]

BY_CUTS = {"quantile_value", "r_rfm", "thresholds"}
_CUT_TYPE = "decimal(38, 10)[]"


@dataclass(frozen=True, slots=True)
class RfmCuts:
    """The ascending cuts between the bins, one fewer than bins; a score is 1 and the number of cuts passed."""

    recency: tuple[Decimal, ...]
    frequency: tuple[Decimal, ...]
    monetary: tuple[Decimal, ...]

    @classmethod
    def of(cls, data: Mapping[str, Sequence[Any]]) -> RfmCuts:
        """The cuts from three lists of numbers.

        Raises:
            UsageError: One of the three is missing, or they are not ascending lists of one length.
        """
        try:
            recency, frequency, monetary = (tuple(Decimal(str(cut)) for cut in data[name]) for name in MEASURES)
        except (KeyError, TypeError, InvalidOperation):
            raise _no_cuts() from None
        cuts = cls(recency, frequency, monetary)
        if set(data) != set(MEASURES) or len({len(recency), len(frequency), len(monetary)}) != 1 or not recency:
            raise _no_cuts()
        if any(list(each) != sorted(each) for each in (recency, frequency, monetary)):
            raise _no_cuts()
        return cuts

    def to_dict(self) -> dict[str, list[str]]:
        """Plain data to be kept with a run; `of` reads it back exactly."""
        return {name: [str(cut) for cut in getattr(self, name)] for name in MEASURES}


MEASURES = ("recency", "frequency", "monetary")


def measures(monetary: Monetary) -> dict[str, SQL]:
    """The summary's column behind each measure."""
    return {"recency": sql("recency_days"), "frequency": sql("order_count"), "monetary": ident(monetary)}


def cuts_of(buyers: SQL, columns: Mapping[str, SQL], bins: int, scoring: Scoring) -> SQL:
    """A relation of one row with the lists `recency`, `frequency`, `monetary`, taken from the buyers' quantiles."""
    step = 1 if scoring == "r_rfm" else 0
    lists = join(
        sql(
            "(select list(cut + {step} order by position) from {cuts}) as {name}",
            cuts=quantile_cuts(column, buyers, bin_fractions(bins)), step=step, name=ident(measure),
        )
        for measure, column in columns.items()
    )  # fmt: skip
    return sql("(select {lists})", lists=lists)


def given_cuts(cuts: RfmCuts) -> SQL:
    """The same relation, of cuts that were given."""
    lists = join(
        sql(
            "cast({cuts} as {type}) as {name}", cuts=list(getattr(cuts, name)), type=SQL((_CUT_TYPE,)), name=ident(name)
        )
        for name in MEASURES
    )
    return sql("(select {lists})", lists=lists)


def score(measure: str, column: SQL, bins: int, scoring: Scoring) -> SQL:
    """The score of a column, 1 for its lowest values. With cuts, the row has the list of cuts named as the measure."""
    match scoring:
        case "quantile_value" | "thresholds":
            return sql(
                "1 + len(list_filter({cuts}, lambda cut: {column} > cut))", cuts=ident("cuts", measure), column=column
            )
        case "r_rfm":
            return sql(
                "1 + len(list_filter({cuts}, lambda cut: {column} >= cut))", cuts=ident("cuts", measure), column=column
            )
        case "percent_rank":
            return sql(
                "least({bins}, 1 + (rank() over (order by {column}) - 1) * {bins} // greatest({others}, 1))",
                column=column, bins=bins, others=sql("count(*) over () - 1"),
            )  # fmt: skip
        case "cume_dist":
            return sql(
                "(count(*) over (order by {column}) * {bins} + count(*) over () - 1) // count(*) over ()",
                column=column, bins=bins,
            )  # fmt: skip
        case "ntile":
            return sql("ntile({bins}) over (order by {column}, md5(tie_key), customer)", column=column, bins=bins)


def _no_cuts() -> UsageError:
    return UsageError(
        "thresholds are three ascending lists of one length: recency, frequency, monetary",
        cure="write {{recency: [30, 90], frequency: [1, 3], monetary: [100, 500]}}",
    )
