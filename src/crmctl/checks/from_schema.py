"""The checks that a schema implies: its fields, key and references, and its own list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from crmctl.checks.fields import find_column
from crmctl.checks.kinds import Allowed, Length, Pattern, Range, Reference, Required, SemanticType, Unique
from crmctl.checks.kinds.semantic_type import can_fail
from crmctl.checks.loading import parse_check
from crmctl.checks.model import Check
from crmctl.errors import Place
from crmctl.schema import Column, Schema, SchemaField, normalise_header, reference_target


def schema_checks(schema: Schema, columns: Sequence[Column]) -> list[Check]:
    """What the schema expects of data with these columns.

    A required field that the data do not have fails; every other check on a missing field is skipped.
    Uniqueness of a field and of the key holds within a source.

    Raises:
        UsageError: The schema's own `checks` are not understood.
    """
    checks: list[Check] = []
    for name, field in schema.fields.items():
        checks += _of_field(name, field)
    if schema.key and not (len(schema.key) == 1 and schema.fields[schema.key[0]].unique):
        checks.append(Unique(fields=list(schema.key), per_source=True, if_missing="skip"))
    for reference in schema.references:
        dataset, target = reference_target(reference)
        named = reference.source_field
        source_field = named if named and find_column(named, columns) else None
        checks.append(
            Reference(field=reference.field, to=dataset, to_field=target, source_field=source_field, if_missing="skip")
        )
    for item in schema.checks:
        checks += _own(item, schema, columns)
    return checks


def _of_field(name: str, field: SchemaField) -> Iterator[Check]:
    if field.required:
        yield Required(field=name, if_missing="fail")
    if field.unique:
        yield Unique(field=name, per_source=True, if_missing="skip")
    if can_fail(field.type):
        yield SemanticType(field=name, type=field.type, if_missing="skip")
    if field.values:
        yield Allowed(field=name, values=list(field.values), if_missing="skip")
    if field.min is not None or field.max is not None:
        # What cannot be read is told once, by the type's check.
        yield Range(field=name, min=field.min, max=field.max, unreadable="skip", if_missing="skip")
    if field.max_length is not None:
        yield Length(field=name, max=field.max_length, if_missing="skip")
    if field.pattern:
        yield Pattern(field=name, pattern=field.pattern, if_missing="skip")


def _own(item: dict[str, Any], schema: Schema, columns: Sequence[Column]) -> list[Check]:
    """A check of the schema's own list: skipped where it needs a field of the schema that the data do not have.

    A name that neither knows stays an error, since it is a slip of the pen.
    """
    check = parse_check(item, Place(f"schema {schema.name}"))
    missing = [name for name in check.needs() if find_column(name, columns) is None]
    known = all(name in schema.fields or normalise_header(name) in schema.known for name in missing)
    if missing and known and "if_missing" not in check.model_fields_set:
        check = check.model_copy(update={"if_missing": "skip"})
    return check.expanded()
