"""Dates (`2024-03-05`) and datetimes (`2024-03-05 14:30:00`): which reading of a written date holds."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.date_parts import date_parts
from crmctl.cleaning.folding import folded
from crmctl.cleaning.normaliser import Context, Normaliser, outcome
from crmctl.cleaning.plain import plain_date

# 1927-05-18 to 2099-12-31 as a spreadsheet counts days.
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 73_050
_OUTVOTES = 20
_INCOMPLETE = (
    r"^\d{4}(?:[-/.]\d{1,2})?$|^\d{4}\s*年(?:\s*\d{1,2}\s*月)?$|^\d{1,2}[-/.]\d{4}$|^\d{1,2}\s*月\s*\d{1,2}\s*[日号]$"
)
_ISO_DATE = r"^[1-9]\d{3}-\d{2}-\d{2}$"
_ISO_DATETIME = r"^[1-9]\d{3}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"


def _votes(first: pl.Expr, second: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Whether a pair can only be day and month, and whether it can only be month and day."""
    return (
        first.is_between(13, 31) & second.is_between(1, 12),
        second.is_between(13, 31) & first.is_between(1, 12),
    )


def _survey(texts: pl.DataFrame) -> Mapping[str, int]:
    """How often the column shows that the day, or the month, comes first."""
    cells = folded(texts.rename({"text": "raw"}), "field")
    cells = date_parts(cells.filter(~pl.col("text").str.contains(_ISO_DATE)))
    full = cells.filter(~pl.col("short"))
    day, month = _votes(pl.col("first"), pl.col("second"))
    counted = full.select(day_first=(pl.col("count") * day).sum(), month_first=(pl.col("count") * month).sum())
    return {name: int(counted[name].sum() or 0) for name in counted.columns}


def _column_order(context: Context) -> bool | None:
    """True where the column writes the day first, False where the month; None where it does not say."""
    day, month = context.votes.get("day_first", 0), context.votes.get("month_first", 0)
    if not context.likely or day == month or min(day, month) * _OUTVOTES > max(day, month):
        return None
    return day > month


