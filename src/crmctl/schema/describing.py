"""What a schema looks like to people: the rows of a reference page."""

from __future__ import annotations

from typing import Literal, TypedDict

from crmctl.schema.model import Schema


class FieldRow(TypedDict):
    """One field in a reference table."""

    field: str
    label: str
    type: str
    required: bool
    pii: bool


def describe(schema: Schema, language: Literal["en", "zh"] = "en") -> list[FieldRow]:
    """A row for each field, in the schema's order."""
    return [
        FieldRow(
            field=name, label=field.column(name).label(language), type=field.type,
            required=field.required, pii=field.pii,
        )
        for name, field in schema.fields.items()
    ]  # fmt: skip
