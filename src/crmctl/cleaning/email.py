"""E-mail addresses: valid and written as email-validator has it. Plain ones are settled by its rules as patterns."""

from __future__ import annotations

from functools import cache, lru_cache

import polars as pl

from crmctl.cleaning import reasons
from crmctl.cleaning.normaliser import Context, Normaliser, outcome

# RFC 5322's atoms, and host names whose labels stand as they are; quotes, brackets, Punycode and other scripts go to
# the library.
_ATOM = r"[a-zA-Z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LABEL = r"[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*"
_ADDRESS = rf"\A{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[a-zA-Z0-9]+-+)*[a-zA-Z0-9]*[a-zA-Z]\z"
_FOR_LIBRARY = r'["<]|[^\x00-\x7F]|(?i:xn--)'
_LONG_LABEL = r"@.*[^.]{64}"
_RESERVED_LABEL = r"@(?:.*\.)?..--"
_PUNYCODE = "(?i:xn--)"
_LONGEST = 254
_LONGEST_LABEL = 63
_CAPITAL_AFTER = r"@.*[A-Z]"

_SEVERAL = r'^[^"]*@[^"]*[\s,;/|、，；][^"]*@[^"]*$'
_MASKED = r"\*{2,}|^\*+@"
# What mail programs put around an address.
_WRAPPED = r"^(?i:mailto:)?\s*<?\s*(?i:mailto:)?([^<>\"]*?)\s*>?[\s;,.，；。]*$"


@cache
def _special_domain() -> str:
    from email_validator import SPECIAL_USE_DOMAIN_NAMES

    return rf"[@.](?i:{'|'.join(name.replace('.', '[.]') for name in SPECIAL_USE_DOMAIN_NAMES)})\z"


@cache
def _mailbox_without_case() -> str:
    from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

    return rf"\A(?i:{'|'.join(CASE_INSENSITIVE_MAILBOX_NAMES)})@"


@lru_cache(maxsize=100_000)
def validated(address: str) -> str | None:
    """One address as email-validator writes it, without asking the network; None where it is not valid."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def addresses(texts: pl.Series) -> pl.Series:
    """Addresses as email-validator writes them; null where it says they are not valid."""
    text, address = pl.col("text"), pl.col("address")
    cells = texts.to_frame("text").with_row_index("row")
    odd = cells.filter(~text.str.contains(_ADDRESS) | text.str.contains(_PUNYCODE))
    cells = cells.with_columns(address=pl.when(~_breaks_a_rule(text)).then(text))
    capital = cells.filter(address.str.contains(_CAPITAL_AFTER) | address.str.contains(_mailbox_without_case()))
    if capital.height:
        domain = text.str.extract(r"@(.*)\z").str.to_lowercase()
        written = (
            pl.when(text.str.contains(_mailbox_without_case()))
            .then(text.str.to_lowercase())
            .otherwise(text.str.extract(r"\A([^@]*@)") + domain)
        )
        cells = cells.with_columns(
            address=cells["address"].scatter(capital["row"], capital.select(written).to_series())
        )
    if odd.is_empty():
        return cells["address"]
    asked = odd.filter(text.str.contains("@", literal=True) & text.str.contains(_FOR_LIBRARY))["text"].unique()
    answers = [validated(item) for item in asked]
    known = pl.DataFrame({"text": asked, "answer": pl.Series(answers, dtype=pl.String)})
    answer = odd.join(known, on="text", how="left", maintain_order="left")["answer"]
    return cells["address"].scatter(odd["row"], answer)


def _breaks_a_rule(text: pl.Expr) -> pl.Expr:
    """What the pattern of an address lets pass and email-validator does not."""
    return (
        (text.str.len_bytes() > _LONGEST)
        | text.str.contains(_special_domain())
        | (text.str.contains("--", literal=True) & text.str.contains(_RESERVED_LABEL))
        | ((text.str.len_bytes() > _LONGEST_LABEL) & text.str.contains(_LONG_LABEL))
    )


def _masked(text: pl.Expr) -> pl.Expr:
    return (text.str.contains("**", literal=True) | text.str.starts_with("*")) & text.str.contains(_MASKED)


def _apply(cells: pl.DataFrame, context: Context) -> pl.DataFrame:
    text = pl.col("text")
    masked = _masked(text)
    cells = cells.select("text", address=addresses(cells["text"]))
    bare = text.str.extract(_WRAPPED)
    unread = cells.select(text=pl.when(pl.col("address").is_null()).then(bare))["text"]
    if context.likely and unread.count():
        cells = cells.with_columns(address=cells["address"].zip_with(unread.is_null(), addresses(unread)))
    several = pl.col("address").is_null() & text.str.contains(_SEVERAL)
    problem = pl.when(masked).then(pl.lit(reasons.MASKED)).when(several).then(pl.lit(reasons.SEVERAL_VALUES))
    status = (
        pl.when(masked).then(pl.lit("damaged")).when(several).then(pl.lit("ambiguous")).otherwise(pl.lit("invalid"))
    )
    value = pl.when(~masked).then("address")
    same = value.str.to_lowercase() == text.str.to_lowercase()
    changed = pl.when(same).then(pl.lit(reasons.CASE)).otherwise(pl.lit(reasons.FORMAT))
    return cells.select(outcome(value, changed, status, problem.fill_null(reasons.NOT_EMAIL)))


def _plain(texts: pl.Series) -> pl.Series:
    """Plain addresses that are written as they should be."""
    text = pl.col("text")
    other = text.str.contains(_CAPITAL_AFTER) | text.str.contains(_mailbox_without_case()) | _masked(text)
    plain = text.str.contains(_ADDRESS) & ~_breaks_a_rule(text) & ~text.str.contains(_PUNYCODE) & ~other
    return texts.to_frame("text").select(plain).to_series()


EMAIL = Normaliser(_apply, fold="text", plain=_plain)
