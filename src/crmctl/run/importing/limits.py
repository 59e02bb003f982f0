"""How much may go wrong: lines that could not be read, rows that a snapshot lacks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from crmctl import messages
from crmctl.errors import UsageError
from crmctl.store.runs import FileLedger


def allowed(limit: str, total: int) -> float:
    """What a number or a share of the total comes to.

    Raises:
        UsageError: The limit is neither.
    """
    text = limit.strip()
    try:
        number = total * float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        number = math.nan
    if not number >= 0:
        raise UsageError("{limit!r} is no limit", cure="write a number or a share such as 5%", limit=limit)
    return number


def reject_failure(ledgers: Sequence[FileLedger], limit: str) -> str | None:
    """Why too many lines were rejected; None where they were not.

    Raises:
        UsageError: The limit is neither a number nor a share.
    """
    rejected = sum(ledger.rejected for ledger in ledgers)
    read = sum(ledger.read for ledger in ledgers)
    if rejected <= allowed(limit, read):
        return None
    return messages.translate(
        "{rejected} of {read} lines could not be read, more than the limit of {limit};"
        " nothing was kept: mend them, or raise the limit",
        rejected=rejected, read=read, limit=limit,
    )  # fmt: skip
