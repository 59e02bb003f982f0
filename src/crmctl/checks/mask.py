"""How a personal value is shown: its first character and its length, nothing else. In Python and in SQL alike."""

from __future__ import annotations

from crmctl.sql import SQL, sql


def mask(value: str | None) -> str | None:
    """The first character and stars for the rest; a single character is a star, since it would be the whole value.

    >>> mask("13800138000")
    '1**********'
    """
    if not value or len(value) == 1:
        return value and "*"
    return value[0] + "*" * (len(value) - 1)


def mask_sql(value: SQL) -> SQL:
    """The same of a text expression."""
    return sql(
        """case when length({value}) > 1 then left({value}, 1) || repeat('*', length({value}) - 1)
        else repeat('*', length({value})) end""",
        value=value,
    )
