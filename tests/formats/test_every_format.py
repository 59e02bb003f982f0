"""What holds of every format alike: a table that is written and read again is the same table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.errors import UsageError
from crmctl.formats import FORMATS, SUFFIXES, WRITABLE, write
from crmctl.schema.column import Column
from crmctl.sql import idents, sql, values

COLUMNS = [Column('e "mail"', 'e "mail"'), Column("select", "手机"), Column("c d", "c d"), Column("notes", "notes")]
TEXTS = st.text(
    st.characters(exclude_categories=("Cs",)) | st.sampled_from("a,;\t|\"'\\\n\r\0=+-@ 张𠮷é\ufeff"), max_size=12
)
ROWS = st.lists(st.tuples(*[st.none() | TEXTS] * len(COLUMNS)), min_size=1, max_size=6)
# Formats that hold any text at all, and tell an empty one from a missing one.
WHOLE = ("json", "ndjson", "parquet", "arrow", "sqlite")


def again(bench: Any, kind: str, rows: list[tuple[str | None, ...]], suffix: str) -> Any:
    query = sql("select * from (values {rows}) as t({names})", rows=values(rows), names=idents(c.name for c in COLUMNS))
    target = bench.folder / f"again.{suffix}"
    assert write(bench.con, query, target, format=kind, columns=COLUMNS) == len(rows)
    return bench.read(target, encoding="utf-8")


@pytest.mark.parametrize("kind", WHOLE)
@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_any_text_comes_back_whole(shared_bench: Any, kind: str, rows: list[tuple[str | None, ...]]) -> None:
    rows = [("id", *rest) for _, *rest in rows]
    found = again(shared_bench, kind, rows, kind)
    assert found.reading.headers == [column.header for column in COLUMNS]
    assert found.cells == rows
    assert found.reading.read == len(rows)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv.gz", "csv.zst"])
@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_any_text_comes_back_from_delimited_files(
    shared_bench: Any, suffix: str, rows: list[tuple[str | None, ...]]
) -> None:
    """Every record has an id, as records do; what a lone cell looks like is the sniffer's own test."""
    kept = [
        (f"id{number}", *((cell and cell.replace("\0", "")) for cell in rest)) for number, (_, *rest) in enumerate(rows)
    ]
    found = again(shared_bench, suffix.split(".", maxsplit=1)[0], kept, suffix)
    assert found.cells == kept


def test_every_suffix_leads_to_a_format_and_every_format_that_is_written_is_read() -> None:
    assert set(SUFFIXES.values()) == set(FORMATS)
    assert set(WRITABLE) < set(FORMATS)


@pytest.mark.parametrize("kind", sorted(set(FORMATS) - set(WRITABLE)))
def test_a_format_that_is_only_read_is_not_written(bench: Any, kind: str) -> None:
    with pytest.raises(UsageError, match="can be read, but not written; choose one of csv"):
        write(bench.con, sql("select 1 as a"), bench.folder / "x", format=kind, columns=[Column("a", "a")])
