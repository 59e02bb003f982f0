"""The root command: finds commands in the generated index, and turns errors into messages and exit codes."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import click

from crmctl.cli.options import Globals, global_options, globals_of
from crmctl.errors import CrmctlError, UsageError, did_you_mean
from crmctl.messages import translate

INDEX = os.path.join(os.path.dirname(__file__), "index.json")  # noqa: PTH118, PTH120 - pathlib is slow to import
_WIDEST_HELP = 100
INTERRUPTED = 130


@cache
def index() -> dict[str, dict[str, str]]:
    """Every command of crmctl's own: its module and its first line."""
    with open(INDEX, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is slow to import
        data: dict[str, dict[str, str]] = json.load(file)
    return data


class Root(click.Group):
    """A group whose commands are loaded when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands in the order of the index."""
        return list(index())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, an alias of one, or a plug-in's step."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name in index():
            entry = index()[name]
            if "step" not in entry:
                command: click.Command = importlib.import_module(entry["module"]).command
                return with_globals(command)
        return self._step(ctx, name)

    def _step(self, ctx: click.Context, name: str) -> click.Command | None:
        from crmctl.step import registry

        if globals_of(ctx).use:
            from pathlib import Path

            for path in globals_of(ctx).use:
                registry.use(Path(path))
        declaration = registry.declared(name)
        if declaration is None:
            return None
        from crmctl.cli.command import build

        return with_globals(build(declaration))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a misspelt command."""
        command = self.get_command(ctx, args[0])
        if command is None and not args[0].startswith("-"):
            from crmctl.step import registry

            near = did_you_mean(args[0], [*index(), *ALIASES, *registry.names()])
            if near:
                raise UsageError("no command {name!r}", cure="did you mean {near!r}?", name=args[0], near=near)
            raise UsageError("no command {name!r}", cure="see: crmctl --help", name=args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """The commands from the index alone: no module of theirs is loaded."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, entry in index().items():
            groups.setdefault(entry["group"], []).append((name, entry["summary"]))
        for title, rows in groups.items():
            with formatter.section(title):
                formatter.write_dl(rows)


ALIASES = {"dedupe": "deduplicate"}


def with_globals(command: click.Command) -> click.Command:
    """The command, understanding the global options as well."""
    taken = {option for parameter in command.params for option in parameter.opts}
    for parameter in global_options():
        if not taken & set(parameter.opts):
            parameter.hidden = True  # type: ignore[attr-defined]  # the root's help shows them once
            command.params.append(parameter)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            with_globals(child)
    return command


_ROOT_HELP = """Import, clean, deduplicate, classify, segment, check, report on and export customer data.

\b
Examples:
  crmctl sample --out demo              a messy bilingual data set to try things on
  crmctl import demo/crm.csv            a file into the store
  crmctl clean customers --dry-run      see first
  crmctl run nightly --set data=demo    a whole pipeline
  cat in.csv | crmctl clean - | crmctl deduplicate - > out.csv
"""


def root() -> Root:
    """The root command."""
    from crmctl import __version__

    return Root(
        name="crmctl", help=_ROOT_HELP, context_settings=_help_settings(),
        params=[*global_options(), _version_option(__version__)],
    )  # fmt: skip


def _help_settings() -> dict[str, Any]:
    """The terminal's width is asked for here, since click would load `shutil` and all its compressors for it."""
    return {"help_option_names": ["-h", "--help"], "terminal_width": max(min(_columns(), _WIDEST_HELP) - 2, 50)}


def _columns() -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    with contextlib.suppress(ValueError, AttributeError, OSError):
        return os.get_terminal_size(sys.stdout.fileno()).columns
    return 80


def _version_option(version: str) -> click.Option:
    def show(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
        if value and not context.resilient_parsing:
            click.echo(f"crmctl {version}")
            context.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version."
    )


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns its exit code. Every error a user can meet is told here, and nowhere else."""
    globals_ = Globals()
    _guard_encoding()
    try:
        result = root().main(list(arguments), prog_name="crmctl", standalone_mode=False, obj=globals_)
        sys.stdout.flush()
    except BrokenPipeError:
        return _quiet_pipe()
    except Exception as error:
        if globals_.debug:
            import traceback

            traceback.print_exc()
        return tell(error, globals_)
    except KeyboardInterrupt:
        return tell_interrupted(globals_)
    return result if isinstance(result, int) else 0


def _guard_encoding() -> None:
    """A console that cannot show a character gets a replacement instead of a crash."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a text stream, or suppressed


def _quiet_pipe() -> int:
    """The reader has gone: nothing more is written, and Python's own flush at the end finds nothing to say."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def tell_interrupted(globals_: Globals) -> int:
    """An interrupt leaves the store as it was."""
    _emit([{"error": "Interrupted", "exit_code": INTERRUPTED, "cause": translate("interrupted; nothing was published")}],
          [translate("interrupted; nothing was published")], globals_)  # fmt: skip
    return INTERRUPTED


def tell(error: Exception, globals_: Globals) -> int:
    """Say what went wrong on stderr; returns the exit code."""
    if isinstance(error, click.exceptions.Abort):
        return tell_interrupted(globals_)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
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
