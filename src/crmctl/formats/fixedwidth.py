"""Text in columns of fixed width: as the user or a schema says, or where every line has a blank."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise
from pathlib import Path

from crmctl.errors import FileError, UsageError
from crmctl.formats.encodings.identify import identify
from crmctl.formats.encodings.names import as_utf8
from crmctl.formats.lines import physical_lines
from crmctl.formats.loading import Rejects, prove
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import column_names, tidy
from crmctl.formats.sheets.header import find_header
from crmctl.formats.sheets.rows import Row, load_rows
from crmctl.messages import translate

_SAMPLE, _LONGEST = 1_000, 20_000
_STAND_IN = "\ue000"
_WORD = re.compile(r"[^ \t]+")


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the columns are.

    Args:
        headers: Their names; empty where none is known.
        spans: Start and end of each, the last one open (None).
        wide: Places count what a full-width character takes as two, as GBK's bytes do.
        body: The lines before the first record: header and ruler.
        total: The width that is given in all; None where the last column is open.
    """

    headers: list[str]
    spans: list[tuple[int, int | None]]
    wide: bool
    body: int
    total: int | None


def read_fixed(request: Request) -> Reading:
    """Read lines cut at fixed places; blanks around a cell are dropped, an empty cell is missing.

    Raises:
        FileError: There is nothing in it, or no column shows.
        UsageError: A width is no number of characters.
    """
    evidence = identify(request.path, request.options.encoding)
    with as_utf8(request.path, evidence, request.workdir) as (path, start):
        plan = _given(request, path, start) if request.options.widths else _found(request, path, start)
        columns = column_names(plan.headers or [""] * len(plan.spans))
        rejects, blanks = Rejects(request), [0]
        loaded = load_rows(request, columns, _rows(request, path, start, plan, rejects, blanks))
        rejects.flush()
        # Counted once more, by nothing but line ends.
        read = sum(1 for _ in physical_lines(path, start, request.path)) - (1 if plan.body else 0)
    skipped = blanks[0] + max(plan.body - 1, 0)
    prove(request, read=read, loaded=loaded, rejected=rejects.count, skipped=skipped)
    said = [evidence.said, translate("{count} columns of fixed width", count=len(columns))]
    said.append(translate("header in line {line}", line=1) if plan.body else translate("no header"))
    if plan.wide:
        said.append(translate("full-width characters count two"))
    if blanks[0]:
        said.append(translate("blank lines skipped: {count}", count=blanks[0]))
    return Reading(
        path=request.path, format="fixed", dialect=None, sheet=None, headers=plan.headers or columns, columns=columns,
        read=read, loaded=loaded, rejected=rejects.count, skipped=skipped, sha256=evidence.sha256, size=evidence.size,
        decision=", ".join(said),
    )  # fmt: skip


def _lines(request: Request, path: Path, start: int) -> Iterator[tuple[int, str]]:
    for number, line in physical_lines(path, start, request.path):
        yield number, line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")


def _given(request: Request, path: Path, start: int) -> _Plan:
    """The columns as they are said to be; whether characters or bytes are meant is seen from the lines' lengths."""
    widths = request.options.widths or ()
    for name, width in widths:
        if width < 1:
            raise UsageError("{name} has the width {width}", cure="give at least 1", name=name, width=width)
    edges = list(accumulate((width for _, width in widths), initial=0))
    spans: list[tuple[int, int | None]] = list(pairwise(edges))
    sample = [line for _, line in islice(_lines(request, path, start), _SAMPLE) if line.strip()]
    if not sample:
        raise FileError("there is nothing in {path}", cure="check that the export was complete", path=request.path)
    foreign = [line for line in sample if not line.isascii()]
    wide = _fitting(foreign, edges, wide=True) > _fitting(foreign, edges, wide=False)
    names = [name for name, _ in widths]
    first = [cell or "" for cell in _cut(sample[0], spans, wide=wide)]
    asked = request.options.header
    headed = (
        asked
        if asked is not None
        else [tidy(cell).casefold() for cell in first]
        == [tidy(name)[:width].strip().casefold() for name, width in widths]
    )
    return _Plan(names, spans, wide, int(bool(headed)), edges[-1])


