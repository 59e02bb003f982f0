"""Which format a file has: by its name, and by its first bytes where the name does not tell or lies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from crmctl.errors import FileError, UsageError, did_you_mean
from crmctl.formats.model import ReadOptions

FORMATS = ("csv", "tsv", "xlsx", "ndjson", "json", "parquet")

SUFFIXES: Mapping[str, str] = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip

_ALIASES = {"txt": "csv", "jsonl": "ndjson", "excel": "xlsx", "tab": "tsv"}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def canonical(format: str) -> str:  # noqa: A002 - the option's own name
    """A format's own name for what the user calls it.

    Raises:
        UsageError: There is no such format.
    """
    name = format.lower().lstrip(".")
    name = _ALIASES.get(name, name)
    if name in FORMATS:
        return name
    if near := did_you_mean(name, FORMATS):
        raise UsageError("unknown format {format!r}", cure="did you mean {near!r}?", format=format, near=near)
    raise UsageError("unknown format {format!r}", cure="choose one of {known}", format=format, known=", ".join(FORMATS))


def detect_format(path: Path, options: ReadOptions | None = None) -> str:
    """The format of a file: what the options say, else its suffix, else its first bytes.

    A name that says text over bytes that are a workbook, Parquet or a web page does not deceive it.

    Raises:
        UsageError: The options name no known format.
        FileError: It is of a kind that cannot be read, or cannot be opened.
    """
    if options is not None and options.format is not None:
        return canonical(options.format)
    named = SUFFIXES.get(path.suffix.lower())
    seen = _by_content(path)
    if seen in {"xlsx", "parquet"} or named is None:
        return seen or "csv"
    return named


def _by_content(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(_OLD_EXCEL):
        raise FileError(
            "{path} is an old (.xls) or password-protected Excel file",
            cure="open it in Excel and save it as .xlsx without a password, or as CSV UTF-8",
            path=path,
        )
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        raise FileError(
            "{path} is a web page or XML, not a table",
            cure="open it in Excel and save it as .xlsx, or as CSV UTF-8",
            path=path,
        )
    if text.startswith(b"[{") or (text.startswith(b"[") and text[1:].lstrip().startswith(b"{")):
        return "json"
    return "ndjson" if text.startswith(b"{") else None
