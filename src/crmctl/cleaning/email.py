"""E-mail addresses, in lower case. What is valid says email-validator; the plain majority is settled by one pattern."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.normaliser import Context, Normaliser, outcome

# A subset of what email-validator takes as it stands; domains it treats in a special way go to it.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = rf"^[a-z0-9_+-]{{1,40}}(?:\.[a-z0-9_+-]{{1,20}})?@(?:{_LABEL}\.){{1,3}}[a-z]{{2,20}}$"
_SPECIAL = r"@(?:[^@]*\.)?(?:..--[^@]*|arpa|invalid|local|localhost|onion|test|example)$|[@.]..--"
_SEVERAL = r"@.*[\s,;/|、，；].*@"
_MASKED = r"\*{2,}|^\*+@"
_WRAPPED = r"^(?i:mailto:)?\s*<?\s*(?i:mailto:)?([^<>]*?)\s*>?[;,.。]*$"


@lru_cache(maxsize=200_000)
def _valid(address: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _apply(cells: pl.DataFrame, _context: Context) -> pl.DataFrame:
    bare = pl.col("text").str.extract(_WRAPPED).str.replace_all("。", ".", literal=True)
    cells = cells.select("text", bare=bare).with_columns(lower=pl.col("bare").str.to_lowercase())
    lower = pl.col("lower")
    several, masked = pl.col("text").str.contains(_SEVERAL), pl.col("text").str.contains(_MASKED)
    cells = cells.with_columns(
        problem=pl.when(several).then(pl.lit(reasons.SEVERAL_VALUES)).when(masked).then(pl.lit(reasons.MASKED)),
        fine=lower.str.contains(_PLAIN) & ~lower.str.contains(_SPECIAL),
    )
    problem = pl.col("problem")
    doubtful = cells.filter(~pl.col("fine").fill_null(value=False) & problem.is_null() & lower.is_not_null())["lower"]
    valid = [address for address in doubtful.unique(maintain_order=True).to_list() if _valid(address)]
    value = pl.when(problem.is_null() & (pl.col("fine") | lower.is_in(valid))).then(lower)
    changed = pl.when(pl.col("bare") == pl.col("text")).then(pl.lit(reasons.CASE)).otherwise(pl.lit(reasons.FORMAT))
    status = (
        pl.when(problem == reasons.SEVERAL_VALUES).then(pl.lit("ambiguous"))
        .when(problem == reasons.MASKED).then(pl.lit("damaged"))
        .otherwise(pl.lit("invalid"))
    )  # fmt: skip
    return cells.select(outcome(value, changed, status, problem.fill_null(reasons.NOT_EMAIL)))


EMAIL = Normaliser(_apply)
