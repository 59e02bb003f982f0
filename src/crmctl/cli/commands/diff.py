"""`crmctl diff`: what a run changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.options import globals_of
from crmctl.messages import translate

if TYPE_CHECKING:
    from crmctl.store import Store


def _run(store: Store, what: str | None) -> int:
    from crmctl.store import asking
    from crmctl.store.history import latest_run

    if what is None:
        return latest_run(store)
    return int(what) if what.isdigit() else asking.last_change(store, what)


@click.command("diff", short_help="Show what a run changed, dataset by dataset and field by field.")
@click.argument("what", required=False, metavar="[RUN|DATASET]")
@click.option("--cells", type=click.IntRange(min=0), default=0, metavar="N", help="Also N changed cells.")
@format_option
@click.pass_context
def command(context: click.Context, what: str | None, cells: int, format_: str | None) -> None:
    r"""Show what a run changed, dataset by dataset and field by field.

    \b
    Examples:
      crmctl diff
      crmctl diff contacts --cells 20

    By default the newest run that is in effect; for a dataset, the run that changed it last.
    """
    from crmctl.store import asking, open_store

    globals_ = globals_of(context)
    rows: list[tuple[object, ...]] = []
    samples: list[tuple[object, ...]] = []
    with open_store(globals_.store, read_only=True, create=False, wait=globals_.wait) as store:
        run = _run(store, what)
        for dataset, change, old, new in asking.changes(store, run):
            rows.append(
                (dataset, "rows", change.rows_in, change.rows_out, change.added, change.removed, change.changed)
            )
            rows += [(dataset, field, None, None, None, None, count) for field, count in change.cells.items()]
            samples += [
                (dataset, row["line"], row["field"], row["before"], row["after"])
                for row in asking.changed_cells(store, old, new, cells)
            ]
    if not globals_.quiet:
        click.echo(translate("run {run}", run=run), err=True)
    if cells:
        answer(["dataset", "line", "field", "before", "after"], samples, format_)
    else:
        answer(["dataset", "what", "before", "after", "added", "removed", "changed"], rows, format_)
