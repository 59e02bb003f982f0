"""`crmctl doctor`: is everything in order here?"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.options import globals_of
from crmctl.messages import translate


@click.command("doctor", short_help="Check the installation and the store.")
@format_option
@click.pass_context
def command(context: click.Context, format_: str | None) -> int:
    r"""Check the installation and the store.

    \b
    Examples:
      crmctl doctor

    The exit code is 1 when something is wrong.
    """
    rows = [*_installation(), *_plugins(), *_store(globals_of(context).store)]
    answer(["what", "state", "detail"], rows, format_)
    return int(any(state == "wrong" for _, state, _ in rows))


def _installation() -> list[tuple[str, str, str]]:
    from importlib.metadata import version

    from crmctl import __version__
    from crmctl.resources import shipped

    rows = [("crmctl", "ok", __version__), ("python", "ok", sys.version.split()[0])]
    rows += [(name, "ok", version(name)) for name in ("duckdb", "polars", "pyarrow", "pydantic")]
    for kind in ("recipes", "schemas"):
        try:
            rows.append((kind, "ok", str(shipped(kind))))
        except FileNotFoundError:
            rows.append((kind, "wrong", translate("not found: reinstall crmctl")))
    return rows


def _plugins() -> list[tuple[str, str, str]]:
    from crmctl.errors import CrmctlError
    from crmctl.step import registry
    from crmctl.step.installed import installed

    rows = []
    for name, (plugin, *_) in installed().items():
        state, detail = "ok", translate("from {package}", package=plugin.package)
        if name in registry.index():
            state, detail = "wrong", translate("{detail}: crmctl has a step of that name, which is used", detail=detail)
        else:
            try:
                registry.find(name)
            except CrmctlError as error:
                state, detail = "wrong", str(error)
        rows.append((f"step {name}", state, detail))
    return rows


def _store(path: Any) -> list[tuple[str, str, str]]:
    from crmctl.errors import CrmctlError
    from crmctl.store import open_store
    from crmctl.store.versions import heads

    if not path.exists():
        return [("store", "ok", translate("none at {path} yet", path=path))]
    rows = []
    if hasattr(os, "getuid") and path.stat().st_mode & 0o077:
        rows.append(("store", "wrong", translate("others can read {path}: chmod 600 {path}", path=path)))
    try:
        with open_store(path, read_only=True, wait=0) as store:
            found = heads(store)
            for head in found:
                store.rows(_probe(head))
            rows.append(("store", "ok", translate("{path}: {count} datasets", path=path, count=len(found))))
    except CrmctlError as error:
        rows.append(("store", "wrong", str(error)))
    return rows


def _probe(head: Any) -> Any:
    from crmctl.sql import sql

    return sql("select count(*) from {table}", table=head.table)
