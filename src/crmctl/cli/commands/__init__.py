"""The commands that are no step: one file each, with a click command called `command`."""

STEPS_GROUP = "Data"
"""Where a step stands in the help that is not named below."""

GROUPS: dict[str, tuple[str, ...]] = {
    "Start": ("sample", "init", "doctor", "completion"),
    "Data": ("import", "profile", "clean", "remove", "sql", "deduplicate", "classify", "segment", "check", "report",
             "export"),
    "Recipes": ("run",),
    "Store": ("datasets", "query", "history", "show", "diff", "undo", "explain", "schema", "store"),
}  # fmt: skip
