"""Holds a store until a line comes in: `holding.py STORE write|read`."""

import sys
from pathlib import Path

from crmctl.store import open_store

with open_store(Path(sys.argv[1]), read_only=sys.argv[2] == "read") as store:
    print(store.workdir.path, flush=True)
    sys.stdin.readline()
