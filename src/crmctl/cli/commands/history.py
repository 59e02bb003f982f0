"""`crmctl history`: the runs."""

from __future__ import annotations

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.options import globals_of


@click.command("history", short_help="List the runs, the newest first.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@format_option
@click.pass_context
def command(context: click.Context, limit: int, format_: str | None) -> None:
    r"""List the runs, the newest first.

    \b
    Examples:
      crmctl history
    """
    from crmctl.store import asking, open_store

    globals_ = globals_of(context)
    with open_store(globals_.store, read_only=True, create=False, wait=globals_.wait) as store:
        rows = asking.history(store, limit)
    headers = ["run", "status", "kind", "what", "datasets", "as_of", "started_at", "who", "message"]
    answer(headers, [tuple(row[name] for name in headers) for row in rows], format_)
