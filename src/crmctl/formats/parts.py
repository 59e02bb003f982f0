"""Which tables a file holds: the sheets of a workbook, the members of an archive, the tables of a text file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from crmctl.errors import UsageError
from crmctl.formats.detect import container_of, detect_format
from crmctl.formats.model import Part, ReadOptions


def parts(path: Path, options: ReadOptions, workdir: Path) -> list[Part]:
    """The tables of a file in their order, each to be read on its own; at least one.

    Args:
        path: The file.
        options: What the user says of it; a sheet that is named is the only part.
        workdir: A private folder, in which what had to be unpacked stays until the run ends.

    Raises:
        FileError: It cannot be opened, unpacked or understood.
        UsageError: It has no sheet, table or member of that name, or needs a password.
    """
    from crmctl.formats.reading import unreadable

    try:
        return _parts(path, options, workdir, 0)
    except OSError as error:
        raise unreadable(path, error) from None


def _parts(path: Path, options: ReadOptions, workdir: Path, depth: int) -> list[Part]:
    if path.is_dir() or not path.stat().st_size:
        return [Part(path, "", options)]
    if container_of(path):
        return _unpacked(path, options, workdir, depth)
    match detect_format(path, options):
        case "xlsx" | "xls" | "ods":
            from crmctl.formats.workbook import workbook_parts

            return workbook_parts(path, options, workdir)
        case "sqlite":
            from crmctl.formats.databases.sqlite import tables

            return _named(path, options, tables(path, options.sheet))
        case "duckdb":
            from crmctl.formats.databases.duckdb_file import tables

            return _named(path, options, tables(path, options.sheet))
        case "html" if options.table is None:
            from crmctl.formats.markup.html import html_tables

            found = html_tables(path, options, workdir)
            return [Part(path, name, replace(options, table=number)) for number, name in found]
        case "xml":
            from crmctl.formats.markup.spreadsheetml import worksheets

            return _named(path, options, worksheets(path, options, workdir))
        case "csv" | "tsv" if options.table is None:
            from crmctl.formats.delimited.reading import text_tables

            several = text_tables(path, options, workdir)
            if len(several) == 1:
                return [Part(path, "", options)]
            return [Part(path, name, replace(options, table=number)) for number, name in several]
        case _:
            return [Part(path, "", options)]


def _named(path: Path, options: ReadOptions, names: list[str]) -> list[Part]:
    """A part for each name; the only table of a file needs none."""
    alone = len(names) == 1
    return [Part(path, "" if alone else name, replace(options, sheet=name)) for name in names]


def _unpacked(path: Path, options: ReadOptions, workdir: Path, depth: int) -> list[Part]:
    from crmctl.formats.archive import unpack

    members, left = unpack(path, workdir, options.password, depth)
    asked, alone = options.sheet, len(members) == 1
    called = [member for member in members if asked is not None and _is_called(member.name, asked)]
    if alone and not called:
        found = _parts(members[0].path, options, workdir, depth + 1)
    else:
        found = [
            part if alone else _of_member(member.name, part)
            for member in called or members
            for part in _parts(member.path, replace(options, sheet=None), workdir, depth + 1)
        ]
        if asked is not None and not called:
            found = [part for part in found if _is_called(part.name, asked)]
    if not found:
        names = ", ".join(member.name for member in members)
        raise UsageError("no member called {sheet!r}", cure="it has {names}", sheet=asked, names=names)
    note = ", ".join(left)
    return [replace(found[0], left_out=note), *found[1:]] if note and not found[0].left_out else found


def _of_member(name: str, part: Part) -> Part:
    return replace(part, name=f"{name}/{part.name}" if part.name else name)


def _is_called(name: str, asked: str) -> bool:
    """A member or table is known by its whole name, its last part, or that without its suffix."""
    last = Path(name.replace("\\", "/")).name
    return asked.casefold() in {name.casefold(), last.casefold(), Path(last).stem.casefold()}