def _fitting(lines: Sequence[str], edges: Sequence[int], *, wide: bool) -> tuple[int, ...]:
    """How many lines are as long as all columns together, how many fit in, how few words are cut, how many cells fill.

    The more, the likelier are the places counted this way.
    """
    laid = [_laid_out(line) if wide else line for line in lines]
    lengths = [len(line) for line in laid]
    split = sum(line[edge - 1 : edge + 1].strip() == line[edge - 1 : edge + 1] for line in laid
                for edge in edges[1:-1] if len(line) > edge)  # fmt: skip
    filled = sum(bool(line[low:high].strip()) for line in laid for low, high in pairwise(edges))
    exact, fitting = (sum(length == edges[-1] for length in lengths), sum(length <= edges[-1] for length in lengths))
    return exact, fitting, -split, filled


def _found(request: Request, path: Path, start: int) -> _Plan:
    """Columns begin after a place at which every line has a blank; the lines may be told apart by full-width places."""
    filled, lines = 0, 0
    near: list[str] = []
    for _, line in _lines(request, path, start):
        if not line.strip():
            continue
        lines += 1
        if len(near) < _SAMPLE:
            near.append(line)
        if len(line) > _LONGEST:
            raise FileError("no columns show in {path}", cure="give their widths, or another --format",
                            path=request.path)  # fmt: skip
        if not line.strip("-=+ \t"):
            continue
        for start_at, end in _words(line):
            filled |= (1 << end) - (1 << start_at)
    if not lines:
        raise FileError("there is nothing in {path}", cure="check that the export was complete", path=request.path)
    starts = [place for place in range(filled.bit_length()) if filled >> place & 1 and not (
        place and filled >> (place - 1) & 1
    )]  # fmt: skip
    if len(starts) < 2:
        raise FileError("no columns show in {path}", cure="give their widths, or another --format", path=request.path)
    starts[0] = 0
    spans: list[tuple[int, int | None]] = list(zip(starts, [*starts[1:], None], strict=True))
    rows = [[cell or "" for cell in _cut(line, spans, wide=True)] for line in near]
    index = find_header(rows, len(spans), request.options.header)
    if index is None:
        return _Plan([], spans, True, 0, None)
    # A word of its own in every record, but with no name above it, is the rest of the column before it.
    starts = [start for start, name in zip(starts, rows[index], strict=True) if name or not start]
    spans = list(zip(starts, [*starts[1:], None], strict=True))
    names = [cell or "" for cell in _cut(near[index], spans, wide=True)]
    below = near[index + 1 : index + 2]
    ruler = bool(below) and not below[0].strip("-=+ \t")
    return _Plan(names, spans, True, index + 1 + ruler, None)


def _words(line: str) -> Iterator[tuple[int, int]]:
    """The places of what is not blank."""
    if line.isascii():
        yield from (found.span() for found in _WORD.finditer(line))
        return
    for found in _WORD.finditer(line):
        first = _place(line[: found.start()])
        yield first, first + _place(found[0])


def _place(text: str) -> int:
    """How many places a text takes where full-width characters take two."""
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _cut(line: str, spans: Sequence[tuple[int, int | None]], *, wide: bool) -> list[str | None]:
    if wide and not line.isascii():
        laid = _laid_out(line)
        return [laid[low:high].replace(_STAND_IN, "").strip() or None for low, high in spans]
    return [line[low:high].strip() or None for low, high in spans]


def _laid_out(line: str) -> str:
    """Every full-width character followed by a stand-in, which goes again once the line is cut."""
    return "".join(
        character + _STAND_IN if unicodedata.east_asian_width(character) in "WF" else character
        for character in line.replace(_STAND_IN, "\ufffd")
    )


def _rows(request: Request, path: Path, start: int, plan: _Plan, rejects: Rejects, blanks: list[int]) -> Iterator[Row]:
    passed = 0
    for number, line in _lines(request, path, start):
        if not line.strip():
            blanks[0] += 1
        elif passed < plan.body:
            passed += 1
        elif plan.total is not None and _surplus(line, plan.total, wide=plan.wide):
            rejects.add(number, translate("longer than its columns"), line)
        else:
            yield number, _cut(line, plan.spans, wide=plan.wide)


def _surplus(line: str, total: int, *, wide: bool) -> bool:
    stripped = line.rstrip()
    return len(stripped) > total if not wide else _place(stripped) > total
