"""The files that an import names: themselves, the files of a folder, or those that a pattern matches."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from crmctl.errors import FileError, UsageError
from crmctl.formats.databases.remote import is_url
from crmctl.run.importing.ingest import FILE_SUFFIXES, STDIN, find_file

_COMPRESSED = frozenset({".gz", ".zst", ".zip"})
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart", ".lock")


def expand(texts: Iterable[str]) -> list[str]:
    """Every file that is named, folders and patterns by their files in order of name; each file once.

    Raises:
        FileError: There is no such file, nothing matches, or a folder has no file that can be read.
        UsageError: A file is named twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        for name in _expand(text):
            identity = name if name == STDIN or is_url(name) else str(Path(name).resolve())
            if identity in found:
                raise UsageError("{file} is named twice", cure="name each file once", file=name)
            found[identity] = name
    return list(found.values())


def _expand(text: str) -> list[str]:
    path = Path(text)
    if text == STDIN or is_url(text) or path.is_file():
        return [text]
    if path.is_dir():
        names = [str(entry) for entry in finished(path) if _known(entry)]
        if not names:
            raise FileError("there is no file to read in {folder}", cure="check its contents", folder=path)
        return names
    if glob.has_magic(text):
        names = sorted(name for name in glob.glob(text, recursive=True) if Path(name).is_file())  # noqa: PTH207 - absolute patterns too
        if not names:
            raise FileError("no file matches {pattern}", cure="check the name and the folder", pattern=text)
        return names
    find_file(text)
    return [text]


def finished(folder: Path) -> list[Path]:
    """The files of a folder in order of name, without hidden ones and those that another program still writes."""
    return sorted(
        (
            entry for entry in folder.iterdir()
            if entry.is_file() and not entry.name.startswith((".", "~$"))
            and entry.suffix.lower() not in _UNFINISHED
        ),
        key=lambda entry: entry.name,
    )  # fmt: skip


def left_out(texts: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Of every folder that is named, the files whose names tell no format that is read."""
    named = [text for text in texts if text != STDIN and not is_url(text) and Path(text).is_dir()]
    found = [(text, [entry.name for entry in finished(Path(text)) if not _known(entry)]) for text in named]
    return [(text, names) for text, names in found if names]


def _known(path: Path) -> bool:
    return path.suffix.lower() in FILE_SUFFIXES | _COMPRESSED


def folders(texts: Iterable[str]) -> list[Path]:
    """The folders that such names lead to, and that reading them has to reach."""
    found: list[Path] = []
    for text in texts:
        path = Path(text)
        if text == STDIN or is_url(text):
            continue
        found += [path] if path.is_dir() else [Path(name).parent for name in _expand(text)]
    return found
