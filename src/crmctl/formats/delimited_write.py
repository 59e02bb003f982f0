"""Writing CSV and TSV in a given dialect. The lines are made in SQL; only encoding and line ends are Python's."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any, BinaryIO

from crmctl.errors import FileError, UsageError
from crmctl.formats.encoding import codec_of
from crmctl.formats.layout import delimiter_of
from crmctl.formats.model import Dialect
from crmctl.sql import SQL, join, sql


def line_of(cells: Sequence[SQL], dialect: Dialect) -> SQL:
    """The text of a record without its line end: NULL is an empty cell, '' a quoted empty one."""
    delimiter = delimiter_of(dialect.delimiter)
    between = sql(" || {delimiter} || ", delimiter=delimiter)
    parts: list[SQL] = []
    for number, cell in enumerate(cells):
        if number:
            parts.append(between)
        parts.append(_cell(sql("({cell})::varchar", cell=cell), delimiter, dialect))
    return join(parts, " ")


def _cell(text: SQL, delimiter: str, dialect: Dialect) -> SQL:
    quote, doubled = dialect.quote, dialect.quote * 2
    quoted = sql("{quote} || replace({text}, {quote}, {doubled}) || {quote}", text=text, quote=quote, doubled=doubled)
    if dialect.quoting == "all":
        return sql("coalesce({quoted}, '')", quoted=quoted)
    return sql(
        "case when {text} is null then '' when {text} = '' or contains({text}, {delimiter}) "
        "or contains({text}, {quote}) or contains({text}, chr(10)) or contains({text}, chr(13)) "
        "then {quoted} else {text} end",
        text=text, delimiter=delimiter, quote=quote, quoted=quoted,
    )  # fmt: skip


def header_line(headers: Sequence[str], dialect: Dialect) -> str:
    """The header record without its line end."""
    special = (dialect.delimiter, dialect.quote, "\n", "\r")
    quote = dialect.quote
    return delimiter_of(dialect.delimiter).join(
        quote + header.replace(quote, quote * 2) + quote
        if dialect.quoting == "all" or any(mark in header for mark in special)
        else header
        for header in headers
    )


def write_delimited(stream: BinaryIO, batches: Any, headers: Sequence[str], dialect: Dialect) -> int:
    """Write batches of one column, the lines, below the header.

    Returns:
        The number of records, the header not counted.

    Raises:
        FileError: A character has no place in the encoding.
    """
    codec, mark = codec_of(dialect.encoding)
    encoder = codecs.getincrementalencoder(codec)("strict")
    stream.write(mark)
    pending = [header_line(headers, dialect)] if dialect.header else []
    total, started = 0, False
    for batch in batches:
        lines = batch.column(0).to_pylist()
        total += len(lines)
        started = _put(stream, encoder, pending + lines, dialect, started)
        pending = []
    started = _put(stream, encoder, pending, dialect, started)
    if started and dialect.final_newline:
        stream.write(encoder.encode(dialect.line_end))
    return total


def _put(
    stream: BinaryIO, encoder: codecs.IncrementalEncoder, lines: list[str], dialect: Dialect, started: bool
) -> bool:
    """Write records with line ends between them, none after the last; tells whether anything has been written."""
    if not lines:
        return started
    text = dialect.line_end.join(lines)
    try:
        stream.write(encoder.encode(dialect.line_end + text if started else text))
    except UnicodeEncodeError as error:
        raise FileError(
            "{encoding} has no {character!r}", cure="write utf-8 or gb18030",
            encoding=dialect.encoding, character=error.object[error.start],
        ) from None  # fmt: skip
    return True


def checked(dialect: Dialect) -> Dialect:
    """A dialect that can be written.

    Raises:
        UsageError: It makes no sense.
    """
    codec_of(dialect.encoding)
    delimiter_of(dialect.delimiter)
    if (
        dialect.quoting not in {"minimal", "all"}
        or dialect.line_end not in {"\n", "\r\n", "\r"}
        or len(dialect.quote) != 1
    ):
        raise UsageError("this is no way to write a text file: {dialect}", cure="use a plain dialect", dialect=dialect)
    return dialect
