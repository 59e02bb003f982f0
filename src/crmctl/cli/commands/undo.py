"""`crmctl undo`: take a run back."""

from __future__ import annotations

import click

from crmctl.cli.options import globals_of
from crmctl.messages import translate


@click.command("undo", short_help="Take back the newest run, or the one that is named.")
@click.argument("run", type=int, required=False)
@click.option("--cascade", is_flag=True, help="Also take back the later runs that read what it made.")
@click.pass_context
def command(context: click.Context, run: int | None, cascade: bool) -> None:
    r"""Take back the newest run, or the one that is named.

    \b
    Examples:
      crmctl undo
      crmctl undo 3 --cascade

    Datasets, segments and ids are as they were before it. An undo is a run like any other: undoing it brings
    everything back.
    """
    from crmctl.store import open_store
    from crmctl.store.history import undo

    globals_ = globals_of(context)
    with open_store(globals_.store, create=False, wait=globals_.wait) as store:
        done = undo(store, run, cascade=cascade)
    if globals_.quiet:
        return
    for number in done.undone:
        click.echo(translate("run {run} is undone", run=number), err=True)
    for number in done.redone:
        click.echo(translate("run {run} is in effect again", run=number), err=True)
    for dataset, version in done.heads.items():
        text = "{dataset} is gone" if version is None else "{dataset} is as it was"
        click.echo("  " + translate(text, dataset=dataset), err=True)
    click.echo(translate("to bring it back: crmctl undo {run}", run=done.run), err=True)
