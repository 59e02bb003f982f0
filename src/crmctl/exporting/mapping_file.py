"""Salesforce's Data Loader mapping (.sdl): which column of the file goes into which field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crmctl.schema.preset_model import PresetColumn

_SPECIAL = re.compile(r"([\\ \t:=#!])")


def data_loader_mapping(columns: Sequence[PresetColumn]) -> str:
    r"""One line for each column, header=API name, as Java property files are written.

    >>> print(data_loader_mapping([PresetColumn(header="Last Name", api_name="LastName")]), end="")
    # Data Loader mapping: column=field
    Last\ Name=LastName
    """
    lines = [f"{_escaped(column.header)}={column.api_name or column.header}" for column in columns]
    return "\n".join(["# Data Loader mapping: column=field", *lines, ""])


def _escaped(text: str) -> str:
    """Java reads such files as Latin-1, so anything beyond is written by its code units."""
    marked = _SPECIAL.sub(r"\\\1", text)
    units = [marked[i] if marked[i] < "\x7f" else None for i in range(len(marked))]
    return "".join(
        unit if unit is not None else "".join(
            f"\\u{int.from_bytes(pair, 'big'):04x}"
            for pair in _pairs(marked[i].encode("utf-16-be"))
        )
        for i, unit in enumerate(units)
    )  # fmt: skip


def _pairs(data: bytes) -> list[bytes]:
    return [data[i : i + 2] for i in range(0, len(data), 2)]
