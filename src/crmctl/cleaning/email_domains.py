"""What the parts of an e-mail address tell: a mistyped domain, a mailbox of nobody's own, one to throw away.

Nothing here changes a value: a domain that was meant is for a person to decide.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl

from crmctl.resources import VOCABULARY
from crmctl.yamlfile import load

_LOCAL, _DOMAIN = r"\A([^@+]*)[^@]*@", r"@([^@]*)\z"


@cache
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = load(VOCABULARY / "email_domains.yaml").data
    return lists


@cache
def _meant() -> dict[str, str]:
    return {typed: domain for domain, misspelt in _lists()["meant"].items() for typed in misspelt}


def proposed_addresses(addresses: pl.Series) -> pl.Series:
    """The addresses with the domain that was probably meant; null where nothing speaks against the one they have."""
    address = pl.col("address")
    typed, meant = list(_meant()), list(_meant().values())
    domain = address.str.extract(_DOMAIN).str.to_lowercase()
    better = domain.replace_strict(typed, meant, default=None, return_dtype=pl.String)
    return addresses.to_frame("address").select(address.str.extract(r"\A(.*@)") + better).to_series().rename("proposed")


def address_kinds(addresses: pl.Series) -> pl.Series:
    """`role` for a mailbox of a function, `disposable` for one to throw away; null for all others."""
    address = pl.col("address")
    thrown_away = address.str.extract(_DOMAIN).str.to_lowercase().is_in(_lists()["disposable"])
    shared = address.str.extract(_LOCAL).str.to_lowercase().is_in(_lists()["role"])
    kind = pl.when(thrown_away).then(pl.lit("disposable")).when(shared).then(pl.lit("role"))
    return addresses.to_frame("address").select(kind.alias("kind")).to_series()
