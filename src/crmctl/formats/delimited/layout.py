"""The layout of one table of a delimited file: its header, what stands above and below it, what its columns hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from crmctl.errors import UsageError
from crmctl.formats.delimited.grammar import Grammar, Marks
from crmctl.formats.delimited.repair import Mender
from crmctl.formats.delimited.sniff import Sniffed
from crmctl.formats.sheets.footer import footer_start
from crmctl.formats.sheets.header import Header, read_header
from crmctl.formats.sheets.kinds import Profile, profiles
from crmctl.formats.sheets.remarks import filled
from crmctl.messages import translate

HEAD = 256 << 10
_RECORDS = 1_000
_FIRST = 20
# Only a part of a larger file ends within a cell.
_CUT = 50_000
_SPELLED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " ", "colon": ":"}
_LONGEST_DELIMITER = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the header and the records of a table are.

    Args:
        marks: The characters that give it its structure.
        headers: The header cells; empty where there is no header.
        width: The cells of a record.
        offset: The byte at which the records begin.
        first_line: The physical line at which they begin, 1-based.
        stop: The byte at which they end.
        header_line: The physical line of the header; None where there is none.
        header_rows: How many rows were joined to one header.
        above: Lines above the records that are skipped, blank ones apart: titles, instructions, examples.
        under: How many of them stand between the header and the records.
        blank_above: Blank lines there.
        below: Rows below the last record: sums, footnotes, empty rows.
        quoting: As in `Dialect`.
        trailing: Every record ends with a delimiter.
        columns: What the columns hold.
        header_text: The bytes of the header's record, to know it again; empty where it has several.
        remarks: What is odd about the header, in words.
        evidence: Why this delimiter, in words.
    """

    marks: Marks
    headers: tuple[str, ...]
    width: int
    offset: int
    first_line: int
    stop: int
    header_line: int | None
    header_rows: int
    above: int
    under: int
    blank_above: int
    below: int
    quoting: Literal["minimal", "all"]
    trailing: bool
    columns: tuple[Profile, ...]
    header_text: bytes
    remarks: tuple[str, ...]
    evidence: str

    @property
    def delimiter(self) -> str:
        """As text."""
        return self.marks.delimiter.decode()


@dataclass(slots=True)
class Record:
    """One record of a piece of a file: its cells as spelled, where it is, its first and last line."""

    raw: list[bytes]
    start: int
    end: int
    line: int
    end_line: int
    sound: bool
    cells: list[str]

    @property
    def blank(self) -> bool:
        """A blank line."""
        return len(self.raw) == 1 and not self.raw[0].strip(b" \t\r\0\x1a")


