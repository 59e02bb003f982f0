"""`crmctl store`: the file itself."""

from __future__ import annotations

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.options import globals_of
from crmctl.messages import translate


@click.group("store", short_help="The store's file: its versions, and how many runs it keeps.")
def command() -> None:
    r"""The store's file: its versions, and how many runs it keeps.

    \b
    Examples:
      crmctl store versions
      crmctl store retention 30
    """


@command.command("versions")
@format_option
@click.pass_context
def versions(context: click.Context, format_: str | None) -> None:
    """List the versions that are kept."""
    from crmctl.sql import sql
    from crmctl.store import open_store

    globals_ = globals_of(context)
    with open_store(globals_.store, read_only=True, create=False, wait=globals_.wait) as store:
        rows = store.rows(
            sql(
                "select v.dataset, v.version, v.run, v.rows, v.version in (select version from _crmctl.heads) as head"
                " from _crmctl.versions v order by lower(v.dataset), v.version"
            )
        )
    answer(["dataset", "version", "run", "rows", "head"], rows, format_)


@command.command("retention")
@click.argument("runs", type=click.IntRange(min=1), required=False)
@click.pass_context
def retention(context: click.Context, runs: int | None) -> None:
    """Show or set how many runs can be undone."""
    from crmctl.store import open_store
    from crmctl.store.retention import retention as current
    from crmctl.store.retention import set_retention

    globals_ = globals_of(context)
    read_only = runs is None
    with open_store(globals_.store, read_only=read_only, create=False, wait=globals_.wait) as store:
        if runs is not None:
            set_retention(store, runs)
        click.echo(translate("the versions of the last {runs} runs are kept", runs=current(store)))
