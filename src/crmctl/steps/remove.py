"""`remove`: take rows out by a condition, counted and named in the ledger."""

from __future__ import annotations

from crmctl.errors import UsageError
from crmctl.sql import sql
from crmctl.step import Condition, Dataset, Result, context, step


@step(row_wise=True)
def remove(dataset: Dataset, *, where: Condition, reason: str) -> Result:
    """Remove the rows that a condition finds.

    They stay in the version before, and the ledger names the reason; undo brings them back.

    Args:
        dataset: The rows.
        where: Which rows go, such as "email is missing".
        reason: Why, in a word or two; the ledger shows it.

    Examples:
        crmctl remove examples/contacts.csv --where "email is missing" --reason "no e-mail" -o reachable.csv
    """
    if not reason.strip():
        raise UsageError("a removal needs a reason", cure="say why with --reason")
    run = context()
    gone = run.store.scalar(sql("select count(*) from {rows} where {where}", rows=dataset, where=where))
    return Result(
        rows=sql("select * from {rows} where not {where}", rows=dataset, where=where),
        reasons={reason: int(gone)} if gone else {},
    )
