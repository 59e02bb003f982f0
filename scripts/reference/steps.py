"""`docs/reference/steps.md`: every step from its declaration, and a table before and after it from its cases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crmctl.step.declaration import Declaration, Parameter
from crmctl.testing import Case, load_cases
from reference.markdown import block, code, page, table

_KINDS = {
    "text": "text", "integer": "whole number", "number": "number", "flag": "yes or no", "map": "key: value pairs",
    "outputs": "key: file pairs",
    "dataset": "dataset, file or -", "field": "field", "condition": "[condition](conditions.md)",
    "duration": "duration such as 90d", "input": "file or -", "output": "file or -", "query": "one SELECT",
    "schema": "[schema](schemas.md) or file", "rules": "[classification](presets.md) or file",
    "segments": "[segments](presets.md) or file",
}  # fmt: skip
_EXAMPLES = {
    "dataset": "customers", "input": "demo/crm.csv", "output": "out/customers.csv", "field": "email",
    "condition": "email is missing", "duration": "90d", "query": "select * from customers", "schema": "customer",
    "rules": "value-tier", "segments": "default", "integer": 10, "number": 0.5, "flag": True, "text": "no e-mail",
}  # fmt: skip
_INTRODUCTION = """\
A step is a verb. It is a command (`crmctl clean …`), an entry of a recipe (`- clean: …`) and a Python function
(`crmctl.clean(…)`), with the same parameters under the same names. On the command line a name's `_` is a `-`, and a
list is separated by commas; a comma inside a value is doubled.

INPUT is a dataset of the store, a file, or `-` for standard input. A dataset gets a new version; a file's result goes
to standard output, or to the file that `-o` names. Steps that change data take `--dry-run`.

A recipe may give any step a `name`, which the ledger shows; a step that makes rows takes `into`, the dataset they
become, and one that makes rows or an answer takes `output`, a file for them."""


def steps_page(index: Mapping[str, Mapping[str, Any]], order: list[str], cases: Path) -> str:
    """The page of all steps.

    Args:
        index: The declarations by name, as the index has them.
        order: The names, in the order of the command line's help.
        cases: The folder of the steps' cases.
    """
    parts = [_step(Declaration.from_dict(index[name]), cases / f"{name}.yaml") for name in order]
    return page("Steps", _INTRODUCTION, *parts)


def _step(spec: Declaration, cases: Path) -> str:
    parts = [f"## {spec.name}", spec.summary, spec.description, table(
        ["Parameter", "Type", "Default", "Meaning"],
        [(code(p.key), _type(p), _default(p), p.help) for p in spec.parameters],
    ), "On the command line:", block("\n".join(spec.examples), "sh")]  # fmt: skip
    parts += ["In a recipe:", block(_recipe(spec), "yaml"), f"In Python: {code(_python(spec))}"]
    if cases.exists():
        parts += _example(load_cases(cases))
    return "\n\n".join(part for part in parts if part)


def _type(parameter: Parameter) -> str:
    inner = " or ".join(map(code, parameter.choices)) if parameter.choices else _KINDS[parameter.kind]
    return f"list: {inner}" if parameter.multiple else inner


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    return code(_flow(parameter.default)) if parameter.default not in (None, False) else ""


def _flow(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)


def _recipe(spec: Declaration) -> str:
    """The step as a recipe has it: what it needs, and what it takes by default."""
    lines = [f"- {spec.name}:"]
    for parameter in spec.parameters:
        if parameter.required:
            lines.append(f"    {parameter.key}: {_flow(_sample(parameter))}")
        elif parameter.default not in (None, False):
            lines.append(f"    {parameter.key}: {_flow(parameter.default)}")
    if spec.kind == "rows" and spec.input is None:
        lines.append("    into: customers")
    return "\n".join(lines)


def _sample(parameter: Parameter) -> Any:
    value = parameter.choices[0] if parameter.choices else _EXAMPLES[parameter.kind]
    return [value] if parameter.multiple else value


def _python(spec: Declaration) -> str:
    """The step as a function's signature."""
    name = "import_" if spec.name == "import" else spec.name.replace("-", "_")
    shown = [p.name if p.required else f"{p.name}={_literal(p.default)}" for p in spec.parameters]
    if spec.input is not None:
        shown[1:1] = ["*"] if len(shown) > 1 else []
    return f"crmctl.{name}({', '.join(shown)})"


def _literal(value: Any) -> str:
    return repr(list(value) if isinstance(value, tuple) else value)


def _example(cases: list[Case]) -> list[str]:
    """The first case that needs no more than its table, before and after."""
    for case in cases:
        if not case.files and case.expected.get("output"):
            given = ", ".join(f"{key}: {_flow(value)}" for key, value in case.given.items())
            told = f"For example, with {code(given)}:" if given else "For example:"
            return [f"{told} {case.title}.", "Before:", _csv(case.input), "After:", _csv(case.expected["output"])]
    return []


def _csv(text: str) -> str:
    """A table; here every column stays."""
    header, *rows = csv.reader(io.StringIO(text))
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(" ".join(each.split()) for each in line) + " |" for line in lines)
