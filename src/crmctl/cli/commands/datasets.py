"""`crmctl datasets`: what is in the store."""

from __future__ import annotations

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.completion import completer
from crmctl.cli.options import globals_of


@click.command("datasets", short_help="List the datasets of the store, or the fields of one.")
@click.argument("dataset", required=False, shell_complete=completer("name"))
@click.option("--fields", is_flag=True, help="Every field: its type, labels and definition.")
@format_option
@click.pass_context
def command(context: click.Context, dataset: str | None, fields: bool, format_: str | None) -> None:
    r"""List the datasets of the store, or the fields of one.

    \b
    Examples:
      crmctl datasets
      crmctl datasets contacts
    """
    from crmctl.store import open_store
    from crmctl.store.versions import head, heads

    globals_ = globals_of(context)
    with open_store(globals_.store, read_only=True, create=False, wait=globals_.wait) as store:
        found = [head(store, dataset)] if dataset else heads(store)
    if dataset or fields:
        rows = [
            (v.dataset, c.name, c.header, c.type, c.label("en"), c.label("zh"), c.pii, c.definition)
            for v in found
            for c in v.columns
        ]
        answer(["dataset", "field", "header", "type", "label", "标签", "personal", "definition"], rows, format_)
        return
    rows_ = [(v.dataset, v.rows, len(v.columns), v.schema or "", ", ".join(v.keys), v.run) for v in found]
    answer(["dataset", "rows", "fields", "schema", "key", "run"], rows_, format_)
