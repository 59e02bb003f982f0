"""Workbooks in and out: the reader beside fastexcel alone, the writer beside xlsxwriter alone; start-up aside.

Run as a program it measures one candidate in a process of its own, so that none profits from another's warm memory.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import table

ROWS, PAIRS = int(os.environ.get("SHEET_ROWS", "100000")), int(os.environ.get("PAIRS", "5"))
_TYPES = ("id", "name", "phone", "email", "company", "city", "street", "money", "date", "tags", "text", "boolean")


def measure(folder: Path) -> str:
    """The section of the results."""
    book = folder / "book.xlsx"
    _make(book, ROWS)
    names = ("read", "fastexcel", "write", "xlsxwriter")
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for _ in range(PAIRS):
        for name in names:
            told = subprocess.run(
                [sys.executable, __file__, name, str(book)], check=True, capture_output=True, text=True
            ).stdout.split()
            found[name].append((float(told[0]), float(told[1]), float(told[2])))
    middle = {name: [statistics.median(run[i] for run in runs) for i in range(3)] for name, runs in found.items()}
    rows = [
        ("crmctl, workbook into a DuckDB table", *middle["read"], _ratio(found, "read", "fastexcel")),
        ("fastexcel alone, into a Polars frame", *middle["fastexcel"], 1.0),
        ("crmctl, typed workbook out of DuckDB", *middle["write"], _ratio(found, "write", "xlsxwriter")),
        ("xlsxwriter alone, constant memory, all text", *middle["xlsxwriter"], 1.0),
    ]
    return (
        f"## Spreadsheets\n\n.xlsx of {ROWS:,} rows × {len(_TYPES)} columns, medians of {PAIRS} turns, start-up aside;"
        " times the peer is the median of the pairs. Reading aims at 2 times fastexcel at most.\n\n"
        + table(["", "wall, s", "CPU, s", "peak, MB", "times the peer"], rows)
        + "\n"
    )


def _ratio(found: dict[str, list[tuple[float, float, float]]], one: str, other: str) -> float:
    return statistics.median(a[0] / b[0] for a, b in zip(found[one], found[other], strict=True))


def _make(book: Path, rows: int) -> None:
    """A workbook as Excel would keep it: shared texts, numbers as phones, real dates."""
    import datetime as dt

    import xlsxwriter

    with xlsxwriter.Workbook(str(book)) as workbook:
        sheet, day = workbook.add_worksheet("客户"), workbook.add_format({"num_format": "yyyy-mm-dd"})
        headers = "客户编号 姓名 手机 邮箱 公司 城市 地址 金额 注册日期 标签 备注 VIP"
        sheet.write_row(0, 0, headers.split())
        for n in range(1, rows + 1):
            name, city = "张王李赵陈"[n % 5] + "伟芳娜敏静"[n % 7 % 5], ("上海", "北京", "New York")[n % 3]
            sheet.write_row(n, 0, [f"C{n:07d}", name, 13_800_000_000 + n, f"user{n}@example{n % 100}.com"])
            sheet.write_row(n, 4, [f"上海{n % 5000}科技有限公司", city, f"建国路{n}号", n * 7 % 999_983 / 100])
            sheet.write_datetime(n, 8, dt.datetime(2020, 1, 1) + dt.timedelta(days=n % 1500), day)
            sheet.write_row(n, 9, ["ABCD"[n % 4], f"note & <{n % 50}" if n % 3 else None, n % 2 == 0])


def _read(book: Path, folder: Path) -> tuple[Any, Callable[[], Any]]:
    import duckdb

    from crmctl.formats import read
    from crmctl.sql import ident

    con = duckdb.connect(str(folder / "store.duckdb"))
    arguments: dict[str, Any] = {"rejects": ident("rejects"), "source": "s", "first_id": 1, "workdir": folder}
    return con, lambda: read(con, book, ident("customers"), **arguments)


def _write(book: Path, folder: Path) -> tuple[Any, Callable[[], Any]]:
    from crmctl.formats import write
    from crmctl.schema.column import Column
    from crmctl.sql import sql

    con, load = _read(book, folder)
    columns = [Column(name, name, kind) for name, kind in zip(load().columns, _TYPES, strict=True)]
    query = sql("select * from customers order by _id")
    return con, lambda: write(con, query, folder / "out.xlsx", format="xlsx", columns=columns)


def _fastexcel(book: Path, _folder: Path) -> tuple[Any, Callable[[], Any]]:
    import fastexcel

    return None, lambda: fastexcel.read_excel(str(book)).load_sheet(0).to_polars()


def _xlsxwriter(book: Path, folder: Path) -> tuple[Any, Callable[[], Any]]:
    import fastexcel
    import xlsxwriter

    rows = fastexcel.read_excel(str(book)).load_sheet(0, dtypes="string").to_polars().rows()

    def write() -> None:
        with xlsxwriter.Workbook(str(folder / "out.xlsx"), {"constant_memory": True}) as workbook:
            sheet = workbook.add_worksheet()
            for number, row in enumerate(rows):
                for column, text in enumerate(row):
                    if text is not None:
                        sheet.write_string(number, column, text)

    return None, write


def main(name: str, book: Path) -> None:
    """Measure one candidate: wall and CPU seconds, peak memory in MB."""
    import duckdb  # noqa: F401 - start-up is not counted
    import fastexcel  # noqa: F401 - likewise
    import numpy as np  # noqa: F401 - likewise
    import polars as pl  # noqa: F401 - likewise
    import pyarrow as pa  # noqa: F401 - likewise

    candidate = {"read": _read, "write": _write, "fastexcel": _fastexcel, "xlsxwriter": _xlsxwriter}[name]
    with tempfile.TemporaryDirectory() as warm, tempfile.TemporaryDirectory() as folder:
        # One turn on a book of ten rows: what is loaded on first use is start-up too.
        small = Path(warm) / "small.xlsx"
        _make(small, 10)
        _warmed, work = candidate(small, Path(warm))
        work()
        _held, work = candidate(book, Path(folder))
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
