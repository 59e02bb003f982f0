"""The global options: the same before and after the command, and from the environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from crmctl.messages import set_language

if TYPE_CHECKING:
    from pathlib import Path


class Globals:
    """What holds for the whole invocation.

    Args:
        store_file: The store's file.
        quiet: No progress and no ledger on stderr.
        verbose: Everything on stderr.
        as_of: The run's moment.
        wait: Seconds to wait for a locked store.
        debug: Tracebacks.
        json_errors: Errors as JSON.
        use: Python files whose steps are taken in.
        interrupted: Ctrl-C was pressed; libraries tell of it by errors of many kinds, or not at all.
    """

    def __init__(self, *, debug: bool = False, json_errors: bool = False) -> None:
        self.store_file = "crm.duckdb"
        self.quiet = self.verbose = self.interrupted = False
        self.as_of: str | None = None
        self.wait = 10.0
        self.debug, self.json_errors = debug, json_errors
        self.use: tuple[str, ...] = ()

    @property
    def store(self) -> Path:
        """The store's file as a path."""
        from pathlib import Path  # completion and help can do without

        return Path(self.store_file)


def _set(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    given = context.get_parameter_source(str(parameter.name))
    if value is None or given in (None, click.core.ParameterSource.DEFAULT):
        return
    found = context.find_root().ensure_object(Globals)
    if parameter.name == "lang":
        set_language(value)
    else:
        setattr(found, "store_file" if parameter.name == "store" else str(parameter.name), value)


def _option(*names: str, **settings: Any) -> Callable[[], click.Option]:
    return lambda: click.Option(names, expose_value=False, is_eager=True, callback=_set, **settings)


_FACTORIES = [
    _option("--store", metavar="FILE", envvar="CRMCTL_STORE", help="The store (crm.duckdb, or CRMCTL_STORE)."),
    _option("--as-of", metavar="DATE", help="What 'now' is: a date or 'today' (the newest event)."),
    _option(
        "--wait", type=click.FloatRange(min=0), metavar="SECONDS", help="How long to wait for a locked store (10)."
    ),
    _option("--use", multiple=True, metavar="FILE", help="A Python file with steps of your own."),
    _option("-q", "--quiet", is_flag=True, default=None, help="Say nothing on stderr but errors."),
    _option("-v", "--verbose", is_flag=True, default=None, help="Say everything."),
    _option("--lang", type=click.Choice(["en", "zh"]), help="The language of messages (en, or CRMCTL_LANG)."),
    _option("--json-errors", is_flag=True, default=None, help="Errors as one JSON object a line."),
    _option("--debug", is_flag=True, default=None, help="Show tracebacks."),
]


def global_options() -> list[click.Parameter]:
    """Fresh option objects, for one command."""
    return [make() for make in _FACTORIES]


def globals_of(context: click.Context) -> Globals:
    """The invocation's globals."""
    found: Globals = context.find_root().ensure_object(Globals)
    return found
