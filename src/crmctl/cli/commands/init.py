"""`crmctl init`: a project folder to start from."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from crmctl.errors import FileError
from crmctl.messages import translate


@click.command("init", short_help="Make a project folder with a recipe to start from.")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
def command(folder: Path) -> None:
    r"""Make a project folder with a recipe to start from.

    \b
    Examples:
      crmctl init my-customers

    It gets copies of the shipped recipes and a .gitignore that keeps the store and the data out of version
    control. A file that is there already stays as it is.
    """
    from crmctl.resources import shipped

    try:
        (folder / "recipes").mkdir(parents=True, exist_ok=True)
        for recipe in sorted(shipped("recipes").glob("*.yaml")):
            _copy(recipe, folder / "recipes" / recipe.name)
        ignored = folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*.duckdb\n*.duckdb.*\n*.bak\n", encoding="utf-8")
            click.echo(translate("written: {path}", path=ignored), err=True)
    except OSError as error:
        raise FileError("cannot write into {folder}: {problem}", cure="choose another folder", folder=folder,
                        problem=error.strerror or error) from None  # fmt: skip


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        click.echo(translate("kept as it is: {path}", path=target), err=True)
        return
    shutil.copyfile(source, target)
    click.echo(translate("written: {path}", path=target), err=True)
