"""What shell completion offers: datasets and fields noted beside the store, shipped names; no store is opened."""

from __future__ import annotations

import json
from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

NAMES_SUFFIX = ".names"
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_FOLDERS = {"schema": "schemas", "rules": "schemas/rules", "segments": "schemas/segments", "recipe": "recipes"}


def completer(kind: str) -> Completer | None:
    """The completion of a parameter of this kind; None leaves it to click."""
    if kind in _FOLDERS:
        return _shipped(_FOLDERS[kind])
    return {"dataset": _inputs, "name": _datasets, "field": _fields, "input": _files}.get(kind)


def _names(context: click.Context) -> dict[str, list[str]]:
    """Fields by dataset; nothing where there is no store."""
    from crmctl.cli.options import globals_of

    store = globals_of(context).store
    try:
        found: dict[str, list[str]] = json.loads(store.with_name(store.name + NAMES_SUFFIX).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _datasets(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in _names(context) if name.startswith(incomplete)]


def _inputs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [*_datasets(context, parameter, incomplete), *_files(context, parameter, incomplete)]


def _files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _shipped(folder: str) -> Completer:
    """The names of shipped files, the last of a comma-separated list completed; or a file of the user's."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from crmctl.resources import shipped

        kind, *deeper = folder.split("/")
        prefix, last = _last(incomplete)
        found = sorted(path.stem for path in shipped(kind).joinpath(*deeper).glob("*.yaml"))
        names = [CompletionItem(prefix + name) for name in found if name.startswith(last)]
        return [*names, *_files(context, parameter, incomplete)]

    return complete


def _last(incomplete: str) -> tuple[str, str]:
    """What stands before the last name of a list, and that name."""
    before, comma, last = incomplete.rpartition(",")
    return before + comma, last


def _fields(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    prefix, last = _last(incomplete)
    given = [item for value in context.params.values() for item in (value if isinstance(value, tuple) else [value])]
    names = _names(context)
    chosen = [name for name in names if name in given] or list(names)
    fields = dict.fromkeys(field for name in chosen for field in names[name])
    return [CompletionItem(prefix + field) for field in fields if field.startswith(last)]
