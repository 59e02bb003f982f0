"""A customers' overview in both languages, built from `demo.yaml` as a step would build it from query results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmctl import yamlfile
from crmctl.reporting import (
    Badge,
    BarChart,
    Block,
    ColumnChart,
    Figure,
    Figures,
    Funnel,
    HeatMap,
    Item,
    Quantity,
    Report,
    Section,
    StackedBar,
    StackedRow,
    TableBlock,
    Text,
)

KINDS = {
    "bar_chart": BarChart, "column_chart": ColumnChart, "funnel": Funnel, "heat_map": HeatMap,
    "stacked_bar": StackedBar, "table": TableBlock, "text": Text,
}  # fmt: skip


def build_demo(language: str) -> Report:
    """The demo report in a language."""
    data = _said(yamlfile.load(Path(__file__).with_name("demo.yaml")).data, language)
    sections = [
        Section(
            each["title"], each.get("note", ""), [_block(*pair) for block in each["blocks"] for pair in block.items()]
        )
        for each in data["sections"]
    ]
    return Report(data["title"], data["subtitle"], language, sections, data["meta"])


def _said(value: Any, language: str) -> Any:
    if isinstance(value, list):
        return [_said(each, language) for each in value]
    if isinstance(value, dict):
        return {key: _said(each, language) for key, each in value.items()}
    return value.split(" | ")[-1 if language == "zh" else 0] if isinstance(value, str) else value


def _block(kind: str, data: Any) -> Block:
    if kind == "figures":
        return Figures([Figure(**each) for each in data])
    if kind == "table":
        data["rows"] = [[_cell(cell) for cell in row] for row in data["rows"]]
    if kind == "stacked_bar":
        data["rows"] = [StackedRow(*row) for row in data["rows"]]
    if "items" in data:
        data["items"] = [Item(*each) for each in data["items"]]
    return KINDS[kind](**data)


def _cell(cell: Any) -> Any:
    if isinstance(cell, dict):
        return Badge(cell["badge"], cell["tone"]) if "badge" in cell else Quantity(cell["share"], "%")
    return cell


@pytest.fixture(params=["en", "zh"])
def demo(request: pytest.FixtureRequest) -> Report:
    """The overview in English, then in Chinese."""
    return build_demo(request.param)
