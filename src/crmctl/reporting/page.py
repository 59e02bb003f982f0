"""The report as one HTML page, from the shipped template or the user's own."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from crmctl.errors import FileError, Place, UsageError
from crmctl.reporting.limits import Limits
from crmctl.reporting.model import Report
from crmctl.reporting.text import clean
from crmctl.reporting.view import page
from crmctl.reporting.words import words

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

MAX_BYTES = 1_000_000
_OWN = "page.html.jinja"


def to_html(report: Report, template: Path | str | None = None) -> str:
    """One self-contained page: inline style and SVG, no script, nothing fetched, under 1 MB.

    Args:
        report: What to show. Tables and charts beyond a page's limits are cut, and say so.
        template: The user's own Jinja template, which may extend ``page.html.jinja`` and override its blocks.

    Raises:
        FileError: The template cannot be read.
        UsageError: The template is wrong; the error names its line.
    """
    limits = Limits()
    while True:
        text = _render(report, limits, template)
        if text is not None:
            return text
        limits = limits.smaller()


def _render(report: Report, limits: Limits, template: Path | str | None) -> str | None:
    """The page, or None as soon as it grows too large; within the last limits it may."""
    chosen = words(report.language)
    most = None if limits == limits.smaller() else MAX_BYTES
    context = {"page": page(report, limits, chosen), "words": chosen}
    if template is None:
        return _joined(_environment().get_template(_OWN).generate(context), most)
    try:
        return _joined(_read(Path(template)).generate(context), most)
    except Exception as error:
        # A user's template runs the user's own expressions: whatever goes wrong in one is its author's to mend.
        if isinstance(error, FileError):
            raise
        raise UsageError(
            "the template fails: {problem}", cure="see the template shipped as {name}",
            place=Place(str(template), _line_of(error)), problem=error, name=_OWN,
        ) from error  # fmt: skip


def _joined(pieces: Iterator[str], most: int | None) -> str | None:
    kept, size = [], 0
    for piece in pieces:
        size += len(piece.encode())
        if most is not None and size > most:
            return None
        kept.append(piece)
    return "".join(kept)


@cache
def _environment() -> SandboxedEnvironment:
    from jinja2 import PackageLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        loader=PackageLoader("crmctl.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )


def _read(template: Path) -> Template:
    try:
        text = template.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError("cannot read {path}: {problem}", path=template, problem=error) from None
    return _environment().from_string(text)


def _line_of(error: Exception) -> int | None:
    line = getattr(error, "lineno", None)
    if isinstance(line, int):
        return line
    inside = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return inside[-1] if inside else None
