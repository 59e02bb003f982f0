"""The nightly recipe over a sample of 100,000 customers, step by step."""

from __future__ import annotations

import os
import re
from pathlib import Path

from measuring import CRMCTL, table
from measuring import measure as run

CUSTOMERS = int(os.environ.get("CUSTOMERS", "100000"))
_STEP = re.compile(r"^(\S.*) \((\d+\.\d) s\)$", re.MULTILINE)


def measure(folder: Path) -> str:
    """The section of the results."""
    data, store = folder / "data", folder / "crm.duckdb"
    generated = run([*CRMCTL, "sample", "--customers", str(CUSTOMERS), "--seed", "1", "--out", str(data)])
    recipe = ["run", "nightly", "--set", f"data={data}", "--set", f"out={data / 'out'}"]
    first = run([*CRMCTL, "--store", str(store), "-v", *recipe])
    again = run([*CRMCTL, "--store", str(store), "-v", *recipe])
    steps = [(name, float(seconds)) for name, seconds in _STEP.findall(first.stderr)]
    later = [float(seconds) for _, seconds in _STEP.findall(again.stderr)]
    rows: list[tuple[object, ...]] = [
        (f"{number}. {name}", seconds, other)
        for number, ((name, seconds), other) in enumerate(zip(steps, later, strict=True), 1)
    ]
    rows.append(("**all, start to finish**", first.wall, again.wall))
    rows.append(("CPU seconds", first.cpu, again.cpu))
    rows.append(("peak memory, MB", first.peak, again.peak))
    rows.append(("store afterwards, MB", "", store.stat().st_size / 2**20))
    return (
        f"## Nightly\n\n`recipes/nightly.yaml` over {CUSTOMERS:,} customers (made in {generated.wall:.1f} s),"
        " the first night and the one after. The aim is under 60 s and 1,500 MB.\n\n"
        + table(["step", "first, s", "again, s"], rows)
        + "\n"
    )
