"""What the parameters of a step can be, beyond text and numbers: datasets, fields, conditions, durations and files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from crmctl.rules import Duration
from crmctl.schema import resolve_column
from crmctl.schema.column import HIDDEN, Column
from crmctl.sql import SQL

if TYPE_CHECKING:
    from crmctl.formats import Reading

__all__ = [
    "Condition", "Dataset", "Duration", "Field", "InputFile", "OutputFile", "Query", "RulesName", "SchemaName",
    "SegmentsName",
]  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """Business rows on which a step works: a dataset of the store, a file, or standard input.

    In SQL it stands for its table, whose business columns are text; a `Field` reads one of them typed.

    Args:
        name: The dataset's name, or the file's stem.
        relation: The table that holds the rows.
        columns: The business columns, in order.
        rows: How many rows.
        keys: The fields that identify a row; empty where its content does.
        schema: The schema's name or path.
        version: The store's version; None for a file or an intermediate result.
        fingerprint: A digest of how it came about.
        reading: How the file was read, where it came straight from one.
        origin: The rows as they were read, where they came from a file.
    """

    name: str
    relation: SQL
    columns: tuple[Column, ...]
    rows: int
    keys: tuple[str, ...] = ()
    schema: str | None = None
    version: int | None = None
    fingerprint: str = ""
    reading: Reading | None = field(default=None, compare=False)
    origin: Dataset | None = field(default=None, compare=False, repr=False)

    def __sql__(self) -> SQL:
        return self.relation

    def column(self, text: str) -> Column:
        """The column of that field name, header or label; a bookkeeping column where it is named as such.

        Raises:
            UsageError: There is none, or several.
        """
        if text in HIDDEN and all(text not in (column.name, column.header) for column in self.columns):
            return Column(text, text)
        return resolve_column(self.columns, text)

    def find(self, *names: str) -> Column | None:
        """The first of these fields that the dataset has."""
        known = {column.name: column for column in self.columns}
        return next((known[name] for name in names if name in known), None)

    def of_type(self, *types: str) -> list[Column]:
        """The columns of these semantic types."""
        return [column for column in self.columns if column.type in types]


@dataclass(frozen=True)
class Field:
    """One column of the step's dataset. In SQL it is the typed value: null where blank or ill-fitting."""

    column: Column

    def __sql__(self) -> SQL:
        return self.column.typed()

    @property
    def name(self) -> str:
        """The column's name in SQL."""
        return self.column.name

    @property
    def text(self) -> SQL:
        """The stored text instead of the typed value."""
        return self.column.identifier


@dataclass(frozen=True)
class Condition:
    """A condition of the rule language over the step's dataset. In SQL it is never null."""

    source: object
    expression: SQL

    def __sql__(self) -> SQL:
        return self.expression


class InputFile(str):
    """A file, folder or ``-`` that a step reads itself."""

    __slots__ = ()


class OutputFile(str):
    """A file that a step writes itself."""

    __slots__ = ()

    @property
    def path(self) -> Path:
        """The file as a path."""
        return Path(self)


class Query(str):
    """One SELECT over datasets."""

    __slots__ = ()


class SchemaName(str):
    """A shipped schema's name, or a schema file."""

    __slots__ = ()


class RulesName(str):
    """A shipped classification's name, or a rule file."""

    __slots__ = ()


class SegmentsName(str):
    """The name of shipped segments, or a file of them."""

    __slots__ = ()


def looks_like_file(text: str, suffixes: frozenset[str]) -> bool:
    """Whether an INPUT means a file: it is ``-``, has a path separator, or ends in a known suffix."""
    if text.startswith("dataset:"):
        return False
    return text == "-" or "/" in text or "\\" in text or PurePath(text).suffix.lower() in suffixes


def midnight(day: dt.date) -> dt.datetime:
    """The first moment of a day."""
    return dt.datetime.combine(day, dt.time())
