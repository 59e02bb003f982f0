"""The command line: it translates between a terminal and the rooms below, and does no work of its own."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point of the `crmctl` command."""
    from crmctl.cli.root import run

    sys.exit(run(sys.argv[1:]))
