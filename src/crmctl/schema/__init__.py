"""What a table's fields are: the schema model, the shipped schemas, and which field a header means."""

from __future__ import annotations

from crmctl.schema.cells import Unwrapped, unwrap_cells
from crmctl.schema.column import HIDDEN, TYPES, Column, blank, typed
from crmctl.schema.content import ColumnContent, content_profile
from crmctl.schema.describing import FieldRow, describe
from crmctl.schema.flat import FlatTable, split_flat
from crmctl.schema.headers import normalise_header
from crmctl.schema.loading import load_schema, reference_target, shipped_schemas
from crmctl.schema.mapping import Mapping, guess_schema, map_headers
from crmctl.schema.mapping_file import SavedMapping, load_mapping, save_mapping
from crmctl.schema.model import Reference, Schema, SchemaField, json_schema
from crmctl.schema.presets import Preset, PresetColumn, PresetTable, Target, likely_preset, load_preset, preset_names
from crmctl.schema.resolving import columns_from_json, columns_to_json, resolve_column
from crmctl.schema.several import SplitCells, split_multi_values
from crmctl.schema.signs import HeaderMatch

__all__ = [
    "HIDDEN",
    "TYPES",
    "Column",
    "ColumnContent",
    "FieldRow",
    "FlatTable",
    "HeaderMatch",
    "Mapping",
    "Preset",
    "PresetColumn",
    "PresetTable",
    "Reference",
    "SavedMapping",
    "Schema",
    "SchemaField",
    "SplitCells",
    "Target",
    "Unwrapped",
    "blank",
    "columns_from_json",
    "columns_to_json",
    "content_profile",
    "describe",
    "guess_schema",
    "json_schema",
    "likely_preset",
    "load_mapping",
    "load_preset",
    "load_schema",
    "map_headers",
    "normalise_header",
    "preset_names",
    "reference_target",
    "resolve_column",
    "save_mapping",
    "shipped_schemas",
    "split_flat",
    "split_multi_values",
    "typed",
    "unwrap_cells",
]
