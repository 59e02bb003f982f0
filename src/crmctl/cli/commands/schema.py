"""`crmctl schema`: the shipped schemas, and the JSON Schemas for editors."""

from __future__ import annotations

import json

import click

from crmctl.cli.answers import answer, format_option
from crmctl.messages import language


@click.group("schema", short_help="The shipped schemas, and JSON Schemas for editors.")
def command() -> None:
    r"""The shipped schemas, and JSON Schemas for editors.

    \b
    Examples:
      crmctl schema list
      crmctl schema show customer
      crmctl schema recipe > recipe.schema.json
    """


@command.command("list")
@format_option
def list_(format_: str | None) -> None:
    """List the shipped schemas."""
    from crmctl.schema import load_schema, shipped_schemas

    rows = [
        (s.name, s.labels.get("en"), s.labels.get("zh"), s.dataset, len(s.fields))
        for s in map(load_schema, shipped_schemas())
    ]
    answer(["schema", "label", "标签", "dataset", "fields"], rows, format_)


@command.command("show")
@click.argument("name")
@format_option
def show(name: str, format_: str | None) -> None:
    """Show the fields of a schema: a shipped one or a file."""
    from crmctl.schema import describe, load_schema

    rows = describe(load_schema(name), "zh" if language() == "zh" else "en")
    answer(list(rows[0]), [tuple(row.values()) for row in rows], format_)


@command.command("recipe")
def recipe() -> None:
    """Print the JSON Schema of recipe files."""
    from crmctl.recipe import recipe_schema

    click.echo(json.dumps(recipe_schema(), ensure_ascii=False, indent=1))


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of schema files."""
    from crmctl.schema import json_schema

    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=1))
