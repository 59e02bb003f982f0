"""Where the tables of a text file begin and end: at empty lines, or where records lastingly get another width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crmctl.formats.delimited.grammar import Grammar
from crmctl.formats.delimited.layout import Piece, read_records
from crmctl.formats.naming import tidy
from crmctl.formats.sheets.header import contrast, find_header, looks_like_body, wordy
from crmctl.formats.sheets.kinds import profiles
from crmctl.formats.sheets.remarks import comment, filled

_SAMPLE = 30
_BLOCKS = 500
_LASTING = 3
_LONGEST = 1 << 20
_NAME = 60


@dataclass(slots=True)
class Table:
    """One table of a file.

    Args:
        offset: The byte at which it begins.
        line: The physical line at which it begins, 1-based.
        stop: The byte at which it ends.
        lines: Its physical lines, titles between tables not counted.
        name: The line above it that stands alone; empty where there is none.
        width: The cells of a record.
        apart: An empty line stands above it, or nothing.
        sample: Its first lines.
        rows: The cells of their records.
    """

    offset: int
    line: int
    stop: int
    lines: int = 0
    name: str = ""
    width: int = 1
    apart: bool = True
    sample: list[bytes] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def find_tables(path: Path, start: int, grammar: Grammar) -> list[Table]:
    """The tables of a UTF-8 file in their order; one if it is all one table.

    Args:
        path: The file.
        start: The byte after the byte order mark.
        grammar: How it is spelled.
    """
    whole = Table(start, 1, path.stat().st_size)
    if grammar.marks.returns:
        return [whole]
    blocks: list[Table] = []
    for block in _blocks(path, start, grammar):
        blocks.append(block)
        if len(blocks) > _BLOCKS:
            return [whole]
    found = _merged(blocks, grammar)
    if len(found) < 2:
        return [whole]
    found[0].offset, found[0].line = start, 1
    return found


def main_table(tables: list[Table]) -> int:
    """The index of the table that a file is about: the first that is not tiny beside another."""
    most = max(table.lines for table in tables)
    return next(index for index, table in enumerate(tables) if table.lines * 10 >= most)


def _blocks(path: Path, start: int, grammar: Grammar) -> Iterator[Table]:
    """Runs of lines between empty ones, divided also where the number of delimiters changes for good."""
    mark, quote = grammar.delimiter, grammar.quote
    nothing = mark + b" \t\r\n\0" + quote
    block: Table | None = None
    run, width, lasting, inside = None, -1, -1, False
    position, line = start, 0
    with path.open("rb") as file:
        file.seek(start)
        while text := file.readline(_LONGEST):
            line += 1
            if not inside and not text.strip(nothing) and not (quote and text.count(quote) % 2):
                if block:
                    yield block
                block, run, width, lasting = None, None, -1, -1
                position += len(text)
                continue
            if not inside:
                count = _delimiters(text, grammar)
                if count != width or run is None:
                    run, width = Table(position, line, position), count
                run.lines += 1
                if run.lines == _LASTING and width > 0:
                    if block and lasting not in {-1, width} and run.offset > block.offset:
                        block.stop, block.lines = run.offset, block.lines - run.lines + 1
                        yield block
                        block, run.apart = run, False
                        block.lines -= 1
                    lasting = width
            block = block or Table(position, line, position)
            block.lines += 1
            if len(block.sample) < _SAMPLE:
                block.sample.append(text)
            if run is not None and run is not block and len(run.sample) < _SAMPLE:
                run.sample.append(text)
            inside ^= bool(quote) and text.count(quote) % 2 == 1
            position += len(text)
            block.stop = position
    if block:
        yield block


def _delimiters(text: bytes, grammar: Grammar) -> int:
    """The delimiters of a line outside quotes."""
    if not (grammar.quote and grammar.quote in text):
        return text.count(grammar.delimiter)
    return len(grammar.likely_cells(text.rstrip(b"\r\n"))) - 1


def _merged(blocks: list[Table], grammar: Grammar) -> list[Table]:
    """Blocks that go on with a table joined to it; titles become the name of the table below."""
    found: list[Table] = []
    title = ""
    for block in blocks:
        records = read_records(Piece(b"".join(block.sample), 0), grammar)
        block.rows = [record.cells for record in records]
        widths = [len(row) for row in block.rows]
        block.width = max(set(widths), key=lambda width: (widths.count(width), width))
        if all(len(filled(row)) <= 1 for row in block.rows) and (not found or found[-1].width > 1):
            title = tidy(" ".join(filled(block.rows[0])))[:_NAME].strip("#-=* :：")
        elif not found:
            first = filled(block.rows[0])
            block.name, title = title or (tidy(first[0])[:_NAME] if len(first) == 1 else ""), ""
            found.append(block)
        elif _begins_a_table(block, found[-1]):
            if _preamble(found, block):
                found.clear()
            block.name, title = title or block.name, ""
            found.append(block)
        else:
            found[-1].stop, title = block.stop, ""
            found[-1].lines += block.lines
    return found


def _begins_a_table(block: Table, before: Table) -> bool:
    """The block's first rows name columns that are not those above."""
    rows = [row for row in block.rows if not comment(row, block.width)]
    while len(rows) > 1 and len(filled(rows[0])) == 1 < block.width:
        block.name = tidy(filled(rows[0])[0])[:_NAME]
        rows = rows[1:]
    if block.width < 2 or len(rows) < 2 or any(_same(rows[0], other) for other in before.rows[:5]):
        return False
    named = find_header(rows, block.width, None) == 0 and len(filled(rows[0])) > 1
    alike = [row for row in rows[1:] if len(row) == block.width]
    own, telling = contrast(rows[0], alike)
    # One word where numbers are expected may be a value that was not known.
    enough = 1 if block.name or block.width != before.width else 2
    headed = own >= enough and own == telling and wordy(rows[0], alike)
    if not named or headed:
        return named
    if block.width != before.width:
        return block.apart
    below = [row for row in before.rows[1:] if len(row) == before.width]
    if looks_like_body(rows[0], below, before.width):
        return False
    columns = profiles(below, before.width)
    against = sum(column.misfit(cell) >= 4 for column, cell in zip(columns, rows[0], strict=False) if cell.strip())
    return against > 0


def _same(one: list[str], other: list[str]) -> bool:
    return [tidy(cell) for cell in one] == [tidy(cell) for cell in other]


def _preamble(found: list[Table], block: Table) -> bool:
    """A few lines of keys and values above the first real table are no table."""
    first = found[0]
    if len(found) > 1 or first.width > 2 or block.width <= 2 or first.lines > 6:
        return False
    rows = [row for row in first.rows if len(row) == first.width]
    against, telling = contrast(rows[0], rows[1:])
    return not (against and against == telling)
