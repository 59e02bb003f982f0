"""How long `crmctl --help` takes, beside importing click alone."""

from __future__ import annotations

import statistics
import sys

from measuring import CRMCTL, measure, table

PAIRS = 15


def measure_pairs() -> list[tuple[float, float]]:
    """Wall seconds of both commands, in turn."""
    click = [sys.executable, "-c", "import click"]
    measure([*CRMCTL, "--help"]), measure(click)
    return [(measure([*CRMCTL, "--help"]).wall, measure(click).wall) for _ in range(PAIRS)]


def _section(pairs: list[tuple[float, float]]) -> str:
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    rows = [("crmctl --help", ours * 1000), ("python -c 'import click'", theirs * 1000)]
    return (
        f"## Start\n\nMedians of {PAIRS} pairs.\n\n{table(['command', 'ms'], rows)}\n\n"
        f"Ratio, median of the pairs: {ratio:.2f} (at most 1.5 is the aim).\n"
    )


def measure_section() -> str:
    """The section of the results."""
    return _section(measure_pairs())
