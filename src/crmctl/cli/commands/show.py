"""`crmctl show`: one run, with its ledger, findings and rejects."""

from __future__ import annotations

from typing import Any

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.options import globals_of
from crmctl.messages import translate


@click.command("show", short_help="Show a run: its ledger, findings or rejects.")
@click.argument("run", type=int, required=False)
@click.option("--findings", is_flag=True, help="Every value that was repaired or could not be.")
@click.option("--rejects", is_flag=True, help="Every line that could not be read.")
@click.option("--inputs", is_flag=True, help="What was read, and how it was understood.")
@click.option("--mapping", is_flag=True, help="What every header was taken for, and why.")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many.")
@format_option
@click.pass_context
def command(
    context: click.Context, run: int | None, findings: bool, rejects: bool, inputs: bool, mapping: bool,
    limit: int | None, format_: str | None,
) -> None:  # fmt: skip
    r"""Show a run: its ledger, findings or rejects.

    \b
    Examples:
      crmctl show
      crmctl show 1 --findings --format csv

    Without a number it is the newest run.
    """
    from crmctl.errors import UsageError
    from crmctl.store import asking, open_store

    globals_ = globals_of(context)
    with open_store(globals_.store, read_only=True, create=False, wait=globals_.wait) as store:
        if run is None:
            newest = asking.history(store, 1)
            if not newest:
                raise UsageError("there is no run yet", cure="import a file first")
            run = int(newest[0]["run"])
        line = asking.one_run(store, run)
        if findings:
            rows = asking.findings(store, run, limit)
        elif rejects:
            rows = asking.rejects(store, run, limit)
        elif inputs:
            rows = asking.inputs(store, run)[:limit]
        elif mapping:
            rows = asking.mapping(store, run)[:limit]
        else:
            _tell(line, asking.inputs(store, run), globals_.quiet)
            rows = asking.steps(store, run)
    if not rows:
        what = translate("findings") if findings else translate("rejects") if rejects else translate("steps")
        click.echo(translate("run {run} has no {what}", run=run, what=what), err=True)
        answer([], [], "json" if format_ == "json" else "ndjson")
        return
    answer(list(rows[0]), [tuple(row.values()) for row in rows], format_)


def _tell(line: dict[str, Any], inputs: list[dict[str, Any]], quiet: bool) -> None:
    if quiet:
        return
    for name in ("run", "status", "recipe", "command", "as_of", "as_of_source", "who", "crmctl", "parameters",
                 "started_at", "finished_at", "message"):  # fmt: skip
        if line[name] is not None:
            click.echo(f"{name}: {line[name]}", err=True)
    for each in inputs:
        if each["decision"]:
            click.echo(f"read: {each['name']}: {each['decision']}", err=True)
