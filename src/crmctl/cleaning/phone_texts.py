"""What in a text is a phone number, and what its extension: phonenumbers' answer for whole columns.

Digits and punctuation are settled by patterns; letters and rare marks go to the parser, once per distinct text.
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from crmctl.cleaning.phone_numbers import e164

_MARKS = r"[ .\-()\[\]/]"
_DIGITS = rf"\+*(?:{_MARKS}*[0-9]){{3}}[0-9 .\-()\[\]/]*"
# What the parser drops before a number; after it, only what stands there in practice.
_BEFORE = r"^[^+＋\d]+"
_AFTER = r"[\s.,;:!?+_\-()\[\]/|。，；、]+$"
# The labels that need no second thought; the parser takes longer extensions after some of them.
_LABEL = r"(?:;ext=|[ ,]*(?:e?xtn?|extension|x|#)[:.]?[ ,-]*)"
_EXTENDED = rf"^(?i)({_DIGITS}?){_LABEL}([0-9]{{1,9}})$"
_SECOND_NUMBER = r"[\\/] *x"
_CONTEXT = ";phone-context="
_HOPELESS = r"^$|^[^;/\\]*\p{Han}[^;/\\]*$"
_PLUS_INSIDE = r"^\+*[0-9 .\-()\[\]/]+\+[+0-9 .\-()\[\]/]*$"
_LONGEST_TEXT = 250


def split(texts: pl.DataFrame) -> pl.DataFrame:
    """Take phone numbers apart.

    Args:
        texts: `text`, and any other columns.

    Returns:
        The frame with `digits` (an optional plus, then digits; null where no pattern knows any), `extension`, and
        `settled`, false where only the parser knows.
    """
    text = pl.col("text")
    columns = texts.columns
    body = text.str.replace(_BEFORE, "").str.replace(_AFTER, "")
    texts = texts.with_columns(body=body, open=text.str.contains(_CONTEXT, literal=True))
    body = pl.col("body")
    possible = ~pl.col("open") & (text.str.len_bytes() <= _LONGEST_TEXT)
    texts = texts.with_columns(main=pl.when(possible & body.str.contains(rf"^{_DIGITS}$")).then(body))
    texts = texts.with_columns(extension=pl.lit(None, dtype=pl.String), settled=pl.col("main").is_not_null())
    rest = texts.with_row_index("row").filter(~pl.col("settled"))
    if rest.height:
        extended = possible & body.str.contains(_EXTENDED) & ~body.str.contains(_SECOND_NUMBER)
        rest = rest.with_columns(
            main=pl.when(extended).then(body.str.extract(_EXTENDED, 1)),
            extension=pl.when(extended).then(body.str.extract(_EXTENDED, 2)),
            settled=extended | (~pl.col("open") & (body.str.contains(_HOPELESS) | body.str.contains(_PLUS_INSIDE))),
        )
        row = rest["row"]
        texts = texts.with_columns(texts[name].scatter(row, rest[name]) for name in ("main", "extension", "settled"))
    digits = pl.col("main").str.replace_all(_MARKS, "").str.replace(r"^\+{2,}", "+")
    return texts.select(*columns, "extension", "settled", digits=digits)


def numbers(cells: pl.DataFrame) -> pl.DataFrame:
    """What phonenumbers says of texts.

    Args:
        cells: What `split` gives, with `region` (ISO code of the region that a number without a plus belongs to; it may
            be null).

    Returns:
        `number` (E.164; null where it is not valid) and `extension`, in the same order.
    """
    found = e164(cells)
    settled = pl.col("settled")
    cells = cells.select("text", "region", "extension", number=found["number"], settled=settled & found["settled"])
    open_ones = cells.filter(~settled).select("text", "region").unique()
    if open_ones.height:
        answers = [parse(text, region) for text, region in open_ones.iter_rows()]
        parsed = open_ones.with_columns(
            pl.Series(f"parsed {name}", [answer[place] for answer in answers], dtype=pl.String)
            for place, name in enumerate(("number", "extension"))
        )
        cells = cells.join(parsed, on=["text", "region"], how="left", nulls_equal=True, maintain_order="left")
        cells = cells.with_columns(
            pl.when(settled).then(name).otherwise(f"parsed {name}").alias(name) for name in ("number", "extension")
        )
    return cells.select("number", extension=pl.when(pl.col("number").is_not_null()).then("extension"))


@lru_cache(maxsize=100_000)
def parse(text: str, region: str | None) -> tuple[str | None, str | None]:
    """One text by phonenumbers itself: the number in E.164, None where it is not valid, and its extension."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, None
    if not phonenumbers.is_valid_number(number):
        return None, None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)), number.extension or None
