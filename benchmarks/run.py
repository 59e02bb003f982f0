"""Runs every benchmark and writes benchmarks/RESULTS.md: what was measured, where, and against what.

Wall seconds and peak memory are whole-process figures; comparisons are ratios of runs that took turns.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable
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
    """Run all, or those named on the command line; what was not run stays in the results as it was."""
    wanted = sys.argv[1:] or list(SECTIONS)
    found = _sections(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory(prefix="crmctl-bench-") as folder:
        for name in wanted:
            text = SECTIONS[name](Path(folder))
            print(text)
            found[name] = f"<!-- {name} -->\n{text.rstrip()}\n"
    parts = [f"# Results\n\nWritten by `make bench`. Machine: {machine()}.\n"]
    parts += [found[name] for name in SECTIONS if name in found]
    RESULTS.write_text("\n".join(parts), encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    """The results there are, by the name in the comment above each."""
    pieces = re.split(r"^<!-- (\w+) -->\n", text, flags=re.MULTILINE)
    return {name: f"<!-- {name} -->\n{body.rstrip()}\n" for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}


SECTIONS: dict[str, Callable[[Path], str]] = {
    "startup": lambda _: startup.measure_section(),
    "nightly": nightly.measure,
    "importing": importing.measure_section,
    "dialects": dialects.measure,
    "sampling": sampling.measure,
    "spreadsheets": spreadsheets.measure,
    "cleaning": cleaning.measure,
}


if __name__ == "__main__":
    main()
