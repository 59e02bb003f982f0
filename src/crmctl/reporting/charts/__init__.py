"""Charts as SVG: pure functions from a block, a width in px and the page's words. Colours are the style sheet's."""

from __future__ import annotations

from crmctl.reporting.charts.bars import bar_chart, funnel, funnel_items
from crmctl.reporting.charts.columns import column_chart
from crmctl.reporting.charts.heatmap import heat_map
from crmctl.reporting.charts.stacked import stacked_bar
from crmctl.reporting.model import BarChart, Chart, ColumnChart, Funnel, StackedBar
from crmctl.reporting.svg import Svg
from crmctl.reporting.words import Words

__all__ = ["draw", "funnel_items"]


def draw(chart: Chart, width: float, words: Words) -> Svg:
    """Any chart, drawn for a width in px."""
    match chart:
        case BarChart():
            return bar_chart(chart, width, words)
        case ColumnChart():
            return column_chart(chart, width, words)
        case Funnel():
            return funnel(chart, width, words)
        case StackedBar():
            return stacked_bar(chart, width, words)
        case _:
            return heat_map(chart, width, words)
