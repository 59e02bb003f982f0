"""Cases for a step: a small table in, the table that has to come out, in YAML. For crmctl's own steps and anyone's.

A test walks them: ``assert outcome(case, tmp_path) == case.expected`` for each case of `load_cases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from crmctl import yamlfile
from crmctl.errors import CrmctlError
from crmctl.run import run_step
from crmctl.run.single import Request
from crmctl.session import validated
from crmctl.step import StepSpec, registry

_INPUT, _OUTPUT = "input.csv", "output.csv"


class _Case(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str = Field(min_length=1)
    input: str
    files: dict[str, str] = {}
    given: dict[str, Any] = Field({}, alias="with")
    as_of: str | None = None
    output: str | None = None
    findings: dict[str, int] | None = None
    reasons: dict[str, int] | None = None
    notes: list[str] | None = None
    failure: str | None = None
    error: str | None = None


class _CaseFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str
    cases: list[_Case] = Field(min_length=1)


@dataclass(frozen=True)
class Case:
    """One case.

    Args:
        step: The step's name.
        title: What the case shows, as a statement.
        input: The table that goes in, as CSV.
        files: Further files by name; a parameter that names one means it.
        given: The step's parameters, as a recipe spells them.
        as_of: The run's moment.
        expected: What has to come of it: the output as CSV, the number of findings by status, the removals by
            reason, the notes, the failure, or the error's text; only what the case file names.
    """

    step: str
    title: str
    input: str
    files: Mapping[str, str]
    given: Mapping[str, Any]
    as_of: str | None
    expected: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.step}: {self.title}"


def load_cases(path: Path) -> list[Case]:
    """The cases of a YAML file: ``step``, and ``cases`` with ``case``, ``input``, ``with`` and what is expected.

    Raises:
        FileError: The file cannot be read.
        UsageError: It does not make sense; every mistake with its place.
    """
    file = yamlfile.load(path).validate(_CaseFile)
    results = ("output", "findings", "reasons", "notes", "failure", "error")
    return [
        Case(
            file.step, each.case, each.input, each.files, each.given, each.as_of,
            {name: getattr(each, name) for name in results if name in each.model_fields_set},
        )
        for each in file.cases
    ]  # fmt: skip


def outcome(case: Case, folder: Path) -> dict[str, Any]:
    """What comes of a case, under the same names as in ``case.expected``.

    Args:
        case: The case.
        folder: An empty folder for its files.
    """
    spec = registry.find(case.step)
    for name, text in {_INPUT: case.input, **case.files}.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    request = Request(store=folder / "crm.duckdb", as_of=case.as_of)
    if spec.kind in ("rows", "answer"):
        request.output = str(folder / _OUTPUT)
    try:
        report = run_step(spec, validated(spec, _parameters(case, spec, folder)), request)
    except CrmctlError as error:
        return {**dict.fromkeys(case.expected), "error": str(error).replace(str(folder / _INPUT), _INPUT)}
    output = folder / _OUTPUT
    found = {
        "output": output.read_bytes().decode("utf-8") if output.exists() else None,
        "findings": report.findings,
        "reasons": {reason: count for ledger in report.ledgers for reason, count in _reasons(ledger).items()},
        "notes": report.notes,
        "failure": report.failure,
        "error": None,
    }
    return {name: found[name] for name in case.expected}


def _reasons(ledger: Any) -> Mapping[str, int]:
    reasons: Mapping[str, int] = getattr(ledger, "reasons", {})
    return reasons


def _parameters(case: Case, spec: StepSpec, folder: Path) -> dict[str, Any]:
    """The step's parameters: the case's own, the input, and the output where the step writes it itself."""
    given = {key: _located(value, case, folder) for key, value in case.given.items()}
    if spec.input is not None:
        text = str(folder / _INPUT)
        given.setdefault(spec.input.key, [text] if spec.input.multiple else text)
    if spec.kind == "write" and spec.parameter("output"):
        given.setdefault("output", str(folder / _OUTPUT))
    return given


def _located(value: Any, case: Case, folder: Path) -> Any:
    if isinstance(value, list):
        return [_located(item, case, folder) for item in value]
    return str(folder / value) if isinstance(value, str) and value in case.files else value
