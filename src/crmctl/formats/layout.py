"""The layout of a delimited file, found in its first part: delimiter, header, lines above it, quoting."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from crmctl.errors import UsageError
from crmctl.formats.grammar import QUOTE, Grammar, unquote
from crmctl.formats.header import find_header
from crmctl.messages import translate

HEAD = 256 << 10
_RECORDS = 500
_DELIMITERS = (",", ";", "\t", "|")
_SPELLED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the header and the records of a file are.

    Args:
        headers: The header cells; empty where the file has no header.
        width: The cells of a record.
        offset: The byte at which the records begin.
        first_line: The physical line at which they begin, 1-based.
        header_line: The physical line of the header; None where there is none.
        above: Records above the header, blank ones apart.
        blank_above: Blank lines above the header.
        quoting: As in `Dialect`.
        line_end: What ends the header.
        evidence: Why this delimiter, in words.
    """

    delimiter: str
    headers: tuple[str, ...]
    width: int
    offset: int
    first_line: int
    header_line: int | None
    above: int
    blank_above: int
    quoting: Literal["minimal", "all"]
    line_end: str
    evidence: str


@dataclass(frozen=True, slots=True)
class _Record:
    """One record of the head: its cells as spelled (none if it is malformed), its end, its first and last line."""

    raw: Sequence[bytes]
    end: int
    line: int
    end_line: int

    @property
    def cells(self) -> list[str]:
        return [unquote(cell).decode("utf-8", "replace") for cell in self.raw]

    @property
    def blank(self) -> bool:
        return len(self.raw) == 1 and not self.raw[0].strip()


def delimiter_of(asked: str) -> str:
    """The delimiter a user names: the character itself, or `tab`, `comma`, `semicolon`, `pipe`.

    Raises:
        UsageError: It is not one ASCII character, or one that has a meaning of its own.
    """
    delimiter = _SPELLED.get(asked.lower(), asked)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise UsageError(
            "{delimiter!r} cannot be a delimiter", cure="use one character, such as , ; | or tab", delimiter=asked
        )
    return delimiter


def find_layout(head: bytes, start: int, *, delimiter: str | None, header: bool | None, prefer: str = ",") -> Layout:
    """The layout of a file whose first part is given as UTF-8.

    Args:
        head: The first part, up to the end of a line unless it is all.
        start: The byte after the byte order mark.
        delimiter: What the user says.
        header: What the user says; None finds out.
        prefer: The delimiter to take where all are alike.
    """
    announced = re.match(rb"sep=(.)\r?\n", head[start : start + 10], re.IGNORECASE)
    if delimiter is None and announced:
        delimiter = announced[1].decode("latin-1")
    candidates = [delimiter] if delimiter else sorted(_DELIMITERS, key=lambda candidate: candidate != prefer)
    tried = [(_records(head, start, mark), mark) for mark in candidates]
    scored = [(_consistency(records), records, mark) for records, mark in tried]
    (share, width), records, chosen = max(scored, key=lambda entry: entry[0])
    index = find_header([record.cells for record in records], width, header) if records else None
    if index is None or not records[index].raw:
        return _without_header(records, width, chosen, start, share)
    found = records[index]
    passed = records[:index]
    blanks = sum(record.blank for record in passed)
    return Layout(
        delimiter=chosen,
        headers=tuple(found.cells),
        width=len(found.raw),
        offset=found.end,
        first_line=found.end_line + 1,
        header_line=found.line,
        above=len(passed) - blanks,
        blank_above=blanks,
        quoting=_quoting(records[index:]),
        line_end="\r\n" if head.endswith(b"\r\n", 0, found.end) else "\n",
        evidence=_evidence(share, records),
    )


def _without_header(records: list[_Record], width: int, delimiter: str, start: int, share: float) -> Layout:
    return Layout(
        delimiter=delimiter, headers=(), width=width, offset=start, first_line=1, header_line=None, above=0,
        blank_above=0, quoting=_quoting(records), line_end="\n", evidence=_evidence(share, records),
    )  # fmt: skip


def _records(head: bytes, start: int, delimiter: str) -> list[_Record]:
    """The first records, blank and malformed ones included."""
    grammar = Grammar(delimiter)
    records: list[_Record] = []
    position, line = start, 1
    while position < len(head) and len(records) < _RECORDS:
        end = grammar.end(head, position, len(head))
        well_formed = end is not None
        if end is None:
            newline = head.find(b"\n", position)
            end = len(head) if newline < 0 else newline
        text = head[position:end]
        after = min(end + 2 if head.startswith(b"\r\n", end) else end + 1, len(head))
        last = line + text.count(b"\n")
        records.append(_Record(grammar.raw_cells(text) if well_formed else (), after, line, last))
        position, line = after, last + 1
    return records


def _consistency(records: list[_Record]) -> tuple[float, int]:
    """The share of records of the most frequent width above one, and that width."""
    widths = Counter(len(record.raw) for record in records if record.raw and not record.blank)
    if not widths:
        return 0.0, 1
    # Of widths that are equally frequent the first one stands in the header, unless it is a title's.
    width = max(widths, key=lambda candidate: (widths[candidate], candidate > 1))
    return (0.0, 1) if width == 1 else (widths[width] / widths.total(), width)


def _quoting(records: list[_Record]) -> Literal["minimal", "all"]:
    cells = [cell for record in records for cell in record.raw if cell]
    return "all" if cells and all(cell.startswith(QUOTE) for cell in cells) else "minimal"


def _evidence(share: float, records: list[_Record]) -> str:
    return translate("{share} % of the first {count} records agree", share=round(100 * share), count=len(records))
