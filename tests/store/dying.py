"""A `crmctl` that kills itself at the COUNT-th commit of a name: `dying.py NAME before|after COUNT ARGUMENTS…`."""

import os
import signal
import sys

from crmctl.cli.root import run
from crmctl.store import Store

NAME, MOMENT, COUNT, *ARGUMENTS = sys.argv[1:]
commit = Store.commit
left = int(COUNT)


def dying_commit(store: Store, name: str) -> None:
    global left  # noqa: PLW0603 - the one count of this process
    mine = store.path is not None and name == NAME
    left -= mine
    if mine and left == 0 and MOMENT == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    commit(store, name)
    if mine and left == 0 and MOMENT == "after":
        os.kill(os.getpid(), signal.SIGKILL)


Store.commit = dying_commit  # type: ignore[method-assign]
sys.exit(run(ARGUMENTS))
