"""`clean` beside the libraries whose answers it gives: the same answers, and how much sooner."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import cleaning_data
import duckdb
import phonenumbers
import polars as pl
from measuring import CRMCTL, table
from measuring import measure as run
from odd_addresses import odd_addresses
from phone_mutations import mutations

from crmctl.cleaning.email import addresses, validated
from crmctl.cleaning.phone_texts import numbers, parse, split

ROWS = int(os.environ.get("CLEANING_ROWS", "1000000"))
PHONES = int(os.environ.get("CLEANING_PHONES", "1000000"))
SHARE = int(os.environ.get("CLEANING_SHARE", "10"))
"""The libraries read every so many'th row, and their seconds are multiplied; 1 to let them read all."""
_REGIONS = {"中国": "CN", "P.R. China": "CN", "China": "CN", "USA": "US", "United Kingdom": "GB", "Deutschland": "DE"}
_FIELDS = ("email", "phone", "mobile")
_TYPES = {
    "name": "name", "email": "email", "phone": "phone", "mobile": "mobile", "company": "company", "address": "street",
    "country": "country", "birthday": "date", "gender": "gender",
}  # fmt: skip


def _phone(cell: tuple[str, str]) -> str | None:
    try:
        number = phonenumbers.parse(cell[0], cell[1])
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _judged_phone(cell: tuple[str, str | None]) -> tuple[str | None, str | None]:
    return parse.__wrapped__(*cell)


def _email(cell: str) -> str | None:
    return validated.__wrapped__(cell)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _agreement(pool: ProcessPoolExecutor) -> str:
    cells = pl.DataFrame(mutations(PHONES), schema={"text": pl.String, "region": pl.String}, orient="row").unique()
    parse.cache_clear()
    found = pl.concat([part.hstack(numbers(split(part))) for part in cells.iter_slices(131_072)])
    asked = parse.cache_info().misses
    judged = pool.map(_judged_phone, found.select("text", "region").iter_rows(), chunksize=5_000)
    ours = found.select("number", "extension").iter_rows()
    agreed = sum(one == other for one, other in zip(ours, judged, strict=True))
    texts = odd_addresses()
    mails = addresses(pl.Series(texts)).to_list()
    same = sum(one == other for one, other in zip(mails, pool.map(_email, texts, chunksize=500), strict=True))
    rows = [
        (
            "phone numbers, mutated examples of all regions and types",
            cells.height,
            agreed,
            f"{asked / cells.height:.1%}",
        ),
        ("odd e-mail addresses", len(texts), same, ""),
    ]
    return table(["what", "distinct", "same answer", "asked of the library"], rows)


def _libraries(people: pl.DataFrame, pool: ProcessPoolExecutor) -> tuple[float, float]:
    """Seconds for all rows: row by row, and over distinct values in a pool of a process per core."""
    some = people.gather_every(SHARE)
    region = some["country"].replace_strict(_REGIONS, default=some["country"], return_dtype=pl.String)
    phones = [list(zip(some[name], region, strict=True)) for name in ("phone", "mobile")]
    emails = some["email"].to_list()

    def row_by_row() -> None:
        for first, second, email in zip(*phones, emails, strict=True):
            _phone(first), _phone(second), _email(email)

    def distinct() -> None:
        for column in phones:
            list(pool.map(_phone, sorted(set(column)), chunksize=5_000))
        list(pool.map(_email, sorted(set(emails)), chunksize=5_000))

    scale = people.height / some.height
    return _seconds(row_by_row) * scale, _seconds(distinct) * scale


def clean_alone(data: str, folder: str) -> None:
    """Print the seconds of three things: the normalisers of three fields, a bare copy, and all fields with findings."""
    from crmctl.cleaning import NORMALISERS, Context, clean
    from crmctl.cleaning.batches import start
    from crmctl.cleaning.jobs import Job
    from crmctl.schema.column import Column
    from crmctl.sql import ident

    columns = [Column(name, name, semantic_type) for name, semantic_type in _TYPES.items()]
    jobs = [Job(column, NORMALISERS[column.type], Context()) for column in columns if column.name in _FIELDS]
    batches = pl.read_parquet(data).to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches(131_072)
    with ThreadPoolExecutor(pl.thread_pool_size()) as workers:
        list(start(batches[0].slice(0, 1_000), jobs, "country", workers).changes)
        fields = _seconds(lambda: [list(start(batch, jobs, "country", workers).changes) for batch in batches])
    with duckdb.connect(str(Path(folder) / "alone.duckdb")) as con:
        con.execute("set memory_limit = '1GB'")
        con.execute(
            "create table people as select row_number() over () as _id, 'f' as _source,"
            " row_number() over () as _line, * from read_parquet(?)",
            [data],
        ).fetchall()
        copy = _seconds(lambda: con.execute("create table copy as from people").fetchall())
        seconds = _seconds(
            lambda: clean(
                con, ident("people"), columns, into=ident("cleaned"), findings=ident("found"), temporary=False
            )
        )
    print(fields, copy, seconds)


def _alone(data: Path, folder: Path) -> tuple[float, ...]:
    command = [sys.executable, __file__, str(data), str(folder)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(float(seconds) for seconds in printed.split())


def _whole(people: pl.DataFrame, folder: Path, name: str) -> Sequence[object]:
    """The command over a stored dataset: rows, wall and CPU seconds, peak."""
    store, source = folder / f"{name}.duckdb", folder / f"{name}.csv"
    people.write_csv(source)
    run([*CRMCTL, "--store", str(store), "import", str(source), "--into", "people"])
    measured = run([*CRMCTL, "--store", str(store), "clean", "people"])
    return (f"crmctl clean, {people.height:,} rows", measured.wall, measured.cpu, measured.peak)


def measure(folder: Path) -> str:
    """The section of the results."""
    people = cleaning_data.customers(ROWS)
    data = folder / "people.parquet"
    people.write_parquet(data)
    fields, copy, ours = _alone(data, folder)
    whole = _whole(people, folder, "people")
    with ProcessPoolExecutor() as pool:
        single, distinct = _libraries(people, pool)
        agreement = _agreement(pool)
    speed = [
        ("crmctl: e-mail, phone and mobile", fields, 1.0, fields / ours),
        ("the libraries, row by row", single, single / fields, single / ours),
        ("the libraries, distinct values, a process per core", distinct, distinct / fields, distinct / ours),
        ("crmctl: all nine fields, with findings and the new table", ours, ours / fields, 1.0),
        ("bare DuckDB copy of the table", copy, copy / fields, copy / ours),
    ]
    return (
        f"## Clean\n\n{ROWS:,} rows of name, e-mail, phone, mobile, company, address, country, birthday and gender,"
        f" 15 % of them broken. The libraries read one row in {SHARE}; their seconds are multiplied.\n\n"
        + table(["what", "wall, s", "times three fields", "times the table"], speed)
        + "\n\nThe aims are 40 times and 8 times.\n\n"
        + table(["what", "wall, s", "CPU, s", "peak, MB"], [whole])
        + f"\n\nThe aim is 6 copies of {copy:.1f} s, and 1,500 MB.\n\n"
        + agreement
        + "\n"
    )


if __name__ == "__main__":
    clean_alone(*sys.argv[1:])
