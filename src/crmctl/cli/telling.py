"""Errors as a user meets them: one line each on stderr, or one JSON object each; and their exit codes."""

from __future__ import annotations

import json
from typing import Any

import click

from crmctl.cli.options import Globals
from crmctl.errors import CrmctlError, UsageError, did_you_mean
from crmctl.messages import translate

INTERRUPTED = 130


def tell_interrupted(globals_: Globals) -> int:
    """An interrupt leaves the store as it was."""
    cause = translate("interrupted; nothing was published")
    _emit([{"error": "Interrupted", "exit_code": INTERRUPTED, "cause": cause}], [cause], globals_)
    return INTERRUPTED


def tell(error: Exception, globals_: Globals) -> int:
    """Say what went wrong on stderr; returns the exit code."""
    if isinstance(error, click.exceptions.Abort):
        return tell_interrupted(globals_)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return UsageError.exit_code
    known = _known(error)
    if known is None:
        return tell_interrupted(globals_)
    _emit([part.to_dict() for part in known.parts], [str(part) for part in known.parts], globals_)
    return known.exit_code


def _emit(data: list[dict[str, Any]], lines: list[str], globals_: Globals) -> None:
    for item, line in zip(data, lines, strict=True):
        text = json.dumps(item, ensure_ascii=False) if globals_.json_errors else translate("error: {text}", text=line)
        click.echo(text, err=True)


def _known(error: Exception) -> CrmctlError | None:
    """Any exception as one of ours; None for an interrupt."""
    if isinstance(error, CrmctlError):
        return error
    if isinstance(error, click.UsageError):
        return _click_error(error)
    if isinstance(error, click.ClickException):
        return UsageError("{problem}", problem=error.format_message())
    from crmctl.cli.faults import translate_fault

    return translate_fault(error)


def _click_error(error: click.UsageError) -> CrmctlError:
    where = error.ctx.command_path if error.ctx else "crmctl"
    if isinstance(error, click.NoSuchOption):
        near = did_you_mean(error.option_name, error.possibilities or [])
        if near:
            return UsageError(
                "{where}: unknown option {option!r}", cure="did you mean {near!r}?", where=where,
                option=error.option_name, near=near,
            )  # fmt: skip
        return UsageError(
            "{where}: unknown option {option!r}", cure="see: {where} --help", where=where, option=error.option_name
        )
    return UsageError(
        "{where}: {problem}", cure="see: {where} --help", where=where, problem=error.format_message().rstrip(".")
    )
