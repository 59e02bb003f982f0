"""`crmctl run`: a recipe, from its file or from the shipped ones."""

from __future__ import annotations

from typing import Any

import click

from crmctl.cli.completion import completer
from crmctl.cli.options import globals_of
from crmctl.errors import UsageError
from crmctl.messages import translate


@click.command("run", short_help="Run a recipe: all of it is published, or nothing.")
@click.argument("recipe", shell_complete=completer("recipe"))
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of the recipe.")
@click.option("--plan", "only_plan", is_flag=True, help="Show the steps and what they read and make; run nothing.")
@click.option("--dry-run", is_flag=True, help="Run it in a private copy; nothing is published or written.")
@click.pass_context
def command(context: click.Context, recipe: str, settings: tuple[str, ...], only_plan: bool, dry_run: bool) -> None:
    r"""Run a recipe: all of it is published, or nothing.

    \b
    Examples:
      crmctl run nightly --set data=demo --set out=demo/out
      crmctl run recipes/nightly.yaml --plan

    RECIPE is a file, or the name of a recipe that comes with crmctl. Everything that can be validated is
    validated before the first step runs.
    """
    from crmctl.cli.showing import Terminal
    from crmctl.recipe import find_recipe, run_recipe

    globals_ = globals_of(context)
    loaded = find_recipe(recipe)
    given = dict(_pair(text) for text in settings)
    if only_plan:
        _show_plan(loaded, given, globals_)
        return
    terminal = Terminal(globals_)
    run_recipe(
        loaded, store=globals_.store, given=given, as_of=globals_.as_of, wait=globals_.wait, dry_run=dry_run,
        listener=terminal,
    )  # fmt: skip
    if dry_run:
        terminal.say(translate("dry run: nothing was changed"))
    else:
        terminal.say(translate("run {run} is published; see: crmctl show {run}", run=terminal.run))


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise UsageError("--set {text!r} is not NAME=VALUE", cure="write --set data=demo", text=text)
    return name.strip(), value


def _show_plan(recipe: Any, given: dict[str, str], globals_: Any) -> None:
    from crmctl.cli.answers import answer
    from crmctl.recipe import plan
    from crmctl.store import private_store
    from crmctl.store.versions import heads

    with private_store(globals_.store, wait=globals_.wait) as store:
        steps = plan(recipe, given, [head.dataset for head in heads(store)], globals_.store)
    rows = [
        (p.step.number, p.name, ", ".join(p.reads), "" if p.intermediate else p.makes or "", ", ".join(p.outputs))
        for p in steps
    ]
    answer(["step", "verb", "reads", "makes", "output"], rows, None)
