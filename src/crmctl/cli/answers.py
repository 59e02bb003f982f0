"""Answers about things, in the format that is asked for: a table on a terminal, NDJSON in a pipe."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from crmctl.cli.tables import cell_text, show_table

_Command = TypeVar("_Command", bound=Callable[..., Any])
FORMATS = ("table", "csv", "ndjson", "json", "md")


def format_option(function: _Command) -> _Command:
    """The `--format` option of a command that answers."""
    option = click.option(
        "--format", "format_", type=click.Choice(FORMATS), help="table on a terminal, ndjson in a pipe, by default."
    )
    return option(function)


def answer(headers: Sequence[str], rows: Sequence[Sequence[Any]], wanted: str | None) -> None:
    """Print rows on stdout."""
    chosen = wanted or ("table" if sys.stdout.isatty() else "ndjson")
    if chosen in ("table", "md"):
        show_table(headers, rows, chosen)
    elif chosen == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(headers)
        writer.writerows([cell_text(value) for value in row] for row in rows)
    else:
        objects = [dict(zip(headers, row, strict=True)) for row in rows]
        if chosen == "json":
            click.echo(json.dumps(objects, ensure_ascii=False, default=str, indent=1))
        else:
            for item in objects:
                click.echo(json.dumps(item, ensure_ascii=False, default=str, separators=(",", ":")))
