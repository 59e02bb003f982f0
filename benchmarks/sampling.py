"""The generator at its promised size: 1,000,000 customers with 5,000,000 orders."""

from __future__ import annotations

from pathlib import Path

from measuring import CRMCTL, table
from measuring import measure as run


def measure(folder: Path) -> str:
    """The section of the results."""
    made = run([*CRMCTL, "sample", "--customers", "1000000", "--seed", "1", "--out", str(folder / "million")])
    rows = [("1,000,000 customers", made.wall, made.cpu, made.peak)]
    return "## Sample\n\nThe aim is under 120 s.\n\n" + table(["what", "wall, s", "CPU, s", "peak, MB"], rows) + "\n"
