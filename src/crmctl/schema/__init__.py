"""What a table's fields are: the schema model, the shipped schemas, and which field a header means."""

from __future__ import annotations

from crmctl.schema.column import HIDDEN, TYPES, Column, blank, typed
from crmctl.schema.describing import FieldRow, describe
from crmctl.schema.headers import normalise_header
from crmctl.schema.loading import load_schema, reference_target, shipped_schemas
from crmctl.schema.mapping import HeaderMatch, Mapping, guess_schema, map_headers
from crmctl.schema.model import Reference, Schema, SchemaField, json_schema
from crmctl.schema.resolving import columns_from_json, columns_to_json, resolve_column

__all__ = [
    "HIDDEN",
    "TYPES",
    "Column",
    "FieldRow",
    "HeaderMatch",
    "Mapping",
    "Reference",
    "Schema",
    "SchemaField",
    "blank",
    "columns_from_json",
    "columns_to_json",
    "describe",
    "guess_schema",
    "json_schema",
    "load_schema",
    "map_headers",
    "normalise_header",
    "reference_target",
    "resolve_column",
    "shipped_schemas",
    "typed",
]
