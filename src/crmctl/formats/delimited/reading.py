"""Reading CSV and TSV: by DuckDB where an independent count agrees, else by the exact path. Writing is apart."""

from __future__ import annotations

import contextlib
import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from crmctl.errors import FileError, InternalFault
from crmctl.formats.delimited.layout import HEAD, Layout, with_last_column
from crmctl.formats.delimited.repair import Mended
from crmctl.formats.delimited.scan import Scan, Scanner
from crmctl.formats.delimited.sift import LINE_LIMIT, NotTrailing, Sifter
from crmctl.formats.delimited.survey import Survey, count_lines, may_hold_several, survey
from crmctl.formats.encodings.identify import identify
from crmctl.formats.encodings.names import Evidence, as_utf8, holds, private_file
from crmctl.formats.loading import Rejects, create_from, drop, number_by, number_evenly, prove, refuse_too_wide
from crmctl.formats.model import NAMES, Dialect, Reading, ReadOptions, Request
from crmctl.formats.naming import column_names
from crmctl.messages import term, translate
from crmctl.sql import SQL, conjunction, ident, join, sql

_LINE = 2_000_000


@dataclass(frozen=True, slots=True)
class _Outcome:
    read: int
    loaded: int
    rejected: int
    blank: int
    repeated: int = 0
    mended: Mended = field(default_factory=Mended)


def read_delimited(request: Request, format: Literal["csv", "tsv"]) -> Reading:  # noqa: A002 - as everywhere
    """Read a CSV or TSV file; the contract is that of `crmctl.formats.read`.

    Raises:
        FileError: There is nothing in it, or its encoding cannot be told.
    """
    evidence = identify(request.path, request.options.encoding)
    with (
        as_utf8(request.path, evidence, request.workdir) as (text, start),
        _with_newlines(text, request.workdir) as (path, line_end),
    ):
        found = survey(path, start, request.options, "\t" if format == "tsv" else ",")
        refuse_too_wide(request, found.layout.width)
        scanner = _scanner(path, found.layout)
        scan = scanner.run()
        _bounded(request, scan)
        if scan.ragged and len(found.tables) == 1 and found.layout.marks.common:
            found = survey(path, start, request.options, "\t" if format == "tsv" else ",", thorough=True)
        layout, columns, rejects = found.layout, _columns(found.layout), Rejects(request)
        outcome = _loaded(request, path, layout, scanner, evidence)
        if outcome is None:
            layout, columns, outcome = _sifted(request, path, layout, rejects, evidence)
        dialect = _dialect(evidence, layout, scan, line_end, path)
    above = layout.above + layout.blank_above + layout.below + found.outside
    skipped = outcome.blank + outcome.repeated + above
    read = outcome.read + above
    prove(request, read=read, loaded=outcome.loaded, rejected=outcome.rejected, skipped=skipped)
    return Reading(
        path=request.path, format=format, sheet=None, headers=list(layout.headers or columns), columns=columns,
        dialect=dialect, read=read, loaded=outcome.loaded, rejected=outcome.rejected, skipped=skipped,
        sha256=evidence.sha256, size=evidence.size, decision=_decision(evidence, found, layout, outcome),
    )  # fmt: skip


def text_tables(path: Path, options: ReadOptions, workdir: Path) -> list[tuple[int, str]]:
    """The tables of a delimited file, from 1 on, and what each is called.

    Raises:
        FileError: There is nothing in it, or its encoding cannot be told.
    """
    with path.open("rb") as file:
        nothing = not file.read(HEAD).strip(b"\xef\xbb\xbf \t\r\n")
    if nothing or not may_hold_several(path, path.stat().st_size):
        return [(1, "")]
    evidence = identify(path, options.encoding)
    with as_utf8(path, evidence, workdir) as (text, start), _with_newlines(text, workdir) as (plain, _):
        tables = survey(plain, start, options, ",").tables
    alone = len(tables) == 1
    return [(number, "" if alone else table.name or str(number)) for number, table in enumerate(tables, 1)]


