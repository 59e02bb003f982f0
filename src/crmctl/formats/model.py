"""What reading a file asks for and what it tells: options, dialect, the account of a reading. Nothing is read here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from crmctl.sql import SQL, sql

if TYPE_CHECKING:
    import duckdb

NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe", " ": "space"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text file is spelled.

    Args:
        encoding: A codec's name; ``utf-8-sig`` and ``utf-16`` carry a byte order mark.
        delimiter: One to four characters.
        quote: The character around cells that need it; empty where nothing is quoted.
        escape: How a quote inside a quoted cell is spelled: ``double``, or with a ``backslash`` before it.
        trailing: A delimiter stands at the end of every record too.
        line_end: What ends a record.
        quoting: ``minimal`` quotes the cells that need it, ``all`` every cell that is not missing.
        final_newline: The last record is ended too.
        header: The first record holds the column names.
        unencodable: A character that the encoding lacks is an ``error``, or written as a question mark: ``replace``.
        evidence: Why it was taken for this, in words.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    escape: Literal["double", "backslash"] = "double"
    trailing: bool = False
    line_end: str = "\n"
    quoting: Literal["minimal", "all"] = "minimal"
    final_newline: bool = True
    header: bool = True
    unencodable: Literal["error", "replace"] = "error"
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says of a file; None leaves it to be found out.

    Args:
        format: One of `FORMATS`.
        encoding: Of a text file.
        delimiter: Of a delimited file.
        sheet: The sheet of a workbook, the table of a database, the member of an archive.
        header: The first record holds the column names.
        table: Which table of a text file that holds several, from 1.
        widths: The columns of a fixed-width file: name and characters.
        password: Of a protected workbook or archive.
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: bool | None = None
    table: int | None = None
    widths: tuple[tuple[str, int], ...] | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a file that may hold several.

    Args:
        path: The file to read: the user's own, or a private copy that was unpacked.
        name: What tells it from its neighbours: a sheet, a member, a table; empty where it is the only one.
        options: What to read it with.
        left_out: The members of an archive that hold no table, so that they can be told of; on the first part only.
    """

    path: Path
    name: str
    options: ReadOptions
    left_out: str = ""


@dataclass(slots=True)
class Reading:
    """The account of one file read: ``read = loaded + rejected + skipped``.

    Args:
        headers: The header cells as the file spells them; the made-up names where it has none.
        columns: Their SQL names, unique whatever the case.
        read: Records found, the header not counted.
        skipped: Blank lines, and instruction lines above the header.
        sha256: Of the file's bytes.
        size: In bytes.
        decision: What was found out, in one line.
        literals: Headers of a JSON file whose every cell is a number, a boolean or nested: their text is JSON.
        remarks: A temporary table of cells whose value the file does not hold whole: ``place`` (the row's, from 0),
            ``column_name`` (one of `columns`), ``status, reason, value``; None where there is none.
    """

    path: Path
    format: str
    dialect: Dialect | None
    sheet: str | None
    headers: list[str]
    columns: list[str]
    read: int
    loaded: int
    rejected: int
    skipped: int
    sha256: str
    size: int
    decision: str
    literals: frozenset[str] = frozenset()
    remarks: SQL | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One call of `read`, handed to the format that serves it."""

    con: duckdb.DuckDBPyConnection
    path: Path
    into: SQL
    rejects: SQL
    source: str
    first_id: int
    workdir: Path
    options: ReadOptions = field(default_factory=ReadOptions)
    temporary: bool = False

    @property
    def table(self) -> SQL:
        """``table`` or ``temp table``, for a CREATE."""
        return sql("temp table") if self.temporary else sql("table")
