"""Numbers and table cells as text in the report's language."""

from __future__ import annotations

import math
from decimal import Decimal

from crmctl.reporting.model import Badge, Cell, Number, Quantity
from crmctl.reporting.text import clean, display_width
from crmctl.reporting.words import Words

_PREFIXES = frozenset("¥￥$€£")
_HUGE = Decimal("1e15")  # from here on digits tell nothing, and no chart has room for them
_STEPS = {
    "en": ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")),
    "zh": ((10**8, "hundred_million"), (10**4, "ten_thousand")),
}


def finite(value: Number | None) -> float | None:
    """The value as a float that can be drawn; None for missing, NaN, infinite and beyond 1e300."""
    try:
        number = math.nan if value is None else float(value)
    except (OverflowError, ValueError):
        return None
    return number if abs(number) < 1e300 else None


def number(value: Number | None, unit: str, words: Words) -> str:
    """A number with thousands separators and its unit; ``%`` takes a share between 0 and 1.

    >>> from crmctl.reporting.words import words
    >>> number(1234.5, "CNY", words("en")), number(0.1234, "%", words("en"))
    ('1,234.50 CNY', '12.3%')
    """
    if finite(value) is None or value is None:
        return words("missing")
    if unit == "%":
        return percent(value)
    return _with_unit(_plain(value), unit)


def percent(share: Number) -> str:
    """A share with one decimal. What is not quite none or not quite all never reads as 0.0 % or 100.0 %.

    >>> percent(0.00001), percent(0.99999), percent(1)
    ('<0.1%', '>99.9%', '100.0%')
    """
    exact = Decimal(str(share)) * 100
    if 0 < exact < Decimal("0.05"):
        return "<0.1%"
    if Decimal("99.95") <= exact < 100:
        return ">99.9%"
    return _unsigned_zero(f"{exact:,.1f}") + "%"


def compact(value: Number | None, unit: str, words: Words) -> str:
    """A short form for axes and narrow cells: 12.3k, 4M; 1.2万, 3亿."""
    known = finite(value)
    if known is None or value is None:
        return words("missing")
    if unit == "%":
        return percent(value).replace(".0%", "%")
    for size, name in _STEPS[words.language]:
        if size <= abs(known) < 1e15:
            short = f"{known / size:,.1f}".removesuffix(".0")
            return _with_unit(short + words(name), unit if unit in _PREFIXES else "")
    return _with_unit(_plain(value), unit if unit in _PREFIXES else "")


def show(cell: Cell, words: Words) -> str:
    """A table cell as text."""
    match cell:
        case None:
            return words("missing")
        case bool():
            return words("yes" if cell else "no")
        case Badge():
            return words.known("badge", clean(cell.text))
        case Quantity():
            return number(cell.value, cell.unit, words)
        case int() | float() | Decimal():
            return number(cell, "", words)
        case _:
            # A date and a moment write themselves as ISO 8601.
            return clean(str(cell))


def is_number(cell: Cell) -> bool:
    """Whether a cell holds a number (a truth value is none)."""
    return isinstance(cell, int | float | Decimal | Quantity) and not isinstance(cell, bool)


def _plain(value: Number) -> str:
    exact = Decimal(str(value))
    if abs(exact) >= _HUGE:
        return f"{exact:.3g}"
    if exact == exact.to_integral_value():
        return f"{int(exact):,}"
    # Two decimals would show a small number as 0.00.
    return _unsigned_zero(f"{exact:,.2f}" if abs(exact) >= Decimal("0.1") else f"{float(exact):.2g}")


def _unsigned_zero(text: str) -> str:
    return text.lstrip("-") if not text.strip("-0.,") else text


def _with_unit(text: str, unit: str) -> str:
    unit = clean(unit)
    if unit in _PREFIXES:
        return f"-{unit}{text[1:]}" if text.startswith("-") else f"{unit}{text}"
    wide = bool(unit) and display_width(unit[0]) == 2
    return f"{text}{unit}" if wide or not unit else f"{text} {unit}"
