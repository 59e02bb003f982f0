"""A click command from a step's declaration: its options, and what is shown of its result."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from crmctl.cli.options import Globals, globals_of
from crmctl.errors import DataFailed, UsageError
from crmctl.step.declaration import Declaration, Parameter

if TYPE_CHECKING:
    from crmctl.run.single import Request
    from crmctl.step.spec import StepSpec

_TYPES: dict[str, click.ParamType[Any]] = {"integer": click.INT, "number": click.FLOAT}
_METAVARS = {
    "dataset": "INPUT", "field": "FIELD", "condition": "CONDITION", "duration": "DURATION", "input": "FILE",
    "output": "FILE", "map": "KEY=VALUE", "outputs": "KEY=FILE", "text": "TEXT",
    "schema": "NAME|FILE", "rules": "NAME|FILE", "segments": "NAME|FILE",
}  # fmt: skip
_SHORT = {"output": "-o"}
TABLE_FORMATS = ("table", "md")


def build(spec: Declaration) -> click.Command:
    """The command of a step."""
    positional = spec.input or next((p for p in spec.parameters if p.required and p.kind == "query"), None)
    parameters = [_click_parameter(p, positional=p is positional) for p in spec.parameters]
    parameters += _generic_options(spec)

    @click.pass_context
    def callback(context: click.Context, /, **given: Any) -> int:
        return _invoke(context, spec, given)

    return click.Command(
        name=spec.name, callback=callback, params=parameters, help=help_text(spec), short_help=spec.summary,
        no_args_is_help=positional is not None and positional.required,
    )  # fmt: skip


def help_text(spec: Declaration) -> str:
    """Summary, runnable examples, and what else the docstring says."""
    examples = "\n".join(f"  {line}" for line in spec.examples)
    return "\n\n".join(part for part in (spec.summary, f"\b\nExamples:\n{examples}", spec.description) if part)


def _click_parameter(parameter: Parameter, *, positional: bool) -> click.Parameter:
    if positional:
        metavar = "QUERY" if parameter.kind == "query" else "FILE" if parameter.kind == "input" else "INPUT"
        return click.Argument(
            [parameter.name], nargs=-1 if parameter.multiple else 1, required=parameter.required,
            metavar=metavar + ("..." if parameter.multiple else ""), shell_complete=_completer(parameter.kind),
        )  # fmt: skip
    return click.Option(_names(parameter), **_option_settings(parameter))


def _names(parameter: Parameter) -> list[str]:
    long = "--" + parameter.key.replace("_", "-")
    if parameter.kind == "flag":
        both = parameter.default or parameter.optional  # what is on, or depends, can be turned off
        long = f"{long}/--no-{parameter.key.replace('_', '-')}" if both else long
    return [parameter.name, *([_SHORT[parameter.key]] if parameter.key in _SHORT else []), long]


def _option_settings(parameter: Parameter) -> dict[str, Any]:
    settings: dict[str, Any] = {"help": _help(parameter), "required": parameter.required}
    if not parameter.required:
        settings["default"] = None
    if parameter.kind == "flag":
        return {**settings, "is_flag": True}
    settings["type"] = (
        click.Choice(parameter.choices) if parameter.choices else _TYPES.get(parameter.kind, click.STRING)
    )
    settings["multiple"] = parameter.multiple or parameter.kind in ("map", "outputs")
    if not parameter.choices and parameter.kind in _METAVARS:
        settings["metavar"] = _METAVARS[parameter.kind] + (",..." if parameter.multiple else "")
    if parameter.kind in ("dataset", "field", "input", "schema", "rules", "segments"):
        settings["shell_complete"] = _completer(parameter.kind)
    elif parameter.key == "into":
        settings["shell_complete"] = _completer("name")
    return settings


def _help(parameter: Parameter) -> str:
    default = parameter.default
    if parameter.required or default in (None, False, "") or default == []:
        return parameter.help
    shown = ",".join(map(str, default)) if isinstance(default, (list, tuple)) else str(default)
    return f"{parameter.help} [default: {shown}]"


def _completer(kind: str) -> Any:
    from crmctl.cli import completion

    return completion.completer(kind)


def _generic_options(spec: Declaration) -> list[click.Parameter]:
    options: list[click.Parameter] = []
    if spec.kind == "rows":
        options.append(
            click.Option(
                ["--into"], metavar="DATASET", help="The dataset that the result becomes.",
                shell_complete=_completer("name"),
            )
        )  # fmt: skip
    if spec.kind in ("rows", "answer", "import"):
        options += [
            click.Option(["-o", "--output"], metavar="FILE", help="A file for the result, or - for stdout."),
        ]  # fmt: skip
        if spec.parameter("format") is None:
            options.append(
                click.Option(["--format"], metavar="FORMAT", help="table, csv, tsv, ndjson, json, md, xlsx or parquet.")
            )
    if spec.kind == "rows" and spec.input is not None:
        options.append(click.Option(["--in-place"], is_flag=True, help="The output may be the input; keeps a backup."))
    if spec.kind in ("rows", "import") or (spec.kind == "answer" and spec.records):
        options.append(click.Option(["--dry-run"], is_flag=True, help="Show what would change; change nothing."))
    return options


def _invoke(context: click.Context, declared: Declaration, given: dict[str, Any]) -> int:
    from crmctl.cli.showing import Terminal
    from crmctl.run import run_step
    from crmctl.run.single import STDOUT, output_names
    from crmctl.step import registry

    spec = registry.find(declared.name)
    globals_ = globals_of(context)
    wanted = given.pop("format", None) if spec.parameter("format") is None else None
    options = {name: given.pop(name, None) for name in ("output", "into", "in_place", "dry_run")
               if spec.parameter(name) is None}  # fmt: skip
    if spec.kind == "import" and spec.parameter("into"):
        options["into"] = None
    values = _plain(spec, given)
    terminal = Terminal(globals_, spec, answers=STDOUT not in output_names(spec, values))
    request = _request(globals_, spec, options, wanted, terminal)
    report = run_step(spec, values, request)
    terminal.show(report, wanted, dry_run=bool(options.get("dry_run")))
    if report.failure:
        raise DataFailed("{failure}", failure=report.failure)
    return 0


def _request(
    globals_: Globals, spec: Declaration, options: dict[str, Any], wanted: str | None, terminal: Any
) -> Request:
    from crmctl.run.single import Request

    shows = wanted in TABLE_FORMATS or (wanted is None and options.get("output") is None and sys.stdout.isatty())
    chosen = None if wanted in TABLE_FORMATS else wanted
    if spec.kind == "answer" and not terminal.answers:
        chosen = None
    elif spec.kind == "answer" and chosen is None and not shows and options.get("output") is None:
        chosen = "ndjson"
    return Request(
        store=globals_.store, into=options.get("into"), output=options.get("output"), format=chosen,
        dry_run=bool(options.get("dry_run")), in_place=bool(options.get("in_place")), as_of=globals_.as_of,
        wait=globals_.wait, listener=terminal, stdout=None if shows and spec.kind != "write" else sys.stdout.buffer,
        collect=terminal.collect if shows else None, ask=terminal.ask,
    )  # fmt: skip


def _plain(spec: StepSpec, given: dict[str, Any]) -> dict[str, Any]:
    """Command-line text as the plain values that recipes give, validated by the same model."""
    from pydantic import ValidationError

    from crmctl.step.model import model, plain

    values: dict[str, Any] = {}
    for parameter in spec.parameters:
        value = given.get(parameter.name)
        if value is None or value == ():
            continue
        values[parameter.key] = _value(parameter, value)
    try:
        return {key: value for key, value in plain(model(spec).model_validate(values)).items() if spec.parameter(key)}
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(
            "--{option}: {problem}", cure="see: crmctl {command} --help",
            option=str(first["loc"][0]).replace("_", "-"), problem=first["msg"], command=spec.name,
        ) from None  # fmt: skip


def _value(parameter: Parameter, value: Any) -> Any:
    if parameter.kind in ("map", "outputs"):
        return dict(_pair(parameter, text) for text in value)
    if not parameter.multiple:
        return value
    if parameter.kind in ("dataset", "input"):
        return [str(item) for item in value]
    pieces = [piece for item in value for piece in (split_list(item) if isinstance(item, str) else [item])]
    if not pieces:
        raise UsageError("--{option} names nothing", cure="name at least one, or leave it out", option=parameter.key)
    return pieces


def split_list(text: str) -> list[str]:
    """A comma-separated option's values; a doubled comma is one that belongs to a value."""
    pieces = text.replace(",,", "\x00").split(",")
    return [piece.replace("\x00", ",").strip() for piece in pieces if piece.strip()]


def _pair(parameter: Parameter, text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise UsageError("--{option}: {text!r} is not KEY=VALUE", option=parameter.key, text=text)
    return key.strip(), value.strip()
