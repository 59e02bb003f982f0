"""`crmctl explain`: where a row comes from and what was done to it."""

from __future__ import annotations

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.completion import completer
from crmctl.cli.options import globals_of


@click.command("explain", short_help="Tell where a row comes from and what was done to it.")
@click.argument("dataset", shell_complete=completer("name"))
@click.argument("id")
@format_option
@click.pass_context
def command(context: click.Context, dataset: str, id: str, format_: str | None) -> None:  # noqa: A002 - as the help says
    r"""Tell where a row comes from and what was done to it.

    \b
    Examples:
      crmctl explain contacts C-1001

    ID is the row's key, a source's own id, or the id of a merged record.
    """
    from crmctl.store import asking, open_store

    globals_ = globals_of(context)
    with open_store(globals_.store, read_only=True, create=False, wait=globals_.wait) as store:
        rows = asking.explain(store, dataset, id)
    headers = ["kind", "source", "file", "line", "field", "value", "new_value", "reason", "run"]
    answer(headers, [tuple(row[name] for name in headers) for row in rows], format_)
