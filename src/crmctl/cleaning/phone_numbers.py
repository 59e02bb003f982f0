"""Numbers in E.164: phonenumbers' answer for whole columns of digits. What in a text is a number is not asked here.

Its metadata are patterns, and its parser a few decisions over them; both are followed here step by step, a column at a
time. The odd number that its parser reads a second time goes to the parser itself.
"""

from __future__ import annotations

import polars as pl

from crmctl.cleaning.phone_metadata import (
    Rules,
    calling_code_pattern,
    code_rules,
    known_regions,
    region_rules,
    rules_of_code,
)  # fmt: skip

_SCHEMA = {"place": pl.Int64, "number": pl.String, "settled": pl.Boolean}


def e164(numbers: pl.DataFrame) -> pl.DataFrame:
    """The numbers in E.164.

    Args:
        numbers: `digits` (an optional leading plus, then at least one digit and digits only) and `region` (ISO code; it
            may be null, and counts only where there is no plus or no known calling code after it).

    Returns:
        `number`, null where it is not valid, and `settled`, false where only the parser knows; in the same order.
    """
    cells = numbers.select("digits", "region", place=pl.int_range(pl.len()))
    plus = pl.col("digits").str.starts_with("+")
    open_ones = cells.filter(~plus & pl.col("region").is_in(sorted(known_regions())))
    coded = [cells.filter(plus).select("place", "region", "digits")]
    parts: list[pl.DataFrame] = []
    for (region,), part in open_ones.partition_by("region", as_dict=True).items():
        rules = region_rules(str(region))
        assert rules is not None  # noqa: S101 - a known region has rules
        abroad, at_home = _dialled(part, rules)
        coded.append(abroad.select("place", pl.lit(None, dtype=pl.String).alias("region"), "digits"))
        parts += [_settled(group, national_rules) for group, national_rules in _read_at_home(at_home, rules)]
    parts += _read_coded(pl.concat(coded))
    found = pl.concat([part.select(list(_SCHEMA)) for part in parts], how="vertical") if parts else _nothing()
    joined = cells.select("place").join(found, on="place", how="left", maintain_order="left")
    return joined.select("number", pl.col("settled").fill_null(value=True))


def is_e164(texts: pl.Series) -> pl.Series:
    """True for valid numbers in E.164 of which the parser would take off no national prefix."""
    cells = (
        texts.to_frame("text")
        .select("text", code=pl.col("text").str.extract(rf"{calling_code_pattern()}[0-9]+\z"))
        .with_row_index("row")
    )
    fine: list[pl.Series] = []
    for (code,), part in cells.drop_nulls("code").partition_by("code", as_dict=True).items():
        rules = code_rules(int(str(code)))
        assert rules is not None  # noqa: S101 - a known calling code has rules
        national = part.select("row", national=pl.col("text").str.slice(1 + len(str(code))))
        valid = _valid(national, rules.calling_code)
        if rules.national_prefix:
            valid &= ~national["national"].str.contains(rules.national_prefix)
        fine.append(national["row"].filter(valid))
    answer = pl.repeat(value=False, n=len(texts), dtype=pl.Boolean, eager=True)
    return answer.scatter(pl.concat(fine), True) if fine else answer


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema=_SCHEMA)


