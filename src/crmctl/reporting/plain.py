"""The report as JSON: everything in it, uncut, each block with its kind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from crmctl.reporting.model import BarChart, ColumnChart, Figures, Funnel, HeatMap, Report, StackedBar, TableBlock, Text
from crmctl.reporting.numbers import finite
from crmctl.reporting.text import clean

_BLOCKS = (BarChart, ColumnChart, Figures, Funnel, HeatMap, StackedBar, TableBlock, Text)


def to_json(report: Report) -> str:
    """The report as JSON; shares are between 0 and 1, what is not finite is null."""
    return json.dumps(_plain(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        return _number(value)
    if is_dataclass(value):
        kind = {"kind": _snake(type(value).__name__)} if isinstance(value, _BLOCKS) else {}
        return {**kind, **{each.name: _plain(getattr(value, each.name)) for each in fields(value)}}
    if isinstance(value, Mapping):
        return {clean(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return clean(str(value))


def _number(value: float | Decimal) -> int | float | None:
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    return finite(value)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Block")).lower()
