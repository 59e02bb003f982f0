"""GitHub's workflow commands: an annotation for each failing row shown, or for the check where it lists none."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.checks.result import CheckReport, CheckResult

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def to_github(report: CheckReport, *, file: str | None = None) -> str:
    """Failed checks as `::error`, warnings as `::warning`; empty where all is well.

    Args:
        report: What came out.
        file: The file that was checked, from the repository's root; the rows' source where not given.
    """
    lines = [line for result in report.results for line in _annotations(result, file)]
    return "".join(f"{line}\n" for line in lines)


def _annotations(result: CheckResult, file: str | None) -> Iterator[str]:
    level = {"failed": "error", "warned": "warning"}.get(result.outcome)
    if level is None:
        return
    if not result.examples:
        yield _command(level, result, file, None, result.message)
    for row in result.examples:
        value = f": {row.value}" if row.value else ""
        yield _command(level, result, file or row.source, row.line, result.message + value)


def _command(level: str, result: CheckResult, file: str | None, line: int | None, message: str) -> str:
    properties = {"file": file, "line": None if line is None else str(line), "title": result.name}
    shown = ",".join(f"{key}={value.translate(_PROPERTY)}" for key, value in properties.items() if value is not None)
    return f"::{level} {shown}::{message.translate(_DATA)}"
