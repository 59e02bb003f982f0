"""What shell completion offers for datasets and fields: the names noted beside the store, without opening it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

NAMES_SUFFIX = ".names"
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def completer(kind: str) -> Completer | None:
    """The completion of a parameter of this kind; None leaves it to click."""
    return {"dataset": _datasets, "field": _fields, "input": _files}.get(kind)


def _names(context: click.Context) -> dict[str, list[str]]:
    """Fields by dataset; nothing where there is no store."""
    from crmctl.cli.options import globals_of

    store = Path(os.environ.get("CRMCTL_STORE") or globals_of(context).store)
    try:
        found: dict[str, list[str]] = json.loads(store.with_name(store.name + NAMES_SUFFIX).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _datasets(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    names = [CompletionItem(name) for name in _names(context) if name.startswith(incomplete)]
    return [*names, *_files(context, parameter, incomplete)]


def _files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _fields(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    *before, last = incomplete.split(",")
    prefix = ",".join(before) + "," if before else ""
    given = [item for value in context.params.values() for item in (value if isinstance(value, tuple) else [value])]
    names = _names(context)
    chosen = [name for name in names if name in given] or list(names)
    fields = dict.fromkeys(field for name in chosen for field in names[name])
    return [CompletionItem(prefix + field) for field in fields if field.startswith(last)]
