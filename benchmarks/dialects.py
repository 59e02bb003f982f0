"""Polluted text files read with no flags: cell and record F1 beside DuckDB's sniffer and CleverCSV.

Cells and records are compared as bags, as Pollock does (Vitagliano et al., 2023); a missing cell counts as empty.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path

import duckdb
from measuring import table
from pollution import Case, Row, cases

Table = tuple[Row, list[Row]]
Reader = Callable[[Path], Table]

_DUCKDB: tuple[dict[str, object], ...] = (
    {},
    {"ignore_errors": True},
    {"null_padding": True},
    {"ignore_errors": True, "null_padding": True},
    {"strict_mode": False, "ignore_errors": True, "null_padding": True},
)


def ours(path: Path) -> Table:
    """The file as `crmctl.formats.read` reads it."""
    from crmctl.formats import read
    from crmctl.sql import ident

    with tempfile.TemporaryDirectory() as folder:
        con = duckdb.connect()
        reading = read(
            con, path, ident("rows"), rejects=ident("rejects"), source="s", first_id=1, workdir=Path(folder),
        )  # fmt: skip
        rows = con.execute("select * exclude (_id, _source, _line) from rows order by _id").fetchall()
    headed = reading.dialect is None or reading.dialect.header
    return (list(reading.headers) if headed else []), _texts(rows)


def duckdbs(options: dict[str, object]) -> Reader:
    """A reader that leaves everything to DuckDB's sniffer but these options."""

    def reader(path: Path) -> Table:
        found = duckdb.connect().read_csv(str(path), all_varchar=True, **options)
        made_up = all(name == f"column{number}" for number, name in enumerate(found.columns))
        return ([] if made_up else found.columns), _texts(found.fetchall())

    return reader


def clevercsvs(path: Path) -> Table:
    """The file as CleverCSV's detector and reader take it, its encoding as it detects it."""
    import clevercsv

    rows = clevercsv.read_table(str(path))
    return (rows[0] if rows else []), rows[1:]


def _texts(rows: Iterable[tuple[object, ...]]) -> list[Row]:
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def score(case: Case, found: Table) -> tuple[float, float]:
    """F1 of the cells, header cells included, and of the records."""
    header, rows = found
    if not case.header and header:
        # A reader that takes the first record for a header has still read its cells.
        rows = [header, *rows] if case.rows and header == case.rows[0] else rows
    cells = _f1((c for row in [case.header, *case.rows] for c in row), (c for row in [header, *rows] for c in row))
    return cells, _f1(map(tuple, case.rows), map(tuple, rows))


def _f1(expected: Iterable[Hashable], found: Iterable[Hashable]) -> float:
    wanted, got = Counter(expected), Counter(found)
    both = wanted.total() + got.total()
    return 2 * (wanted & got).total() / both if both else 1.0


def _tried(reader: Reader, path: Path, case: Case) -> tuple[float, float]:
    try:
        return score(case, reader(path))
    except Exception:
        return 0.0, 0.0


def results(folder: Path) -> dict[str, dict[str, tuple[float, float]]]:
    """For every file and reader the two figures; DuckDB's are those of the options that serve it best, file by file."""
    found: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for number, case in enumerate(cases()):
        path = folder / f"{number:03}.csv"
        path.write_bytes(case.content)
        found[case.name]["crmctl"] = _tried(ours, path, case)
        found[case.name]["DuckDB, best of five"] = max(_tried(duckdbs(options), path, case) for options in _DUCKDB)
        found[case.name]["DuckDB, as it is"] = _tried(duckdbs({}), path, case)
        found[case.name]["CleverCSV"] = _tried(clevercsvs, path, case)
    return found


def measure(folder: Path) -> str:
    """The section of the results."""
    found = results(folder)
    readers = list(next(iter(found.values())))
    rows: list[tuple[object, ...]] = []
    for reader in readers:
        cells, records = zip(*(scores[reader] for scores in found.values()), strict=True)
        whole = sum(cell == record == 1.0 for cell, record in zip(cells, records, strict=True))
        rows.append((reader, statistics.mean(cells) * 100, statistics.mean(records) * 100, whole))
    own = {name: scores["crmctl"] for name, scores in found.items()}
    below = [(name, cells * 100, records * 100) for name, (cells, records) in own.items() if min(cells, records) < 1]
    summary = table(["reader", "cell F1, %", "record F1, %", "files without a fault"], rows)
    lost = table(["file", "cell F1", "record F1"], below) if below else "None."
    return (
        f"## Dialects\n\n{len(found)} polluted files, one defect each and some together, read with no flags. DuckDB"
        " reads all as text; its best of five is chosen file by file, with and without `ignore_errors`,"
        f" `null_padding`, `strict_mode`.\n\n{summary}\n\n"
        f"Files that crmctl does not read whole:\n\n{lost}\n"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.stdout.write(measure(Path(made)))
