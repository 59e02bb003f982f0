"""The report model and its forms: one self-contained HTML page, Markdown, JSON. It knows no store and no step."""

from __future__ import annotations

from crmctl.reporting.markdown import to_markdown
from crmctl.reporting.model import (
    Alignment,
    Badge,
    BarChart,
    Block,
    Cell,
    Chart,
    ColumnChart,
    Figure,
    Figures,
    Funnel,
    HeatMap,
    Item,
    Number,
    Quantity,
    Report,
    Section,
    StackedBar,
    StackedRow,
    TableBlock,
    Text,
    Tone,
)
from crmctl.reporting.page import to_html
from crmctl.reporting.plain import to_json
from crmctl.reporting.words import words
from crmctl.reporting.writing import write_report

__all__ = [
    "Alignment",
    "Badge",
    "BarChart",
    "Block",
    "Cell",
    "Chart",
    "ColumnChart",
    "Figure",
    "Figures",
    "Funnel",
    "HeatMap",
    "Item",
    "Number",
    "Quantity",
    "Report",
    "Section",
    "StackedBar",
    "StackedRow",
    "TableBlock",
    "Text",
    "Tone",
    "to_html",
    "to_json",
    "to_markdown",
    "words",
    "write_report",
]
