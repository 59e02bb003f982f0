"""Import and export of 1,000,000 rows beside bare DuckDB: the same file in turns, each time in a process of its own."""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
from measuring import CRMCTL, Measured, measure, table

ROWS, MANY, PAIRS = 1_000_000, 3_000_000, 7
MEMORY = "350MB"
_MAKE = """
copy (select 100000 + i as id,
    ['张伟', '王芳', '李娜', 'John Smith', 'Mary Brown', '陈静'][1 + i % 6] || (i % 977) as full_name,
    'user' || i || '@example.com' as email, '+86138' || lpad((i * 7919 % 100000000)::varchar, 8, '0') as phone,
    ['北京', '上海', 'London', 'Berlin', '广州'][1 + i % 5] as city,
    (i % 999) || ' 建国路 Main Street, Unit ' || (i % 77) as street,
    ['Acme Ltd', '腾讯科技有限公司', 'Globex "G" Corp', 'Initech'][1 + i % 4] as company,
    (date '1960-01-01' + (i % 15000)::int)::varchar as birthday,
    (date '2020-01-01' + (i % 2000)::int)::varchar as created_at, ['CN', 'GB', 'DE', 'US'][1 + i % 4] as country,
    (i % 100000 / 100.0)::decimal(10, 2)::varchar as total_spent,
    case when i % 3 = 0 then '' else 'follow up next week, call before noon ' || (i % 1000) end as notes
    from range({rows}) t(i)) to '{target}' (header true)
"""
_LOAD = (
    "import duckdb, sys; c = duckdb.connect(sys.argv[1], config={'memory_limit': sys.argv[3]});"
    "c.execute('set enable_progress_bar = false');"
    "c.execute('create table x as select * from read_csv(?, all_varchar = true)', [sys.argv[2]]); c.close()"
)
_COPY = (
    "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
    "c.execute('set enable_progress_bar = false'); c.execute(f\"copy x to '{sys.argv[2]}' (header true)\")"
)


def measure_section(folder: Path, pairs: int = PAIRS) -> str:
    """The section of the results.

    Args:
        folder: Where files and stores may lie.
        pairs: How often each comparison is made.
    """
    plain, chinese = folder / "customers.csv", folder / "customers-gb18030.csv"
    _generate(ROWS, plain)
    _transcode(plain, chinese)
    load = [sys.executable, "-c", _LOAD, str(folder / "bare.duckdb"), str(plain), "1GB"]
    copy = [sys.executable, "-c", _COPY, str(folder / "bare.duckdb"), str(folder / "copy.csv")]
    store = str(folder / "own.duckdb")
    export = [*CRMCTL, "--store", store, "export", "x", "-o", str(folder / "export.csv")]
    rows = []
    for name, limit, ours, bare in (
        ("UTF-8 CSV into the store", 1.5, _import(folder, plain), load),
        ("GB18030 CSV into the store", 2.5, _import(folder, chinese), load),
        ("dataset to CSV", 1.3, export, copy),
    ):
        fresh = name.endswith("store")
        taken = [(_run(folder, ours, fresh=fresh), _run(folder, bare, fresh=fresh)) for _ in range(pairs)]
        rows.append((name, *_ratios(taken), limit, max(one.peak for one, _ in taken)))
    peaks = [(f"{ROWS:,}", _peak(folder, plain)), (f"{MANY:,}", _many(folder))]
    return (
        f"## Import and export of {ROWS:,} rows × 12 columns\n\n"
        f"Medians of {pairs} pairs of processes that took turns; a ratio is crmctl's figure over bare DuckDB's.\n\n"
        + table(("what", "wall s", "wall ratio", "CPU s", "CPU ratio", "at most", "peak MB"), rows)
        + f"\n\nPeak memory of an import with `CRMCTL_MEMORY={MEMORY}`:\n\n"
        + table(("rows", "peak MB"), peaks) + "\n"
    )  # fmt: skip


def _generate(rows: int, target: Path) -> None:
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        con.execute(_MAKE.format(rows=rows, target=target))  # our own numbers and path


def _transcode(source: Path, target: Path) -> None:
    with source.open(encoding="utf-8", newline="") as text, target.open("w", encoding="gb18030", newline="") as file:
        shutil.copyfileobj(text, file, 1 << 20)


def _import(folder: Path, path: Path) -> list[str]:
    store = str(folder / "own.duckdb")
    return [*CRMCTL, "--store", store, "--quiet", "import", str(path), "--into", "x", "--schema", "customer"]


def _run(folder: Path, command: list[str], *, fresh: bool) -> Measured:
    if fresh:
        name = "bare" if command[1] == "-c" else "own"
        for path in folder.glob(f"{name}.duckdb*"):
            path.unlink()
    return measure(command)


def _ratios(taken: list[tuple[Measured, Measured]]) -> tuple[float, float, float, float]:
    """Our median wall and CPU seconds, each with the median of its ratio to the peer's."""

    def median(figure: Callable[[Measured, Measured], float]) -> float:
        return statistics.median(figure(one, other) for one, other in taken)

    return (
        median(lambda one, _: one.wall), median(lambda one, other: one.wall / other.wall),
        median(lambda one, _: one.cpu), median(lambda one, other: one.cpu / other.cpu),
    )  # fmt: skip


def _peak(folder: Path, path: Path) -> float:
    return _run(folder, ["env", f"CRMCTL_MEMORY={MEMORY}", *_import(folder, path)], fresh=True).peak


def _many(folder: Path) -> float:
    path = folder / "many.csv"
    _generate(MANY, path)
    try:
        return _peak(folder, path)
    finally:
        path.unlink()


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory(prefix="crmctl-bench-") as place:
        print(measure_section(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS))
