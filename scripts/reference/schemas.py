"""`docs/reference/schemas.md`: the shipped schemas with all their fields, in both languages."""

from __future__ import annotations

from typing import Any

from crmctl.schema import load_schema, shipped_schemas
from crmctl.schema.column import TYPES
from crmctl.schema.model import Reference, Schema, SchemaField
from reference.markdown import code, named, page, table

_INTRODUCTION = """\
A schema says what one row of a table is: its fields, the key, and what has to hold. crmctl finds the one that fits a
file's headers; `--schema NAME` names it. A field is found by its name, its label in either language, and many other
headers that mean it; `crmctl schema show NAME` shows the fields too. To write one of your own, see
[your own schema](../how-to/own-schema.md).

Personal data are masked in samples and failure lists. The newest date of the event fields is the run's as-of date
unless `--as-of` says otherwise."""


def schemas_page() -> str:
    """The page of all schemas."""
    schemas = [load_schema(name) for name in shipped_schemas()]
    overview = table(
        ["Schema", "Label", "Dataset", "Key", "One row is"],
        [(f"[{s.name}](#{s.name})", named(s.labels.get("en"), s.labels.get("zh")), code(s.dataset),
          ", ".join(map(code, s.key)), s.description) for s in schemas],
    )  # fmt: skip
    types = table(["Type", "SQL type"], [(code(name), code(kind)) for name, kind in TYPES.items()])
    return page("Schemas", _INTRODUCTION, overview, *map(_schema, schemas), "## Types of fields", types)


def _schema(schema: Schema) -> str:
    fields = table(
        ["Field", "Label", "标签", "Type", "Notes"],
        [(code(name), field.labels.get("en"), field.labels.get("zh"), field.type, _notes(field))
         for name, field in schema.fields.items()],
    )  # fmt: skip
    parts = [f"## {schema.name}", schema.description, fields]
    if schema.references:
        parts.append("\n".join(map(_reference, schema.references)))
    if schema.checks:
        parts.append("\n".join(f"- Check: {_check(check)}" for check in schema.checks))
    return "\n\n".join(parts)


def _notes(field: SchemaField) -> str:
    marks = [("required", field.required), ("unique", field.unique), ("personal", field.pii), ("event", field.event)]
    found = [word for word, holds in marks if holds]
    found += [f"{word} {limit}" for word, limit in (("from", field.min), ("to", field.max)) if limit is not None]
    found += [f"at most {field.max_length} characters"] if field.max_length else []
    found += [f"matches `{field.pattern}`"] if field.pattern else []
    found += ["one of " + ", ".join(map(code, field.values))] if field.values else []
    return ", ".join(found + ([field.definition] if field.definition else []))


def _reference(reference: Reference) -> str:
    target = f"`{reference.to}`" + (f", field `{reference.to_field}`" if reference.to_field else "")
    return f"- `{reference.field}` names a row of {target}"


def _check(check: dict[str, Any]) -> str:
    asked = ", ".join(f"{key}: {value}" for key, value in check.items() if key != "description")
    return code(asked) + (f" {check['description']}" if check.get("description") else "")