def delimiter_of(asked: str) -> str:
    """The delimiter a user names: the characters themselves, or `tab`, `comma`, `semicolon`, `pipe`, `space`, `colon`.

    Raises:
        UsageError: It is none, or one that has a meaning of its own.
    """
    delimiter = _SPELLED.get(asked.lower(), asked)
    alphanumeric = any(character.isalnum() for character in delimiter)
    if not 0 < len(delimiter) <= _LONGEST_DELIMITER or alphanumeric or set(delimiter) & set('"\r\n\0\\'):
        raise UsageError(
            "{delimiter!r} cannot be a delimiter", cure="use one character, such as , ; | or tab", delimiter=asked
        )
    return delimiter


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a file that begins and ends with whole lines.

    Args:
        text: Its bytes.
        base: Where in the file it begins.
        line: The physical line at which it begins.
    """

    text: bytes
    base: int
    line: int = 1

    @property
    def stop(self) -> int:
        """Where in the file it ends."""
        return self.base + len(self.text)


def find_layout(head: Piece, tail: Piece, sniffed: Sniffed, *, header: bool | None) -> Layout:
    """The layout of a table.

    Args:
        head: The first part of the table.
        tail: Its last part; the head itself where that is all.
        sniffed: The characters that give the file its structure.
        header: What the user says; None finds out.
    """
    grammar = Grammar(sniffed.marks)
    records = read_records(head, grammar)
    width = _width(records, sniffed.width, grammar)
    _understood(records, grammar, width)
    rows = [record.cells for record in records]
    found = read_header(rows, width, header) if rows else None
    layout = _with_header(records, found, grammar, width) if found else _without_header(records, grammar, width, head)
    said = translate(
        "{share} % of the first {count} records agree", share=round(100 * sniffed.share), count=len(records)
    )
    return _above_footer(replace(layout, evidence=said, stop=tail.stop), tail, grammar)


def read_records(piece: Piece, grammar: Grammar, most: int = _RECORDS) -> list[Record]:
    """The first records of a piece, blank and malformed ones included; where they are is said by place in the file."""
    records: list[Record] = []
    text, position, line = piece.text, 0, piece.line
    while position < len(text) and len(records) < most:
        stop, after = grammar.next_line(text, position, len(text))
        end = grammar.end(text, position, len(text))
        sound = end is not None and (end <= stop or end - position < HEAD)
        if not sound and records and len(text) >= _CUT and grammar.cut_off(text, position, stop):
            break
        if sound and end is not None and end > stop:
            stop, after = end, grammar.next_line(text, end, len(text))[1]
        spelled = text[position:stop].removesuffix(b"\r") if not sound else text[position:stop]
        raw = grammar.raw_cells(spelled) if sound else grammar.likely_cells(spelled)
        cells = [grammar.unquote(cell).decode("utf-8", "replace") for cell in raw]
        last = line + grammar.lines(text[position:stop])
        records.append(Record(raw, piece.base + position, piece.base + after, line, last, sound, cells))
        position, line = after, last + 1
    return records


def _width(records: Sequence[Record], expected: int, grammar: Grammar) -> int:
    """The most frequent number of cells above one; of those equally frequent the first.

    Where most records have stray quotes, the first sound one says it, if they can be read so.
    """
    filled_in = [record for record in records if not record.blank]
    widths = Counter(len(record.raw) for record in filled_in)
    if not widths or expected == 1:
        return 1
    unsound = [record for record in filled_in if not record.sound]
    first = next((len(record.raw) for record in filled_in if record.sound and len(record.raw) > 1), 0)
    if first and len(unsound) * 2 > len(filled_in):
        mender, tried = Mender(grammar, [Profile()] * first), unsound[:_FIRST]
        read = sum(mender.segmented(grammar.delimiter.join(record.raw)) is not None for record in tried)
        if read * 5 >= len(tried) * 4:
            return first
    most = max(widths, key=lambda candidate: widths[candidate] if candidate > 1 else 0)
    # Many records may lack their last cells, but none has more than the header names.
    named = next((record for record in filled_in if len(record.raw) > 1), filled_in[0])
    whole = len(named.raw) == max(widths) and all(0 < len(cell.strip()) <= 60 for cell in named.cells)
    return len(named.raw) if whole and len(named.raw) <= 2 * most else most


def _understood(records: Sequence[Record], grammar: Grammar, width: int) -> None:
    """Read again, now that the width is known: lines with stray quotes, and a header with its own delimiter."""
    mender = Mender(grammar, [Profile()] * width)
    for number, record in enumerate(records):
        if width < 3 or (record.sound and (len(record.raw) == width or number >= _FIRST)) or record.blank:
            continue
        line = grammar.delimiter.join(record.raw)
        cells = mender.segmented(line) if not record.sound else None
        cells = cells or (mender.other_delimiter(line) if len(record.raw) == 1 else None)
        if cells:
            record.raw = cells
            record.cells = [grammar.unquote(cell).decode("utf-8", "replace") for cell in cells]


def _with_header(records: list[Record], header: Header, grammar: Grammar, width: int) -> Layout:
    last = header.first + header.rows - 1
    body = [record.cells for record in records[last + 1 + header.under :]]
    columns = profiles(body, width)
    names, trailing, fitted, remarks = _fitted(list(header.names), columns, body, width)
    if trailing or fitted != width:
        width = fitted
        columns = profiles([row[:width] if trailing else row for row in body], width)
    passed = [*records[: header.first], *records[last + 1 : last + 1 + header.under]]
    blanks = sum(record.blank for record in passed)
    end = records[last + header.under]
    one = records[last] if header.rows == 1 and records[last].sound else None
    return Layout(
        marks=grammar.marks, headers=tuple(names), width=width, offset=end.end, first_line=end.end_line + 1, stop=0,
        header_line=records[header.first].line, header_rows=header.rows,
        above=len(passed) - blanks, under=header.under, blank_above=blanks, below=0,
        quoting=_quoting(records[last:], grammar), trailing=trailing,
        columns=tuple(columns),
        header_text=grammar.delimiter.join(one.raw) if one else b"", remarks=remarks, evidence="",
    )  # fmt: skip


def _without_header(records: list[Record], grammar: Grammar, width: int, head: Piece) -> Layout:
    first = next((index for index, record in enumerate(records) if len(record.raw) == width and not record.blank), 0)
    if width < 3 or any(len(record.raw) > 1 for record in records[:first]):
        first = 0
    passed, body = records[:first], [record.cells for record in records[first:]]
    columns = profiles(body, width)
    blanks = sum(record.blank for record in passed)
    return Layout(
        marks=grammar.marks, headers=(), width=width, offset=records[first].start if records else head.stop,
        first_line=records[first].line if records else head.line, stop=0, header_line=None, header_rows=0,
        above=len(passed) - blanks, under=0, blank_above=blanks, below=0, quoting=_quoting(records[first:], grammar),
        trailing=False, columns=tuple(columns), header_text=b"", remarks=(), evidence="",
    )  # fmt: skip


def with_last_column(layout: Layout) -> Layout:
    """The layout with the column that was thought to be an idle delimiter."""
    names = (*layout.headers, "") if layout.headers else ()
    columns = (*layout.columns, Profile(kind="empty", holes=True))
    return replace(layout, headers=names, width=layout.width + 1, trailing=False, columns=columns)


def _fitted(
    names: list[str], columns: list[Profile], body: list[list[str]], width: int
) -> tuple[list[str], bool, int, tuple[str, ...]]:
    """The header brought to the width of the records, or they to its; whether a delimiter ends every record."""
    empty_end = width > 1 and bool(body) and columns[-1].kind == "empty"
    if len(names) == width and empty_end and not names[-1].strip():
        return names[:-1], True, width - 1, ()
    if len(names) == width - 1 and empty_end:
        return names, True, width - 1, ()
    told = translate("the header has {found} cells, the records {expected}", found=len(names), expected=width)
    if len(names) > width:
        surplus = len(names) - width
        empty = [index for index, name in enumerate(names) if not name.strip()]
        if len(empty) < surplus:
            return names, False, len(names), (told,) if body else ()
        # Of several empty cells the last ones are the likeliest to be nobody's.
        gone = set(empty[-surplus:])
        return [name for index, name in enumerate(names) if index not in gone], False, width, (told,)
    if len(names) < width:
        return [*names, *[""] * (width - len(names))], False, width, (told,)
    return names, False, width, ()


def _quoting(records: Sequence[Record], grammar: Grammar) -> Literal["minimal", "all"]:
    cells = [cell for record in records for cell in record.raw if cell]
    return "all" if cells and all(map(grammar.quoted, cells)) else "minimal"


def _above_footer(layout: Layout, tail: Piece, grammar: Grammar) -> Layout:
    """The layout with its end before the sums and footnotes below the last record."""
    begin = max(layout.offset - tail.base, 0)
    if layout.width < 2 or begin >= len(tail.text):
        return layout
    records = read_records(Piece(tail.text[begin:], tail.base + begin), grammar, most=100_000)
    at = footer_start([_trimmed(record, layout) for record in records], layout.columns)
    footer = records[at:]
    if not footer or all(record.blank for record in footer) or _mere_empty_rows(footer, records[:at]):
        return layout
    return replace(layout, stop=footer[0].start, below=len(footer))


def _trimmed(record: Record, layout: Layout) -> list[str]:
    return record.cells[: layout.width] if not any(map(str.strip, record.cells[layout.width :])) else record.cells


def _mere_empty_rows(footer: Sequence[Record], body: Sequence[Record]) -> bool:
    """A few empty rows at the end are records like any; Excel leaves many, below a body that has none."""
    if any(filled(record.cells) for record in footer):
        return False
    among = any(not record.blank and not filled(record.cells) for record in body)
    return len(footer) < 10 or among


def announced(head: bytes, start: int) -> str | None:
    """The delimiter that the first line announces, as Excel writes and reads it."""
    found = re.match(rb'"?sep=(.|\\t)"?\r?\n', head[start : start + 14], re.IGNORECASE)
    return {"\\t": "\t"}.get(text := found[1].decode("latin-1"), text) if found else None
