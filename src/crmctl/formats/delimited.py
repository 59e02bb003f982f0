"""Reading CSV and TSV: by DuckDB where an independent count agrees, else by the exact path. Writing is apart."""

from __future__ import annotations

import contextlib
import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crmctl.errors import FileError, InternalFault
from crmctl.formats.encoding import Evidence, as_utf8, private_file
from crmctl.formats.evidence import identify
from crmctl.formats.layout import HEAD, Layout, delimiter_of, find_layout
from crmctl.formats.loading import Rejects, create_from, drop, number_by, number_evenly, prove
from crmctl.formats.model import NAMES, Dialect, Reading, Request
from crmctl.formats.naming import column_names
from crmctl.formats.scan import Scan, Scanner
from crmctl.formats.sift import Sifter
from crmctl.messages import term, translate
from crmctl.sql import SQL, ident, join, sql

_LINE = 2_000_000


@dataclass(frozen=True, slots=True)
class _Outcome:
    read: int
    loaded: int
    rejected: int
    blank: int


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
        layout = _layout(request, path, start, format)
        columns = column_names(layout.headers or [""] * layout.width)
        scanner = Scanner(path, layout.offset, layout.first_line, layout.delimiter, layout.width)
        scan = scanner.run()
        rejects = Rejects(request)
        outcome = None
        plain_header = layout.header_line in {None, 1} and "\r" not in "".join(layout.headers)
        if scan.regular and plain_header and not evidence.damaged:
            outcome = _fast(request, path, layout, columns, scanner)
        if outcome is None:
            outcome = _exact(request, path, layout, columns, Sifter(
                layout, rejects, encoding=evidence.said, damaged=evidence.damaged
            ))  # fmt: skip
    above = layout.above + layout.blank_above
    prove(
        request, read=outcome.read + above, loaded=outcome.loaded, rejected=outcome.rejected,
        skipped=outcome.blank + above,
    )  # fmt: skip
    return Reading(
        path=request.path, format=format, sheet=None, headers=list(layout.headers or columns), columns=columns,
        dialect=_dialect(evidence, layout, scan, line_end),
        read=outcome.read + above, loaded=outcome.loaded, rejected=outcome.rejected, skipped=outcome.blank + above,
        sha256=evidence.sha256, size=evidence.size,
        decision=_decision(evidence, layout, outcome.blank + layout.blank_above),
    )  # fmt: skip


@contextlib.contextmanager
def _with_newlines(path: Path, workdir: Path) -> Iterator[tuple[Path, str]]:
    """The file with LF at its line ends, and the line end that had to change: CR alone, of old Macs."""
    head = _head(path)
    if b"\r" not in head or b"\n" in head:
        yield path, ""
        return
    with private_file(workdir) as copy:
        with copy.open("wb") as target, path.open("rb") as file:
            while chunk := file.read(HEAD):
                target.write(chunk.replace(b"\r", b"\n"))
        yield copy, "\r"


def _head(path: Path) -> bytes:
    """The first part of a file, up to the end of a line unless it is all or one line."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if len(head) < HEAD:
        return head
    newline = head.rfind(b"\n")
    return head[: newline + 1] if newline >= 0 else head


def _layout(request: Request, path: Path, start: int, format: str) -> Layout:  # noqa: A002 - as everywhere
    head = _head(path)
    if not head[start:].strip():
        raise FileError("there is nothing in {path}", cure="check that the export was complete", path=request.path)
    asked = request.options.delimiter
    return find_layout(
        head, start, delimiter=delimiter_of(asked) if asked else None, header=request.options.header,
        prefer="\t" if format == "tsv" else ",",
    )  # fmt: skip


def _fast(request: Request, path: Path, layout: Layout, columns: list[str], scanner: Scanner) -> _Outcome | None:
    """Load a regular file as it is; None where DuckDB does not find what the scan counted."""
    scan = scanner.scan
    skip = 0 if layout.header_line is None else 1
    rows = _read_csv(path, layout.delimiter, columns, skip=skip, newline=_newline(scan), longest=scan.longest)
    if create_from(request, rows) != scan.records:
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
        rows = _read_csv(clean, layout.delimiter, columns, skip=0, newline="\\n", longest=sifted.longest)
        loaded = create_from(request, rows)
    if loaded != len(sifted.lines):
        raise InternalFault(
            "{path}: {good} good records, but {loaded} were loaded",
            path=request.path,
            good=len(sifted.lines),
            loaded=loaded,
        )
    number_by(request, [sifted.lines])
    return _Outcome(sifted.read, loaded, sifted.rejected, sifted.blank)


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


def _dialect(evidence: Evidence, layout: Layout, scan: Scan, line_end: str) -> Dialect:
    crlf = scan.crlf * 2 > scan.ended if scan.ended else layout.line_end == "\r\n"
    return Dialect(
        encoding=evidence.encoding, delimiter=layout.delimiter, quoting=layout.quoting,
        line_end=line_end or ("\r\n" if crlf else "\n"), final_newline=scan.final_newline,
        header=layout.header_line is not None, evidence=f"{evidence.why}; {layout.evidence}",
    )  # fmt: skip


def _decision(evidence: Evidence, layout: Layout, blank: int) -> str:
    """What was found out, and what was passed over, in one line."""
    parts = [evidence.said, term(NAMES.get(layout.delimiter, layout.delimiter))]
    if layout.header_line is None:
        parts.append(translate("no header"))
    else:
        parts.append(translate("header in line {line}", line=layout.header_line))
    if layout.above:
        parts.append(translate("lines skipped above it: {count}", count=layout.above))
    if blank:
        parts.append(translate("blank lines skipped: {count}", count=blank))
    return ", ".join(parts)
