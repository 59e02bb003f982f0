"""The root command: finds commands in the generated index, and runs a command line to its exit code."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from crmctl.cli.options import Globals, global_options, globals_of
from crmctl.cli.telling import tell, tell_interrupted
from crmctl.errors import UsageError, did_you_mean
from crmctl.messages import translate

if TYPE_CHECKING:
    from types import FrameType

INDEX = os.path.join(os.path.dirname(__file__), "index.json")  # noqa: PTH118, PTH120 - pathlib is slow to load
_WIDEST_HELP = 100
_COMPLETING = "_CRMCTL_COMPLETE"


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
                # In raw docstrings click's mark for lines that stay as they are is two characters.
                command.help = (command.help or "").replace("\\b\n", "\b\n")
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

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; an interrupt comes out without click's blank line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """The commands from the index, and from the packages' metadata: no module of theirs is loaded."""
        from crmctl.step.installed import installed

        groups: dict[str, list[tuple[str, str]]] = {}
        for name, entry in index().items():
            groups.setdefault(entry["group"], []).append((name, entry["summary"]))
        for name, (plugin, *_) in installed().items():
            if name not in index():
                groups.setdefault("Plug-ins", []).append((name, translate("from {package}", package=plugin.package)))
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
    # A line that click cannot read to its end may have asked for them all the same.
    globals_ = Globals(debug="--debug" in arguments, json_errors="--json-errors" in arguments)
    _guard_encoding()
    with _interrupts(globals_):
        try:
            result = root().main(list(arguments), prog_name="crmctl", standalone_mode=False, obj=globals_)
        except BrokenPipeError:
            return _quiet_pipe()
        except SystemExit as end:
            return _exit_code(end) if _COMPLETING in os.environ else _quiet_pipe()
        except Exception as error:
            if globals_.debug:
                import traceback

                traceback.print_exc()
            return tell_interrupted(globals_) if globals_.interrupted else tell(error, globals_)
        except KeyboardInterrupt:
            return tell_interrupted(globals_)
    return _flushed(result if isinstance(result, int) else 0)


def _flushed(code: int) -> int:
    """The exit code, when all is written or the reader has gone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _quiet_pipe()
    return code


def _exit_code(end: SystemExit) -> int:
    """Click leaves this way after a completion; else only when its output is a closed pipe."""
    return end.code if isinstance(end.code, int) else 0


@contextlib.contextmanager
def _interrupts(globals_: Globals) -> Iterator[None]:
    """Ctrl-C is noted as well as raised."""

    def note(number: int, frame: FrameType | None) -> None:
        globals_.interrupted = True
        signal.default_int_handler(number, frame)

    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        try:
            signal.signal(signal.SIGINT, note)
        except ValueError:  # only the main thread is interrupted
            ours = False
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _guard_encoding() -> None:
    """A console that cannot show a character gets a replacement instead of a crash; a pipe or file gets UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a text stream, or suppressed
    with contextlib.suppress(AttributeError, ValueError):
        if not sys.stdout.isatty():
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]  # likewise


def _quiet_pipe() -> int:
    """The reader has gone: nothing more is written, and Python's own flush at the end finds nothing to say."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
