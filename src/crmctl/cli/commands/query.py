"""`crmctl query`: one SELECT over the datasets."""

from __future__ import annotations

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.options import globals_of


@click.command("query", short_help="Ask one SELECT over the datasets.")
@click.argument("sql")
@format_option
@click.pass_context
def command(context: click.Context, sql: str, format_: str | None) -> None:
    r"""Ask one SELECT over the datasets.

    \b
    Examples:
      crmctl query "select city, count(*) as people from contacts group by city order by people desc"

    It can read the datasets and nothing else, and changes nothing.
    """
    from crmctl.session import query_store
    from crmctl.store import open_store

    globals_ = globals_of(context)
    with open_store(globals_.store, read_only=True, create=False, wait=globals_.wait) as store:
        table = query_store(store, sql)
    answer(table.column_names, [tuple(row.values()) for row in table.to_pylist()], format_)
