"""JUnit XML: a test case for each check, for CI servers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from crmctl.checks.failures import FailingRow
from crmctl.checks.result import CheckReport, CheckResult

# XML 1.0 has no way at all to write these characters.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(report: CheckReport, *, name: str = "crmctl check") -> str:
    """The report as a JUnit file; a warning is a passed case with its message in `system-out`.

    Args:
        report: What came out.
        name: The suite's name, such as the dataset's.
    """
    tests, failed, skipped = str(len(report.results)), str(report.failed), str(report.skipped)
    root = ET.Element("testsuites", tests=tests, failures=failed, skipped=skipped, errors="0")
    suite = ET.SubElement(
        root, "testsuite", name=_text(name), tests=tests, failures=failed, skipped=skipped, errors="0", time="0"
    )
    for result in report.results:
        _add(suite, result)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add(suite: ET.Element, result: CheckResult) -> None:
    case = ET.SubElement(suite, "testcase", classname=_text(result.kind), name=_text(result.name), time="0")
    match result.outcome:
        case "failed":
            failure = ET.SubElement(case, "failure", type=_text(result.kind), message=_text(result.message))
            failure.text = _text("\n".join(map(_line, result.examples)))
        case "skipped":
            ET.SubElement(case, "skipped", message=_text(result.message))
        case "warned":
            ET.SubElement(case, "system-out").text = _text("\n".join([result.message, *map(_line, result.examples)]))


def _line(row: FailingRow) -> str:
    place = ":".join(str(part) for part in (row.source, row.line) if part is not None)
    return f"{place}: {row.field or ''} {row.value if row.value is not None else ''}".rstrip()


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
