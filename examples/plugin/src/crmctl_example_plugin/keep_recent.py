"""`keep-recent`: only the customers seen lately."""

from crmctl.sql import SQL, sql
from crmctl.step import Dataset, Duration, Field, as_of, step


@step
def keep_recent(customers: Dataset, *, field: Field = "last_activity_at", within: Duration = "365d") -> SQL:
    """Keep the customers seen lately.

    A customer without a date is not kept.

    Args:
        customers: The customers.
        field: The date that counts.
        within: How far back from the run's as-of date.

    Examples:
        crmctl keep-recent customers --within 180d --dry-run
    """
    return sql(
        "select * from {customers} where {field} >= {since}", customers=customers, field=field, since=as_of() - within
    )
