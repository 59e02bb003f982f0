"""Markdown: a table of results and the first failing rows, for pull requests and people."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crmctl.checks.formats.shares import percent
from crmctl.checks.result import CheckReport, CheckResult
from crmctl.messages import term, translate

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")


def to_markdown(report: CheckReport) -> str:
    """The report as Markdown: what failed first comes first in the examples, the table keeps the checks' order."""
    parts = [
        translate(
            "{passed} passed, {warned} warned, {failed} failed, {skipped} skipped; {rows} rows",
            passed=report.passed, warned=report.warned, failed=report.failed, skipped=report.skipped, rows=report.rows,
        ),
        _table(
            (translate("outcome"), translate("check"), translate("failed"), translate("of"), translate("share"),
             translate("message")),
            ((term(one.outcome), one.name, str(one.failed), str(one.rows), percent(one.share), one.message)
             for one in report.results),
        ),
    ]  # fmt: skip
    parts += [_examples(one) for one in report.results if one.examples and one.outcome in {"failed", "warned"}]
    return "\n\n".join(parts) + "\n"


def _examples(result: CheckResult) -> str:
    title = translate("{name}: the first {count} failing rows", name=_cell(result.name), count=len(result.examples))
    head = (translate("source"), translate("line"), translate("field"), translate("value"))
    rows = ((row.source or "", str(row.line or ""), row.field or "", row.value or "") for row in result.examples)
    return f"### {title}\n\n{_table(head, rows)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(map(_cell, row)) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(text: str) -> str:
    """Text that stays in its cell and is shown as it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
