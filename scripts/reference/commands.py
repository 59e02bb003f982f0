"""`docs/reference/commands.md`: the help of every command, as the terminal shows it."""

from __future__ import annotations

import click

from reference.markdown import block, code, page, table

_WIDTH = 100
_INTRODUCTION = """\
Global options work before and after the command. What a command answers goes to standard output: a table on a
terminal, rows in the input's own format or NDJSON in a pipe. Everything else goes to standard error.

Exit codes: 0 done · 1 the data failed (a check, a reject limit, a shrink guard) · 2 wrong usage, recipe or schema ·
3 an input or output cannot be read or written · 4 the store is locked · 5 a fault in crmctl · 130 interrupted."""


def commands_page() -> str:
    """The page of all commands."""
    from crmctl.cli.commands import GROUPS
    from crmctl.cli.options import global_options
    from crmctl.cli.root import ALIASES, index, root

    whole = root()
    context = click.Context(whole, info_name="crmctl")
    options = [
        (", ".join(map(code, o.opts)), o.metavar, o.help) for o in global_options() if isinstance(o, click.Option)
    ]
    parts = ["## Global options", table(["Option", "Value", "Meaning"], options)]
    others = {name: alias for alias, name in ALIASES.items()}
    for group in GROUPS:
        parts.append(f"## {group}")
        for name in (name for name, entry in index().items() if entry["group"] == group):
            command = whole.get_command(context, name)
            assert command is not None  # noqa: S101 - it is in the index
            parts.append(f"### {name}")
            if name in others:
                parts.append(f"Also {code(others[name])}.")
            parts += _help(command, f"crmctl {name}")
    return page("Commands", _INTRODUCTION, *parts)


def _help(command: click.Command, path: str) -> list[str]:
    context = click.Context(command, info_name=path, terminal_width=_WIDTH)
    found = [block(command.get_help(context), "text")]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found += _help(command.commands[name], f"{path} {name}")
    return found
