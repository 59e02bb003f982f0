"""What a preset file may say: another system's headers, what they mean, and what that system accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crmctl.schema.headers import normalise_header

BookFormat = Literal["csv", "xlsx", "vcard"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class PresetColumn(_Strict):
    """One column that a target expects."""

    header: str = Field(min_length=1)
    """The header exactly as the target spells it."""
    field: str = ""
    """The field that fills it; empty where only `join` or `value` does, or nothing."""
    fallback: list[str] = []
    """Fields that fill it, in this order, where `field` is missing."""
    join: list[str] = []
    """Fields whose filled values stand in one cell, in this order, with `separator` between them."""
    separator: str = " "
    """What stands between the values of `join`."""
    value: str = ""
    """What a cell holds where no field fills it."""
    required: bool = False
    """The target refuses a row without it."""
    max_length: int | None = Field(default=None, ge=1)
    """The most characters a cell may have."""
    max_bytes: int | None = Field(default=None, ge=1)
    """The most bytes a cell may have in the target's encoding."""
    values: dict[str, str] = {}
    """Our value -> the target's word for it."""
    allowed: list[str] = []
    """The values that the target takes; empty where any is taken."""
    date_format: str = ""
    """How a date is written, in the letters of strftime; the target's own format where empty."""
    booleans: list[str] = Field(default=[], max_length=2)
    """The words for true and for false, where they differ from the target's."""
    multiple: bool = False
    """The field holds several values: they are written with the target's `multi_separator`."""
    ascii_local_part: bool = False
    """An e-mail may not hold anything but ASCII before its @."""
    verbatim: bool = False
    """The cell is the field as it stands, whatever its type."""
    api_name: str = ""
    """The target's inner name of the column, for its mapping file."""
    hashed: Literal["", "email", "gmail", "phone", "digits", "letters", "postal_code", "text"] = ""
    """The cell is the SHA-256 of the value in this form: an e-mail in lower case, for Google's own without dots and
    suffix; a phone as E.164, or its digits only; a name's letters; a postal code; any text in lower case."""


class Target(_Strict):
    """What another system takes: the file as a whole. Where no table has columns, it takes any columns as they are."""

    format: BookFormat = "csv"
    """The kind of file."""
    encoding: str = "utf-8"
    """The encoding of a text file."""
    bom: bool = False
    """The file begins with a byte order mark."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """What stands between cells."""
    line_end: Literal["lf", "crlf"] = "crlf"
    """What ends a line."""
    max_rows: int | None = Field(default=None, ge=1)
    """The most rows a file may have, its header not counted; more are split into files."""
    max_bytes: int | None = Field(default=None, ge=1)
    """The most bytes a file may have."""
    max_columns: int | None = Field(default=None, ge=1)
    """The most columns a file may have."""
    max_cell: int | None = Field(default=None, ge=1)
    """The most characters that any cell may have."""
    date_format: str = "%Y-%m-%d"
    """How dates are written."""
    datetime_format: str = "%Y-%m-%d %H:%M:%S"
    """How times are written."""
    booleans: list[str] = Field(default=["true", "false"], min_length=2, max_length=2)
    """The words for true and for false."""
    multi_separator: str = ";"
    """What stands between several values in one cell."""
    countries: Literal["", "code", "en", "zh"] = ""
    """How countries are written: as ISO code, by their English or Chinese name; as they are where empty."""
    defuse: bool = False
    """People open the file in a spreadsheet: cells that it would compute are defused."""
    mapping_file: Literal["", "sdl"] = ""
    """A mapping file to write beside the data: `sdl` for Salesforce's Data Loader."""


class PresetTable(_Strict):
    """One kind of table of another system."""

    kind: str
    """The schema that its rows follow."""
    labels: dict[str, str] = {}
    """What people call it."""
    serves: list[str] = []
    """Further schemas whose rows the target takes in this table."""
    fields: dict[str, str] = {}
    """Header -> field, for import. An empty field keeps the header under its own name."""
    columns: list[PresetColumn] = []
    """The columns of the target in its order, for export."""
    unique: list[list[str]] = []
    """Fields that together tell rows apart in the target: it takes no two rows that agree on one of these lists."""
    one_of: list[list[str]] = []
    """Headers of which a row has to fill at least one."""
    key: list[str] = []
    """In a flat file: fields of which the first filled and not masked one tells this table's rows apart."""
    constants: dict[str, str] = {}
    """In a flat file: values that every row gets, by field."""
    sums: dict[str, list[str]] = {}
    """In a flat file: fields whose header may hold each line's own share; where it does, they add up."""

    def own_columns(self) -> list[PresetColumn]:
        """The columns that something of ours fills."""
        return [column for column in self.columns if column.field or column.join or column.value]


class Preset(_Strict):
    """Another system: the headers of its exports, and what its import takes."""

    name: str = Field(min_length=1)
    """The preset's name: `salesforce`."""
    labels: dict[str, str] = {}
    """What people call the system, in English (`en`) and Chinese (`zh`)."""
    aliases: list[str] = []
    """Other names by which people call for it."""
    description: str = ""
    """What is worth knowing of it, in a sentence."""
    tables: dict[str, PresetTable] = Field(min_length=1)
    """Its kinds of tables by name."""
    flat: bool = False
    """One file holds the rows of all its tables: each line of an order names the customer and the order again."""
    repeated: list[str] = []
    """In a flat file: headers whose blank cells mean the line above with the same order number."""
    target: Target | None = None
    """What the system's import takes; nothing where there is none to export to."""

    def table(self, kind: str | None = None) -> PresetTable | None:
        """The table of that name, else the first of that schema, else the first that serves it; None where none does.

        Without ``kind`` the first of all.
        """
        tables = list(self.tables.values())
        if kind is None:
            return tables[0]
        found = [self.tables[kind]] if kind in self.tables else []
        found += [table for table in tables if table.kind == kind]
        found += [table for table in tables if kind in table.serves]
        return found[0] if found else None

    def header_fields(self, kind: str | None = None) -> dict[str, str]:
        """Header -> field of the table that `table` finds; empty where none does."""
        table = self.table(kind)
        return dict(table.fields) if table else {}

    def fitting(self, headers: Sequence[str]) -> PresetTable:
        """The table whose headers most of the given ones are; the first of equals."""
        given = {normalise_header(header) for header in headers}
        return max(
            self.tables.values(), key=lambda table: len(given & {normalise_header(text) for text in table.fields})
        )