def _dialled(part: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Numbers with the region's international prefix, as numbers with a plus; and the others."""
    dialled = pl.col("digits").str.contains(rules.international_prefix)
    if not part.select(dialled.any()).item():
        return part.clear(), part
    part = part.with_columns(
        rest=pl.when(dialled).then(pl.col("digits").str.replace(rules.international_prefix, ""))
    ).with_columns(abroad=pl.col("rest").is_not_null() & ~pl.col("rest").str.starts_with("0").fill_null(value=False))
    abroad = part.filter("abroad").select("place", digits=pl.lit("+") + pl.col("rest"))
    return abroad, part.filter(~pl.col("abroad")).select("place", "digits")


def _read_coded(cells: pl.DataFrame) -> list[pl.DataFrame]:
    """Numbers after a plus, by calling code. Without a known one the parser tries again as if there were no plus."""
    cells = cells.with_columns(code=pl.col("digits").str.extract(calling_code_pattern()))
    parts = [
        cells.filter(pl.col("code").is_null()).select(
            "place", number=pl.lit(None, dtype=pl.String), settled=pl.col("region").is_null()
        )
    ]
    for (code,), part in cells.filter(pl.col("code").is_not_null()).partition_by("code", as_dict=True).items():
        rules = code_rules(int(str(code)))
        assert rules is not None  # noqa: S101 - a known calling code has rules
        national = part.select("place", national=pl.col("digits").str.slice(1 + len(str(code))))
        parts.append(_settled(national, rules))
    return parts


def _read_at_home(part: pl.DataFrame, rules: Rules) -> list[tuple[pl.DataFrame, Rules]]:
    """`national` numbers of a region's own `digits`, with the rules to read them by.

    A calling code may stand before them without its plus.
    """
    code, national, whole = str(rules.calling_code), pl.col("national"), pl.col("whole")
    part = part.select("place", national="digits")
    coded = part.filter(national.str.starts_with(code)).select(
        "place", whole="national", national=national.str.slice(len(code))
    )
    if coded.is_empty():
        return [(part, rules)]
    coded = _without_national_prefix(coded, rules)
    better = ~rules.is_viable(whole) & rules.is_viable(pl.col("rest"))
    coded = coded.filter(better | rules.is_too_long(whole)).select("place", national="rest")
    main = code_rules(rules.calling_code)
    assert main is not None  # noqa: S101 - a region's calling code has rules
    return [(part.join(coded, on="place", how="anti"), rules), (coded, main)]


def _settled(part: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """`place, number, settled` of `national` numbers, after their national prefix is gone."""
    part = _without_national_prefix(part, rules)
    national, rest = pl.col("national"), pl.col("rest")
    part = part.select("place", national=pl.when(rules.is_long_enough(rest)).then(rest).otherwise(national))
    number = pl.lit(f"+{rules.calling_code}") + national
    valid = _valid(part, rules.calling_code)
    return part.select("place", number=pl.when(valid).then(number), settled=pl.lit(value=True))


def _without_national_prefix(part: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Add `rest`, the national number without what is dialled before it within the region."""
    national = pl.col("national")
    if not rules.national_prefix:
        return part.with_columns(rest="national")
    rest = national.str.replace(rules.national_prefix, "")
    if rules.transform:
        last = national.str.extract(rules.national_prefix, rules.groups)
        transformed = national.str.replace(rules.national_prefix, rules.transform)
        rest = pl.when(last.is_null()).then(rest).otherwise(transformed)
    part = part.with_columns(rest=rest)
    changed = part.filter(national != pl.col("rest"))
    if changed.is_empty():
        return part
    spoilt = changed.filter(rules.is_viable(national) & ~rules.is_viable(pl.col("rest")))
    if spoilt.is_empty():
        return part
    kept = pl.col("place").is_in(spoilt["place"].implode())
    return part.with_columns(rest=pl.when(kept).then("national").otherwise("rest"))


def _valid(part: pl.DataFrame, calling_code: int) -> pl.Series:
    """Whether `national` is a number of the region that it belongs to among those of the calling code.

    A region's leading digits decide that alone; a region without any takes the numbers that are valid in it.
    """
    national = pl.col("national")
    first, *others = rules_of_code(calling_code)
    valid = part.select(first.is_valid(national)).to_series()
    if not others:
        return valid
    claimed = part.select(national.str.contains(first.leading_digits)).to_series() if first.leading_digits else valid
    valid &= claimed
    led = "|".join(rules.leading_digits for rules in others if rules.leading_digits)
    unclaimed = part.select(place=pl.int_range(pl.len()), national="national").filter(~claimed)
    hinted = unclaimed.select(national.str.contains(led)).to_series()
    fine: list[pl.Series] = []
    for rules in others:
        if rules.leading_digits:
            if not hinted.any():
                continue
            claimed = unclaimed.select(national.str.contains(rules.leading_digits)).to_series()
        else:
            claimed = unclaimed.select(rules.is_valid(national)).to_series()
        taken = unclaimed.filter(claimed)
        fine.append(taken["place"].filter(taken.select(rules.is_valid(national)).to_series()))
        unclaimed, hinted = unclaimed.filter(~claimed), hinted.filter(~claimed)
    return valid.scatter(pl.concat(fine), True) if fine else valid
