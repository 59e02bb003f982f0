"""crmctl: customer data operations. This is the scripting face; every name loads what it needs when first used.

The steps are functions of the same names as the commands (`import_` for the keyword)::

    import crmctl

    crmctl.clean("customers.csv").polars()
    store = crmctl.open("crm.duckdb")
    store.import_("customers.csv")
    store.deduplicate("customers")

What a step of your own needs is in `crmctl.step` and `crmctl.sql`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmctl.errors import CrmctlError, DataFailed, FileError, InternalFault, StoreLocked, UsageError
    from crmctl.session import Outcome, Session, load_recipe, open, run_recipe  # noqa: A004 - crmctl.open, as in gzip

__version__ = "0.1.0"

_HOMES = {
    "crmctl.session": ("Outcome", "Session", "load_recipe", "open", "run_recipe"),
    "crmctl.errors": ("CrmctlError", "DataFailed", "FileError", "InternalFault", "StoreLocked", "UsageError"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = [
    "CrmctlError", "DataFailed", "FileError", "InternalFault", "Outcome", "Session", "StoreLocked", "UsageError",
    "load_recipe", "open", "run_recipe",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A name of the face, or a step as a function over files and the default store."""
    import importlib

    if name in _HOME_OF:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    if not name.startswith("_"):
        registry = importlib.import_module("crmctl.step.registry")
        if name.rstrip("_").replace("_", "-") in registry.names():
            return importlib.import_module("crmctl.session").step_function(name)
    raise AttributeError(f"module 'crmctl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