def _ordered(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Month and day of pairs whose order the cell, or at level likely the column, decides; short years completed."""
    first, second = pl.col("first"), pl.col("second")
    day, month = _votes(first, second)
    column = _column_order(context)
    by_cell = (
        pl.when(day).then(pl.lit(value=True))
        .when(month).then(pl.lit(value=False))
        .when((first == second) | (pl.col("separator") == ".")).then(pl.lit(value=True))
    )  # fmt: skip
    day_first = pl.coalesce(by_cell, pl.lit(column, dtype=pl.Boolean))
    cells = cells.with_columns(
        by_column=first.is_not_null() & by_cell.is_null() & (column is not None),
        month=pl.coalesce("month", pl.when(day_first).then(second).when(~day_first).then(first)),
        day=pl.coalesce("day", pl.when(day_first).then(first).when(~day_first).then(second)),
        year_open=pl.col("short") & (pl.lit(not context.likely) | (first.is_not_null() & (column is None))),
    )
    # As spreadsheets read them: 00 to 29 is 2000 to 2029, 30 to 99 is 1930 to 1999.
    century = pl.when(pl.col("year") < 30).then(2000).otherwise(1900)
    return cells.with_columns(year=pl.when(pl.col("short")).then(pl.col("year") + century).otherwise(pl.col("year")))


def _read(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Add `iso` (null where impossible), `seconds` (of the day, null without a clock) and `offset` (minutes)."""
    cells = _ordered(date_parts(cells), context)
    plausible = pl.col("serial").is_between(_FIRST_SERIAL, _LAST_SERIAL)
    written = pl.concat_str(
        pl.col("year").cast(pl.String).str.zfill(4),
        pl.col("month").cast(pl.String).str.zfill(2),
        pl.col("day").cast(pl.String).str.zfill(2),
        separator="-",
    )
    counted = pl.lit("1899-12-30").str.to_date() + pl.duration(days=pl.col("serial"))
    hour, minute = pl.col("hour").cast(pl.Int32), pl.col("minute").cast(pl.Int32)
    second = pl.col("second_of_minute").cast(pl.Int32).fill_null(0)
    half = pl.col("half").fill_null("")
    hour = pl.when(half == "p").then(hour % 12 + 12).when((half == "a") & (hour == 12)).then(0).otherwise(hour)
    clock = pl.when((hour < 24) & (minute < 60) & (second < 60)).then(hour * 3600 + minute * 60 + second)
    zone = pl.col("zone").str.extract_groups(r"^([+-])(\d{2}):?(\d{2})?$")
    away = zone.struct[1].cast(pl.Int32) * 60 + zone.struct[2].cast(pl.Int32).fill_null(0)
    return cells.with_columns(
        iso=pl.coalesce(written.str.to_date("%Y-%m-%d", strict=False), pl.when(plausible).then(counted)),
        from_serial=plausible.fill_null(value=False) & pl.col("year").is_null(),
        seconds=pl.coalesce(clock, (pl.col("serial_fraction") * 86_400).round().cast(pl.Int32)),
        has_clock=pl.col("hour").is_not_null(),
        bad_clock=pl.col("hour").is_not_null() & clock.is_null(),
        offset=pl.when(zone.struct[0] == "-").then(-away).otherwise(away).fill_null(0),
    )


def _problem(is_date: bool, context: Context) -> tuple[pl.Expr, pl.Expr]:
    """Status and reason of cells that cannot be read in one way; null where they can."""
    paired = pl.col("first").is_not_null()
    possible = paired & pl.col("first").is_between(1, 31) & pl.col("second").is_between(1, 31)
    possible &= (pl.col("first") <= 12) | (pl.col("second") <= 12)
    open_order = possible & pl.col("month").is_null()
    with_time = pl.lit(is_date) & (pl.col("seconds").fill_null(0) > 0)
    with_zone = pl.lit(not is_date and not context.likely) & (pl.col("offset") != 0)
    impossible = pl.col("year").is_not_null() & (
        pl.col("iso").is_null() | pl.col("bad_clock") | (pl.col("year") < 1000)
    )
    incomplete, text = pl.col("text").str.contains(_INCOMPLETE), pl.col("text")
    cases = [
        (text.str.contains(r"^#+$"), "damaged", reasons.LOST_DIGITS),
        (pl.col("short") & pl.col("year_open"), "ambiguous", reasons.TWO_DIGIT_YEAR),
        (open_order, "ambiguous", reasons.DAY_OR_MONTH),
        (impossible, "invalid", reasons.IMPOSSIBLE_DATE),
        (incomplete & pl.col("iso").is_null(), "invalid", reasons.INCOMPLETE_DATE),
        (pl.col("iso").is_null(), "invalid", reasons.NOT_DATE),
        (with_time, "ambiguous", reasons.HAS_TIME),
        (with_zone, "ambiguous", reasons.TIME_ZONE),
    ]
    status = pl.coalesce([pl.when(case).then(pl.lit(status)) for case, status, _ in cases])
    return status, pl.coalesce([pl.when(case).then(pl.lit(reason)) for case, _, reason in cases])


def _changed() -> pl.Expr:
    return (
        pl.when(pl.col("from_serial")).then(pl.lit(reasons.DATE_SERIAL))
        .when(pl.col("short")).then(pl.lit(reasons.CENTURY))
        .when(pl.col("by_column")).then(pl.lit(reasons.DATE_ORDER))
        .when(pl.col("zone").is_not_null()).then(pl.lit(reasons.TIME_ZONE))
        .otherwise(pl.lit(reasons.DATE_FORMAT))
    )  # fmt: skip


def _moment() -> pl.Expr:
    """The date and clock in UTC where a zone is written; a fraction of a second stays unless it is zero."""
    seconds = pl.col("seconds").fill_null(0) - pl.col("offset") * 60
    moment = pl.col("iso").cast(pl.Datetime("us")) + pl.duration(seconds=seconds)
    fraction = pl.col("fraction").fill_null("").str.strip_chars_end("0")
    return pl.concat_str(
        moment.dt.strftime("%Y-%m-%d %H:%M:%S"), pl.when(fraction == ".").then(pl.lit("")).otherwise(fraction)
    )


def _date(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    return _answers(cells, context, is_date=True)


def _datetime(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    return _answers(cells, context, is_date=False)


def _answers(cells: pl.DataFrame, context: Context, *, is_date: bool) -> pl.DataFrame:
    cells = cells.select("text", place=pl.int_range(pl.len()))
    text = pl.col("text")
    shape, pattern = (_ISO_DATE, "%Y-%m-%d") if is_date else (_ISO_DATETIME, "%Y-%m-%d %H:%M:%S")
    real = text.str.to_datetime(pattern, strict=False, time_unit="us").is_not_null()
    plain = cells["text"].to_frame().select(text.str.contains(shape) & real).to_series()
    rest = _read(cells.filter(~plain), context)
    status, problem = _problem(is_date, context)
    value = pl.when(status.is_null()).then(pl.col("iso").dt.strftime("%Y-%m-%d") if is_date else _moment())
    read = rest.select("place", *outcome(value, _changed(), status, problem))
    kept = cells.filter(plain).select("place", *outcome(text, reasons.DATE_FORMAT))
    return pl.concat([kept, read]).sort("place").drop("place")


DATE = Normaliser(_date, survey=_survey, plain=plain_date)
DATETIME = Normaliser(_datetime, survey=_survey)
