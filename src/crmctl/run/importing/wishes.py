"""From the options of an import to what is asked of its readers: headers and their fields, formats, passwords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from crmctl.errors import FileError, UsageError
from crmctl.formats import ReadOptions, format_of_name
from crmctl.run.importing.ingest import Wish
from crmctl.schema import load_preset, load_schema
from crmctl.schema.mapping_file import SavedMapping, load_mapping


def wish(schema: str | None, preset: str | None, given: Mapping[str, str] | None, file: str | None) -> Wish:
    """How headers are to be understood; what is given by hand overrules a saved mapping.

    Raises:
        FileError: The saved mapping or preset cannot be read.
        UsageError: It makes no sense.
    """
    saved = load_mapping(file) if file else SavedMapping()
    chosen = preset or saved.preset
    named = str(schema) if schema else saved.schema_name
    system = load_preset(chosen) if chosen else None
    return Wish(named, {**saved.fields, **(given or {})}, system, strict=frozenset(given or {}))


def read_options(
    form: str | None, encoding: str | None, delimiter: str | None, sheet: str | None, table: int | None,
    header: bool | None, widths: str | None, password_file: str | None,
) -> ReadOptions:  # fmt: skip
    """What the user says of the files' format.

    Raises:
        UsageError: A width makes no sense.
        FileError: The password's file cannot be read.
    """
    if table is not None and table < 1:
        raise UsageError("--table {number}: tables are counted from 1", cure="write 1 or more", number=table)
    return ReadOptions(
        format=form, encoding=encoding, delimiter=delimiter, sheet=sheet, header=header, table=table,
        widths=_widths(widths) if widths is not None else None,
        password=_password(Path(password_file)) if password_file else None,
    )  # fmt: skip


def with_widths(options: ReadOptions, schema: str | None, files: Sequence[str]) -> ReadOptions:
    """The options with the widths that a schema says, where the files may be of fixed width.

    Raises:
        UsageError: There is no such schema.
    """
    if schema is None or options.widths is not None or options.format not in {None, "fixed"}:
        return options
    plain = all(format_of_name(file)[0] in {None, "fixed"} or file.lower().endswith(".txt") for file in files)
    if options.format is None and not plain:
        return options
    return replace(options, widths=load_schema(schema).widths)


def _widths(text: str) -> tuple[tuple[str, int], ...]:
    pairs = []
    for piece in text.split(","):
        name, separator, width = piece.rpartition(":")
        if not separator or not name.strip() or not width.strip().isdecimal() or int(width) < 1:
            raise UsageError("--widths: {piece!r} is no column", cure="write name:10,phone:12", piece=piece.strip())
        pairs.append((name.strip(), int(width)))
    return tuple(pairs)


def _password(path: Path) -> str:
    """The first line of a file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            "cannot read {path}: {problem}", cure="write the password into it, in UTF-8", path=path, problem=error
        ) from None
    if not lines or not lines[0]:
        raise FileError("there is no password in {path}", cure="write it into the first line", path=path)
    return lines[0]