@contextlib.contextmanager
def _with_newlines(path: Path, workdir: Path) -> Iterator[tuple[Path, str]]:
    """The file with LF at its line ends, and the line end that had to change: CR alone, of old Macs."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    outside = re.sub(rb'"[^"]*+"', b"", head) if b"\r" in head else b""
    if b"\r" not in outside or b"\n" in outside:
        yield path, ""
        return
    with private_file(workdir) as copy:
        with copy.open("wb") as target, path.open("rb") as file:
            while chunk := file.read(HEAD):
                target.write(chunk.replace(b"\r", b"\n"))
        yield copy, "\r"


def _scanner(path: Path, layout: Layout) -> Scanner:
    """The independent count; of a file that is spelled in an uncommon way it tells the line ends only."""
    delimiter = layout.delimiter if layout.marks.common else ","
    return Scanner(path, layout.offset, layout.first_line, delimiter, layout.width)


def _columns(layout: Layout) -> list[str]:
    return column_names(layout.headers or [""] * layout.width)


def _loaded(request: Request, path: Path, layout: Layout, scanner: Scanner, evidence: Evidence) -> _Outcome | None:
    """Load a file at full speed where nothing in it is open to interpretation."""
    plain_header = layout.header_line in {None, 1} and "\r" not in "".join(layout.headers)
    if scanner.scan.regular and plain_header and not evidence.damaged and _simple(path, layout):
        return _fast(request, path, layout, _columns(layout), scanner)
    return None


def _bounded(request: Request, scan: Scan) -> None:
    """A record that no table has is refused before anything holds it in memory."""
    if scan.well_formed and scan.longest > LINE_LIMIT:
        raise FileError(
            "{path} has a record longer than {limit} MB", cure="check that this is a text file with line ends",
            path=request.path, limit=LINE_LIMIT >> 20,
        )  # fmt: skip


def _simple(path: Path, layout: Layout) -> bool:
    """The table is all of the file, its header one line without quotes, and spelled as DuckDB expects."""
    passed = layout.above + layout.blank_above + layout.below
    if passed or layout.trailing or layout.header_rows > 1 or not layout.marks.common:
        return False
    if layout.stop != path.stat().st_size:
        return False
    return b'"' not in layout.header_text or not _comes_again(path, layout)


def _comes_again(path: Path, layout: Layout) -> bool:
    """Whether a line below the header begins as it does."""
    again = b"\n" + layout.header_text
    return holds(path, re.compile(re.escape(again)), layout.offset - 1, len(again))


def _has_header(request: Request, layout: Layout, columns: list[str]) -> bool:
    """Whether the header is among the loaded rows."""
    cells = layout.header_text.decode().split(layout.delimiter)
    if not layout.header_text or len(cells) != len(columns):
        return False
    equal = conjunction(sql("{c} = {v}", c=ident(c), v=v) for c, v in zip(columns, cells, strict=True) if v)
    query = sql("select 1 from {table} where {equal} limit 1", table=request.into, equal=equal)
    return bool(request.con.execute(query.text, query.values).fetchall())


def _sifted(
    request: Request, path: Path, layout: Layout, rejects: Rejects, evidence: Evidence
) -> tuple[Layout, list[str], _Outcome]:
    """Load by the exact path; a delimiter at every end that turns out to be none costs a second time."""
    columns = column_names(layout.headers or [""] * layout.width)
    try:
        sifter = Sifter(layout, rejects, encoding=evidence.said, damaged=evidence.damaged)
        return layout, columns, _exact(request, path, layout, columns, sifter)
    except NotTrailing:
        rejects.clear()
        return _sifted(request, path, with_last_column(layout), rejects, evidence)


def _fast(request: Request, path: Path, layout: Layout, columns: list[str], scanner: Scanner) -> _Outcome | None:
    """Load a regular file as it is; None where DuckDB does not find what the scan counted, or finds the header too."""
    scan = scanner.scan
    skip = 0 if layout.header_line is None else 1
    rows = _read_csv(path, layout.delimiter, columns, skip=skip, newline=_newline(scan), longest=scan.longest)
    if create_from(request, rows) != scan.records or _has_header(request, layout, columns):
        drop(request, request.into)
        return None
    if scan.every_line_a_record:
        number_evenly(request, layout.first_line)
    else:
        number_by(request, scanner.first_lines())
    return _Outcome(scan.records + scan.blank, scan.records, 0, scan.blank)


def _exact(request: Request, path: Path, layout: Layout, columns: list[str], sifter: Sifter) -> _Outcome:
    with private_file(request.workdir) as clean:
        sifted = sifter.run(path, clean)
        rows = _read_csv(clean, sifted.delimiter, columns, skip=0, newline="\\n", longest=sifted.longest)
        loaded = create_from(request, rows)
    lines = count_lines(path, layout.offset, layout.stop, returns=layout.marks.returns)
    if loaded != len(sifted.lines) or sifted.passed != lines:
        raise InternalFault(
            "{path}: {good} good records in {passed} lines, but {loaded} were loaded and {lines} lines are there",
            path=request.path, good=len(sifted.lines), passed=sifted.passed, loaded=loaded, lines=lines,
        )  # fmt: skip
    number_by(request, [sifted.lines])
    return _Outcome(sifted.read, loaded, sifted.rejected, sifted.blank, sifted.repeated, sifted.mended)


def _read_csv(path: Path, delimiter: str, columns: list[str], *, skip: int, newline: str, longest: int) -> SQL:
    """The rows of a UTF-8 file, everything said and nothing guessed; what is not regular is left out."""
    types = join(sql("{name}: 'VARCHAR'", name=ident(f"c{number}")) for number in range(len(columns)))
    names = join(
        sql("{column} as {name}", column=ident(f"c{number}"), name=ident(name)) for number, name in enumerate(columns)
    )
    return sql(
        "(select {names} from read_csv({path}, columns = {{{types}}}, header = false, auto_detect = false, "
        "delim = {delimiter}, quote = '\"', escape = '\"', comment = '', nullstr = '', allow_quoted_nulls = false, "
        "new_line = {newline}, skip = {skip}, encoding = 'utf-8', compression = 'none', hive_partitioning = false, "
        "ignore_errors = true, strict_mode = true, null_padding = false, max_line_size = {longest}))",
        names=names, path=glob.escape(str(path.absolute())), types=types, delimiter=delimiter, newline=newline,
        skip=skip, longest=max(_LINE, longest + 1_000),
    )  # fmt: skip


def _newline(scan: Scan) -> str:
    return "\\r\\n" if scan.crlf else "\\n"


def _dialect(evidence: Evidence, layout: Layout, scan: Scan, line_end: str, path: Path) -> Dialect:
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(-1, 2)
        final = file.read(1) in b"\r\n"
    returns = head.count(b"\r") - head.count(b"\r\n") if layout.marks.returns else 0
    crlf = scan.crlf * 2 > scan.ended if scan.ended else b"\r\n" in head
    ended = "\r" if returns * 2 > head.count(b"\n") + returns else "\r\n" if crlf else "\n"
    return Dialect(
        encoding=evidence.encoding, delimiter=layout.delimiter, quote=layout.marks.quote.decode(),
        escape=layout.marks.escape, trailing=layout.trailing, quoting=layout.quoting, line_end=line_end or ended,
        final_newline=final, header=layout.header_line is not None, evidence=f"{evidence.why}; {layout.evidence}",
    )  # fmt: skip


def _decision(evidence: Evidence, found: Survey, layout: Layout, outcome: _Outcome) -> str:
    """What was found out, and what was passed over or mended, in one line."""
    blank = outcome.blank + layout.blank_above
    parts = [evidence.told, *_spelling(layout)]
    if layout.above and layout.under:
        parts.append(translate("lines skipped above the records: {count}", count=layout.above))
    elif layout.above:
        parts.append(translate("lines skipped above it: {count}", count=layout.above))
    if blank:
        parts.append(translate("blank lines skipped: {count}", count=blank))
    if outcome.repeated:
        parts.append(translate("headers and comments skipped among the records: {count}", count=outcome.repeated))
    if layout.below:
        parts.append(translate("rows of sums and notes skipped below the records: {count}", count=layout.below))
    parts += outcome.mended.told()
    if len(found.tables) > 1:
        parts.append(translate("table {number} of {count}", number=found.chosen, count=len(found.tables)))
    if found.outside:
        parts.append(translate("lines of the other tables skipped: {count}", count=found.outside))
    return ", ".join(parts)


def _spelling(layout: Layout) -> list[str]:
    """The marks and the header, in words."""
    delimiter, marks = layout.delimiter, layout.marks
    parts = [term(NAMES.get(delimiter, delimiter if delimiter.isprintable() else repr(delimiter)[1:-1]))]
    if marks.quote != b'"':
        parts.append(translate("quotes are {quote}", quote=marks.quote.decode()))
    if marks.escape == "backslash":
        parts.append(translate("escaped by a backslash"))
    if layout.trailing:
        parts.append(translate("a delimiter ends every record"))
    if layout.header_line is None:
        parts.append(translate("no header"))
    elif layout.header_rows > 1:
        last = layout.header_line + layout.header_rows - 1
        parts.append(translate("header in lines {first} to {last}", first=layout.header_line, last=last))
    else:
        parts.append(translate("header in line {line}", line=layout.header_line))
    return [*parts, *layout.remarks]
