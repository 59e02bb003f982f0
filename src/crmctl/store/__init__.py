"""The working store: one DuckDB file with datasets as immutable versions, runs, ledger, findings and undo."""

from crmctl.store.access import open_store
from crmctl.store.connection import Settings, Store
from crmctl.store.fence import fenced_select
from crmctl.store.history import undo
from crmctl.store.mirror import private_store
from crmctl.store.versions import Version
from crmctl.store.workdir import WorkDir

__all__ = ["Settings", "Store", "Version", "WorkDir", "fenced_select", "open_store", "private_store", "undo"]
