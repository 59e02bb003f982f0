"""Every example in the help runs as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from crmctl.cli.root import root


def _commands(group: click.Group, context: click.Context, path: str = "") -> Iterator[tuple[str, click.Command]]:
    yield path.strip() or "crmctl", group
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, context, f"{path} {name}")
        else:
            yield f"{path} {name}".strip(), command


def _examples(command: click.Command) -> list[str]:
    _, found, rest = (command.help or "").partition("Examples:\n")
    lines = [line.strip() for line in rest.split("\n\n", 1)[0].splitlines() if line.strip()] if found else []
    # Behind two blanks the root help says what a line does.
    return [re.split(r"\s{2,}", line)[0] for line in lines]


COMMANDS = dict(_commands(root(), click.Context(root())))
# Longer than a test should be, or run by another example in full.
SHORTER = {
    "--customers 100000 --seed 7 --out big": "--customers 1000 --out big",
    "run nightly --set data=demo": "run nightly --set data=demo --plan",
}
EXAMPLES = [(name, line) for name, command in COMMANDS.items() for line in _examples(command)]


@pytest.mark.parametrize("name", [name for name in COMMANDS if " " not in name])
def test_every_command_shows_an_example(name):
    assert _examples(COMMANDS[name])


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_an_example_runs(project, shell, name, line):
    (project.folder / "in.csv").write_bytes((project.folder / "examples" / "contacts.csv").read_bytes())
    line = next((line.replace(long, short) for long, short in SHORTER.items() if line.endswith(long)), line)
    if re.search(r"[|>]", line):
        done = shell(line)
        assert (done.returncode, b"error" in done.stderr) == (0, False), done.stderr.decode()
    else:
        words = shlex.split(line)
        assert words[0] == "crmctl"
        # A check that finds something is an example too.
        project(*words[1:], code=1 if words[1:3] == ["check", "contacts"] else 0)


def test_the_examples_change_what_they_say(project):
    """Not only do they end well: the sample file has something for each of them."""
    assert len(project("export", "examples/contacts.csv", "-o", "-", "--where", "city = Berlin").out.splitlines()) == 9
    removed = project(
        "remove", "examples/contacts.csv", "--where", "email is missing", "--reason", "no e-mail", "-o", "r.csv"
    )
    assert "rows in 40 = out 38 + merged 0 + removed 2 - added 0; changed 0 (no e-mail: 2)" in removed.err
    assert project("explain", "contacts", "C-1001").rows[0]["field"] == "C-1001"
    assert project("classify", "customers", "--rules", "value-tier").out == ""
    tiers = project("query", "select value_tier, count(*) as n from customers group by all order by 1").rows
    assert tiers[0] == {"value_tier": "A", "n": 1}
