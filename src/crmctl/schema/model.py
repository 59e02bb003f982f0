"""What a schema file may say: fields, key, references, checks. Reading the files is `loading.py`'s."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from crmctl.schema.column import TYPES, Column
from crmctl.schema.headers import KnownNames, known_names

LANGUAGES = ("en", "zh")
Limit = int | float | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class SchemaField(_Strict):
    """One field of a table."""

    type: str = Field(default="text", json_schema_extra={"enum": list(TYPES)})
    """The semantic type: it decides how the field is cleaned, compared and shown."""
    labels: dict[str, str] = Field(default={}, json_schema_extra={"propertyNames": {"enum": list(LANGUAGES)}})
    """What people call the field, in English (`en`) and Chinese (`zh`)."""
    aliases: list[str] = []
    """Other headers that mean this field."""
    required: bool = False
    """Every row has a value here."""
    unique: bool = False
    """No two rows of one source share a value."""
    pii: bool = False
    """Personal data: samples and failure lists mask it."""
    event: bool = False
    """Dates of what happened. The newest fixes the as-of date, so birthdays and planned dates are no events."""
    values: list[str] = []
    """The values allowed; empty where any value is."""
    min: Limit | None = None
    """The smallest value allowed: a number, or a date as text (`1900-01-01`)."""
    max: Limit | None = None
    """The largest value allowed, like `min`."""
    pattern: str | None = None
    """A regular expression (RE2) that the whole of every value matches."""
    max_length: int | None = Field(default=None, ge=1)
    """The most characters a value may have."""
    width: int | None = Field(default=None, ge=1)
    """How many characters the field takes in a file of fixed width; its columns follow one another like the fields."""
    definition: str = ""
    """What the field means, in a sentence."""

    def column(self, name: str, header: str | None = None) -> Column:
        """The column that holds this field under ``name``; ``header`` is the file's own spelling of it."""
        return Column(
            name=name, header=name if header is None else header, type=self.type, labels=dict(self.labels),
            aliases=tuple(self.aliases), pii=self.pii, event=self.event, definition=self.definition,
        )  # fmt: skip


class Reference(_Strict):
    """A field whose values name rows of another table."""

    field: str
    """The field of this table."""
    to: str
    """The other table: a schema's name or a dataset's."""
    to_field: str | None = None
    """The field it names there; the other table's key where it is left out."""
    source_field: str | None = None
    """The field of this table that names the source whose id it is; without it, the row's own source."""


class Schema(_Strict):
    """One kind of table."""

    name: str = Field(min_length=1)
    """The schema's name, in the singular: `customer`."""
    labels: dict[str, str] = Field(default={}, json_schema_extra={"propertyNames": {"enum": list(LANGUAGES)}})
    """What people call this kind of table."""
    description: str = ""
    """What one row stands for."""
    dataset: str = ""
    """The dataset it usually fills, in the plural: `customers`."""
    key: list[str] = []
    """The fields that tell rows of one source apart; empty where only the whole row does."""
    fields: dict[str, SchemaField] = Field(min_length=1)
    """The fields, in the order in which they are shown."""
    references: list[Reference] = []
    """The fields that name rows of other tables."""
    checks: list[dict[str, Any]] = []
    """What else has to hold of the rows, beyond what the fields say."""

    @property
    def widths(self) -> tuple[tuple[str, int], ...] | None:
        """The columns of a file of fixed width: each field that has a width, in their order; None where none has."""
        return tuple((name, field.width) for name, field in self.fields.items() if field.width is not None) or None

    @cached_property
    def known(self) -> KnownNames:
        """Every header that means a field of this schema."""
        return known_names({name: (field.labels, field.aliases) for name, field in self.fields.items()})


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a schema file, for editors that complete and check YAML."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Schema.model_json_schema()}
