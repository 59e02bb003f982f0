"""How a share of rows is written in every format."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share from 0 to 1 as per cent; what is not nothing never shows as 0, nor what is not all as 100.

    >>> percent(0.05), percent(0.00001), percent(0.99999)
    ('5.00%', '<0.01%', '>99.99%')
    """
    if 0 < share < 0.0001:
        return "<0.01%"
    return ">99.99%" if 0.9999 < share < 1 else f"{share:.2%}"
