"""The commands that are no step: one file each, with a click command called `command`."""

GROUPS: dict[str, tuple[str, ...]] = {
    "Start": ("sample", "init", "doctor", "completion"),
    "Data": ("import", "profile", "clean", "remove", "sql", "deduplicate", "classify", "segment", "check", "report",
             "export"),
    "Recipes": ("run",),
    "Store": ("datasets", "query", "history", "show", "diff", "undo", "explain", "schema", "store"),
}  # fmt: skip
