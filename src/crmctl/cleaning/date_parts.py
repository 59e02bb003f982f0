"""Taking a written date and time apart into columns. Which of its readings holds is not decided here."""

from __future__ import annotations

import polars as pl

_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
    "september": 9, "october": 10, "november": 11, "december": 12, "sept": 9,
}  # fmt: skip
_MONTH_NUMBERS = {**_MONTHS, **{name[:3]: number for name, number in _MONTHS.items()}}
_MONTH = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?[,.]?\s+)?"
_CLOCK = (
    r"^(?P<day>\S.*?)(?:t|\s)\s*(?P<half_before>am|pm)?\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})"
    r"(?P<fraction>\.\d{1,9})?)?\s*(?P<half_after>[ap]\.?m\.?)?\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
_SHAPES = {
    "year_first": r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\.?$",
    "solid": r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})$",
    # A year of two digits that can only come first: what ends in one digit does not end in a year.
    "short_first": r"^(?P<year>\d{2})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d)$",
    "day_word": (
        rf"^{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of\b)?[\s\-./]*(?P<word>{_MONTH})[\s\-.,/]*(?P<year>\d{{4}})$"
    ),
    "word_day": (
        rf"^{_WEEKDAY}(?P<word>{_MONTH})\.?[\s\-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[\s\-]+(?P<year>\d{{4}})$"
    ),
    "year_word": rf"^(?P<year>\d{{4}})[\s\-](?P<word>{_MONTH})[\s\-](?P<day>\d{{1,2}})$",
    "year_last": r"^(?P<first>\d{1,2})(?P<separator>[-/.])(?P<second>\d{1,2})[-/.](?P<last>\d{4}|\d{2})$",
}
_WITH_WORDS = ("day_word", "word_day", "year_word")
SERIAL = r"^([1-7]\d{4})(?:\.(\d+))?$"


def _tidy(text: pl.Expr) -> pl.Expr:
    """Chinese units as separators, halves of the day as am and pm, lower case."""
    tidy = text.str.to_lowercase().str.replace_all(r"\s*[年月]\s*", "-").str.replace(r"(\d)\s*[日号號]\s*", "$1 ")
    tidy = tidy.str.replace(r"\s*(?:上午|早上|凌晨)\s*", " am ").str.replace(r"\s*(?:下午|晚上)\s*", " pm ")
    tidy = tidy.str.replace(r"^(\d{8})[\st]?(\d{2})(\d{2})(\d{2})z?$", "$1 $2:$3:$4")
    tidy = tidy.str.replace(r"\s+(?:星期|周|礼拜)[一二三四五六日天]", "")
    return tidy.str.replace(r"^(\d{1,4})\s*([-/.])\s*(\d{1,2})\s*[-/.]\s*(\d{1,4})", "$1$2$3$2$4").str.strip_chars()


def date_parts(cells: pl.DataFrame) -> pl.DataFrame:
    """Take the column `text` apart.

    Returns:
        The frame with `year month day` (numbers; month and day null where their order is open), `first second` (that
        pair), `separator`, `short` (a year of two digits, not completed), `serial serial_fraction` (a spreadsheet's
        day number), and `hour minute second_of_minute fraction half zone` (texts; null where no clock is written).
    """
    cells = cells.with_columns(tidy=_tidy(pl.col("text")), short_chinese=pl.col("text").str.contains(r"^\d{2}\s*年"))
    cells = cells.with_columns(clock=pl.col("tidy").str.extract_groups(_CLOCK)).unnest("clock")
    cells = cells.with_columns(day_text=pl.coalesce("day", "tidy")).drop("day")
    cells = cells.rename({"second": "second_of_minute"})
    text = pl.col("day_text")
    cells = cells.with_columns(text.str.extract_groups(shape).alias(name) for name, shape in _SHAPES.items())
    first, second, last = (pl.col("year_last").struct[name] for name in ("first", "second", "last"))
    chinese = pl.col("short_chinese") & last.is_not_null()
    short_first = pl.col("short_first").struct["year"]
    words = pl.coalesce(pl.col(name).struct["word"] for name in _WITH_WORDS)
    cells = cells.with_columns(
        year=_number(pl.when(chinese).then(first), _of_shapes("year"), pl.when(~chinese).then(last)),
        month=_number(pl.when(chinese).then(second), _of_shapes("month", without=_WITH_WORDS)),
        day=_number(pl.when(chinese).then(last), _of_shapes("day")),
        word=words.replace_strict(_MONTH_NUMBERS, default=None, return_dtype=pl.Int32),
        first=_number(pl.when(~chinese).then(first)),
        second=_number(pl.when(~chinese).then(second)),
        separator=pl.col("year_last").struct["separator"],
        short=(last.str.len_bytes() == 2).fill_null(value=False) | short_first.is_not_null(),
        serial=_number(pl.when(pl.col("hour").is_null()).then(text.str.extract(SERIAL, 1))),
        serial_fraction=pl.concat_str(pl.lit("0."), text.str.extract(SERIAL, 2)).cast(pl.Float64),
        half=pl.coalesce("half_before", "half_after").str.slice(0, 1),
    )
    return cells.with_columns(month=pl.coalesce("month", "word")).drop("word", *_SHAPES)


def _of_shapes(part: str, without: tuple[str, ...] = ()) -> pl.Expr:
    """A part from whichever shape with a fixed order was found."""
    names = [name for name in _SHAPES if name != "year_last" and name not in without]
    return pl.coalesce(pl.col(name).struct[part] for name in names)


def _number(*texts: pl.Expr) -> pl.Expr:
    return pl.coalesce(texts).cast(pl.Int32)
