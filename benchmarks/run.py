"""Runs every benchmark and writes benchmarks/RESULTS.md: what was measured, where, and against what.

Wall seconds and peak memory are whole-process figures; comparisons are ratios of runs that took turns.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import cleaning
import dialects
import importing
import nightly
import sampling
import spreadsheets
import startup

RESULTS = Path(__file__).with_name("RESULTS.md")


def machine() -> str:
    """Where the figures come from."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "pyarrow"))
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {libraries}"


def main() -> None:
    """Run all, or those named on the command line."""
    wanted = set(sys.argv[1:]) or {"startup", "nightly", "sampling", "cleaning", "spreadsheets", "dialects"}
    sections = [f"# Results\n\nWritten by `make bench`. Machine: {machine()}.\n"]
    with tempfile.TemporaryDirectory(prefix="crmctl-bench-") as folder:
        if "startup" in wanted:
            sections.append(startup.measure_section())
        if "nightly" in wanted:
            sections.append(nightly.measure(Path(folder)))
        if "importing" in wanted:
            sections.append(importing.measure_section(Path(folder)))
        if "dialects" in wanted:
            sections.append(dialects.measure(Path(folder)))
        if "sampling" in wanted:
            sections.append(sampling.measure(Path(folder)))
        if "spreadsheets" in wanted:
            sections.append(spreadsheets.measure(Path(folder)))
        if "cleaning" in wanted:
            sections.append(cleaning.measure(Path(folder)))
    text = "\n".join(sections)
    print(text)
    if len(wanted) == 6:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
