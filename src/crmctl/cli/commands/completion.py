"""`crmctl completion`: the line that makes a shell complete commands, datasets and fields."""

from __future__ import annotations

import click

_LINES = {
    "bash": 'eval "$(_CRMCTL_COMPLETE=bash_source crmctl)"',
    "zsh": 'eval "$(_CRMCTL_COMPLETE=zsh_source crmctl)"',
    "fish": "_CRMCTL_COMPLETE=fish_source crmctl | source",
}


@click.command("completion", short_help="Show how to complete commands, datasets and fields in a shell.")
@click.argument("shell", type=click.Choice(list(_LINES)))
def command(shell: str) -> None:
    r"""Show how to complete commands, datasets and fields in a shell.

    \b
    Examples:
      crmctl completion bash >> ~/.bashrc
    """
    click.echo(_LINES[shell])
