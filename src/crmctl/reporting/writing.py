"""Writes a report to a file of the kind that its suffix names, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from crmctl.atomic import replacing
from crmctl.errors import UsageError
from crmctl.reporting.markdown import to_markdown
from crmctl.reporting.model import Report
from crmctl.reporting.page import to_html
from crmctl.reporting.plain import to_json

_WRITERS: dict[str, Callable[[Report], str]] = {
    ".html": to_html,
    ".htm": to_html,
    ".md": to_markdown,
    ".markdown": to_markdown,
    ".json": to_json,
}


def write_report(report: Report, path: Path | str, template: Path | str | None = None) -> Path:
    """Write a report as ``.html``, ``.md`` or ``.json``; an older file stays whole until the new one is.

    Args:
        report: What to write.
        path: Where to; its suffix names the format.
        template: The user's own Jinja template, for HTML only.

    Raises:
        UsageError: The suffix is none of these, or the template is wrong or not for HTML.
        FileError: The file cannot be written.
    """
    target = Path(path)
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        raise UsageError(
            "cannot write a report as {suffix!r}", cure="end the name in one of {known}",
            suffix=target.suffix or target.name, known=", ".join(_WRITERS),
        )  # fmt: skip
    if template is not None and writer is not to_html:
        raise UsageError("a template is for HTML, not for {suffix!r}", cure="leave it out", suffix=target.suffix)
    text = writer(report) if template is None else to_html(report, template)
    with replacing(target) as stream:
        stream.write(text.encode())
    return target
