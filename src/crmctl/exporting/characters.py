"""Characters that an encoding lacks, found among those that occur before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from crmctl.sql import SQL, join, sql

_COMPLETE = frozenset({"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"})


def lacking(con: duckdb.DuckDBPyConnection, rows: SQL, cells: Sequence[SQL], encoding: str) -> SQL | None:
    """A pattern of the characters in these cells that an encoding lacks; None where it has them all.

    Args:
        con: The connection; no result may be open on it.
        rows: The rows.
        cells: The cells, as text.
        encoding: The encoding's own name.
    """
    if encoding in _COMPLETE:
        return None
    together = sql("concat_ws('', {cells})", cells=join(cells))
    query = sql(
        r"select distinct unnest(string_split(regexp_replace({text}, '[\x00-\x7F]+', '', 'g'), '')) from {rows}"
        r" where regexp_matches({text}, '[^\x00-\x7F]')",
        text=together, rows=rows,
    )  # fmt: skip
    marks = "".join(str(text) for (text,) in con.execute(query.text, query.values).fetchall())
    absent = sorted({ord(mark) for mark in marks if not _has(encoding, mark)})
    if not absent:
        return None
    return sql("{pattern}", pattern="[" + "".join(f"\\x{{{code:X}}}" for code in absent) + "]")


def _has(encoding: str, mark: str) -> bool:
    try:
        mark.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
