"""Writing CSV and TSV in a given dialect. The lines are made in SQL; only encoding and line ends are Python's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from crmctl.errors import FileError, UsageError
from crmctl.formats.delimited.layout import delimiter_of
from crmctl.formats.encodings.names import codec_of
from crmctl.formats.model import Dialect
from crmctl.sql import SQL, disjunction, join, sql

_QUOTE = '"'


def line_of(cells: Sequence[SQL], dialect: Dialect, *, end: str = "") -> SQL:
    """The text of a record: NULL is an empty cell, '' a quoted empty one. ``end`` is what stands behind it."""
    delimiter = delimiter_of(dialect.delimiter)
    parts: list[SQL] = []
    for number, cell in enumerate(cells):
        if number:
            parts.append(sql("{delimiter}", delimiter=delimiter))
        parts.append(_cell(sql("({cell})::varchar", cell=cell), delimiter, dialect))
    if last := delimiter * dialect.trailing + end:
        parts.append(sql("{last}", last=last))
    # It leaves out NULLs.
    return sql("concat({parts})", parts=join(parts))


def _cell(text: SQL, delimiter: str, dialect: Dialect) -> SQL:
    quote = dialect.quote or _QUOTE
    inner = text
    for plain, escaped in _escapes(dialect):
        inner = sql("replace({inner}, {plain}, {escaped})", inner=inner, plain=plain, escaped=escaped)
    quoted = sql("{quote} || {inner} || {quote}", inner=inner, quote=quote)
    if dialect.quoting == "all":
        return quoted
    special = disjunction(
        sql("contains({text}, {mark})", text=text, mark=mark) for mark in _special(delimiter, dialect)
    )
    return sql(
        "case when {text} = '' or {special} then {quoted} else {text} end", text=text, special=special, quoted=quoted
    )


def _special(delimiter: str, dialect: Dialect) -> list[str]:
    """What makes a cell need quotes."""
    escape = ["\\"] if dialect.escape == "backslash" else []
    return [delimiter, dialect.quote or _QUOTE, "\n", "\r", *escape]


def _escapes(dialect: Dialect) -> list[tuple[str, str]]:
    """What is spelled otherwise inside a quoted cell."""
    quote = dialect.quote or _QUOTE
    if dialect.escape == "backslash":
        return [("\\", "\\\\"), (quote, "\\" + quote)]
    return [(quote, quote * 2)]


def header_line(headers: Sequence[str], dialect: Dialect) -> str:
    """The header record without its line end."""
    delimiter, quote = delimiter_of(dialect.delimiter), dialect.quote or _QUOTE
    cells = []
    for header in headers:
        inner = header
        for plain, escaped in _escapes(dialect):
            inner = inner.replace(plain, escaped)
        needs = dialect.quoting == "all" or any(mark in header for mark in _special(delimiter, dialect))
        cells.append(quote + inner + quote if needs else header)
    return delimiter.join(cells) + (delimiter if dialect.trailing else "")


def write_delimited(stream: BinaryIO, batches: Any, headers: Sequence[str], dialect: Dialect) -> int:
    """Write batches of one column, the records with their line ends, below the header.

    Returns:
        The number of records, the header not counted.

    Raises:
        FileError: A character has no place in the encoding.
    """
    stream.write(codec_of(dialect.encoding)[1])
    text = _Encoded(stream, dialect)
    if dialect.header:
        text.write((header_line(headers, dialect) + dialect.line_end).encode("utf-8", "surrogatepass"))
    total = 0
    for batch in batches:
        total += batch.num_rows
        text.write(_text(batch.column(0)))
    text.close()
    return total


def _text(lines: Any) -> memoryview:
    """The texts of an Arrow array one behind the other, in UTF-8, without copying them."""
    import pyarrow as pa

    array = lines if pa.types.is_string(lines.type) else lines.cast(pa.string())
    _, offsets, data = array.buffers()
    if data is None or not len(array):
        return memoryview(b"")
    ends = memoryview(offsets).cast("i")
    return memoryview(data)[ends[array.offset] : ends[array.offset + len(array)]]


class _Encoded:
    """Text on its way into a stream; the last line end of all is written only where the dialect has one."""

    def __init__(self, stream: BinaryIO, dialect: Dialect) -> None:
        self._stream, self._dialect = stream, dialect
        self._codec = codec_of(dialect.encoding)[0]
        self._errors = "strict" if dialect.unencodable == "error" else "replace"
        self._end = b"" if dialect.final_newline else dialect.line_end.encode()
        self._held = b""

    def write(self, text: bytes | memoryview) -> None:
        """Write UTF-8 that ends where a record does."""
        if not len(text):
            return
        self._put(self._held)
        self._put(text[: len(text) - len(self._end)])
        self._held = self._end

    def close(self) -> None:
        """What is held back is the last line end."""
        self._held = b""

    def _put(self, text: bytes | memoryview) -> None:
        if self._codec == "utf-8":
            self._stream.write(text)
            return
        try:
            self._stream.write(str(text, "utf-8").encode(self._codec, self._errors))
        except UnicodeEncodeError as error:
            raise FileError(
                "{encoding} has no {character!r}", cure="write utf-8 or gb18030",
                encoding=self._dialect.encoding, character=error.object[error.start],
            ) from None  # fmt: skip


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
        or len(dialect.quote) > 1
    ):
        raise UsageError("this is no way to write a text file: {dialect}", cure="use a plain dialect", dialect=dialect)
    return dialect
