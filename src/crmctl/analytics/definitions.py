"""The derived columns as `Column`s; their names and definitions are in `vocabulary/derived_columns.yaml`."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.resources import VOCABULARY
from crmctl.schema.column import Column
from crmctl.yamlfile import load


def _read() -> dict[str, Column]:
    entries = load(VOCABULARY / "derived_columns.yaml").data
    return {name: Column(name=name, header=name, **entry) for name, entry in entries.items()}


DEFINITIONS: Mapping[str, Column] = _read()
"""Each result column of `purchase_summary`, `rfm`, `value_tier` and `lifecycle` by its name."""
