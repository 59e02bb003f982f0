"""The files of an export: each written in its dialect, several where rows are split, and told of."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from crmctl import __version__, formats, messages
from crmctl.errors import FileError, UsageError
from crmctl.exporting.manifest import ENDING, Written, write_manifest
from crmctl.exporting.naming import named_after, numbered_paths, placeholder, split_paths
from crmctl.exporting.parting import Part
from crmctl.formats.delimited.layout import delimiter_of
from crmctl.formats.detect import DELIMITED
from crmctl.formats.encodings.names import codec_name
from crmctl.run.exporting.output import guard_output
from crmctl.schema.column import Column
from crmctl.sql import SQL, disjunction, join, sql
from crmctl.step import Context, Dataset, OutputFile

_TOLD = 12
_MARKED = {"utf-8": "utf-8-sig", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
Put = Callable[[SQL, "Path | BinaryIO"], int]


@dataclass(frozen=True)
class Spelling:
    """How the user wants text files spelled; None leaves it to the input, the target or the default."""

    encoding: str | None = None
    delimiter: str | None = None
    quoting: str | None = None
    bom: bool = False
    unencodable: str = "error"

    def applied(self, dialect: formats.Dialect | None, format: str) -> formats.Dialect | None:  # noqa: A002
        """A dialect with the user's wishes in it.

        Raises:
            UsageError: The format has no dialect, or a wish makes no sense.
        """
        asked = {name: value for name, value in (("encoding", self.encoding), ("delimiter", self.delimiter),
                                                 ("quoting", self.quoting), ("bom", self.bom)) if value}  # fmt: skip
        if not asked and self.unencodable == "error":
            return dialect
        if format not in DELIMITED:
            raise UsageError(
                "--{option} is for CSV and TSV, not for {format}", cure="leave it out",
                option=next(iter(asked), "unencodable"), format=format,
            )  # fmt: skip
        base = dialect or formats.Dialect(delimiter="\t" if format == "tsv" else ",")
        changes: dict[str, Any] = {"unencodable": self.unencodable}
        if self.encoding is not None:
            changes["encoding"] = codec_name(self.encoding)
        if self.delimiter is not None:
            changes["delimiter"] = delimiter_of(self.delimiter)
        if self.quoting is not None:
            changes["quoting"] = self.quoting
        if self.bom:
            changes["encoding"] = _with_mark(changes.get("encoding", base.encoding))
        return replace(base, **changes)


def _with_mark(encoding: str) -> str:
    marked = _MARKED.get(encoding, encoding)
    if marked not in _MARKED.values():
        raise UsageError("{encoding} has no byte order mark", cure="leave --bom out", encoding=encoding)
    return marked


@dataclass
class Delivery:
    """Where an export goes.

    Args:
        run: The running step's context.
        dataset: What is exported.
        output: The file, or ``-``; with a field in braces where it is split by one.
        format: The format.
        dialect: Of a text file.
        columns: What is written of each row.
        headers: Under which headers.
        put: Writes the rows of a relation to a file or stream; returns how many.
        written: The files written so far.
    """

    run: Context
    dataset: Dataset
    output: OutputFile
    format: str
    dialect: formats.Dialect | None
    columns: Sequence[Column]
    headers: Sequence[str]
    put: Put
    written: list[Written] = field(default_factory=list)

    def write(self, parts: Sequence[Part], *, split: bool) -> None:
        """Write every part to its file.

        Raises:
            UsageError: Several files cannot go to standard output, or one of them is the input.
            FileError: A file cannot be written, or a character has no place in the encoding.
        """
        if self.output == "-":
            if len(parts) > 1:
                raise UsageError("{count} files cannot go to standard output", cure="name a file with -o",
                                 count=len(parts))  # fmt: skip
            for part in parts:
                self._put(part, self.run.stdout or sys.stdout.buffer, None)
            return
        for part, path in zip(parts, self._paths(parts, split=split), strict=True):
            self._put(part, path, part.value if split else None)

    def _paths(self, parts: Sequence[Part], *, split: bool) -> list[Path]:
        values = list(dict.fromkeys(part.value for part in parts))
        named = split_paths(self.output, values) if split else dict.fromkeys(values, self.output.path)
        numbered = {
            value: numbered_paths(path, max((p.of for p in parts if p.value == value), default=1))
            for value, path in named.items()
        }
        paths = [numbered[part.value][part.number - 1] for part in parts]
        inputs = [str(self.dataset.reading.path)] if self.dataset.reading is not None else []
        store = self.run.store.path or Path("crm.duckdb")
        for path in paths:
            guard_output(str(path), inputs, store=store)
        return paths

    def _put(self, part: Part, target: Path | BinaryIO, value: str | None) -> None:
        try:
            count = self.put(part.relation, target)
        except FileError as error:
            raise self._located(error, part.relation) from None
        self.written.append(Written(target if isinstance(target, Path) else Path("-"), count, value))

    def _located(self, error: FileError, rows: SQL) -> FileError:
        """An error about a character that the encoding lacks, with the row and the column where it first stands."""
        character = error.values.get("character")
        if not isinstance(character, str) or self.dialect is None:
            return error
        holds = [sql("contains({c}, {x})", c=column.identifier, x=character) for column in self.columns]
        found = self.run.store.rows(
            sql(
                "select n, list_position([{holds}], true) from (select row_number() over () as n, * from {rows})"
                " where {any} order by n limit 1",
                holds=join(holds), any=disjunction(holds), rows=rows,
            )
        )  # fmt: skip
        if not found:
            return error
        return FileError(
            "row {row}, {column}: {encoding} has no {character!r}",
            cure="write --encoding gb18030 or utf-8, or have such characters replaced: --unencodable replace",
            row=found[0][0], column=self.headers[found[0][1] - 1], encoding=self.dialect.encoding, character=character,
        )  # fmt: skip

    @property
    def rows(self) -> int:
        """How many rows were written."""
        return sum(file.rows for file in self.written)

    def notes(self) -> list[str]:
        """What was written where."""
        told = [
            messages.translate("rows written to {file}: {count:,}", file=file.path, count=file.rows)
            for file in self.written[:_TOLD]
        ]
        if len(self.written) > _TOLD:
            told.append(messages.translate("… and {count:,} more files", count=len(self.written) - _TOLD))
        if len(self.written) > 1:
            told.append(messages.translate("{rows:,} rows in {files:,} files", rows=self.rows, files=len(self.written)))
        return told

    def manifest(self, facts: dict[str, Any]) -> list[Path]:
        """Write the manifest beside the files; returns its path, or none where all went to standard output."""
        if self.output == "-":
            raise UsageError("there is no file that a manifest could lie beside", cure="name a file with -o")
        named = named_after(self.output)
        target = named.with_name(named.name + ENDING)
        self.run.as_of()
        day, dialect = self.run.dated(), self.dialect
        about = {
            "crmctl": __version__, "dataset": self.dataset.name, **facts, "as_of": day.isoformat() if day else None,
            "run": _made_by(self.run, self.dataset), "format": self.format,
            "encoding": dialect.encoding if dialect else "utf-8" if self.format in DELIMITED else None,
            "columns": list(self.headers),
        }  # fmt: skip
        write_manifest(target, self.written, about)
        return [target]

    @property
    def files(self) -> list[Path]:
        """The files that were written."""
        return [file.path for file in self.written] if self.output != "-" else []


def _made_by(run: Context, dataset: Dataset) -> int | None:
    """The run that made the dataset's rows what they are; None for a file."""
    if dataset.version is None:
        return None
    found = run.store.scalar(sql("select run from _crmctl.versions where version = {v}", v=dataset.version))
    return int(found) if found is not None else None


def split_field(output: str, dataset: Dataset, given: Column | None) -> Column | None:
    """The field that files are split by; the output has to name it in braces.

    Raises:
        UsageError: Only one of the two names a field, or they name two.
    """
    named = placeholder(output) if output != "-" else None
    if given is None:
        return None
    if named is None:
        raise UsageError(
            "{output!r} would be one file", cure="put the field in braces into its name: -o '{example}'",
            output=output, example="{" + given.header + "}" + (Path(output).suffix or ".csv"),
        )  # fmt: skip
    if dataset.column(named) != given:
        raise UsageError("split by {field}, but the output names {named}", cure="name the same field twice",
                         field=given.header, named=named)  # fmt: skip
    return given
