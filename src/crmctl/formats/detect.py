"""Which format a file has: by its name, and by its first bytes where the name does not tell or lies."""

from __future__ import annotations

import codecs
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePath

from crmctl.errors import FileError, UsageError, did_you_mean
from crmctl.formats.model import ReadOptions
from crmctl.messages import term

FORMATS = (
    "csv", "tsv", "xlsx", "xls", "ods", "ndjson", "json", "parquet", "arrow", "vcard", "sqlite", "duckdb", "fixed",
    "html", "xml",
)  # fmt: skip

DELIMITED = frozenset({"csv", "tsv"})
WRITABLE = ("csv", "tsv", "xlsx", "ndjson", "json", "parquet", "arrow", "vcard", "sqlite")

SUFFIXES: Mapping[str, str] = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls",
    ".ods": "ods", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json", ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".arrows": "arrow", ".feather": "arrow", ".ipc": "arrow", ".vcf": "vcard", ".vcard": "vcard",
    ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite", ".duckdb": "duckdb", ".ddb": "duckdb",
    ".fwf": "fixed", ".html": "html", ".htm": "html", ".xml": "xml",
}  # fmt: skip

CONTAINERS: Mapping[str, str] = {".gz": "gz", ".zst": "zst", ".zip": "zip"}
"""Suffixes of what other files are packed into."""

_ALIASES = {
    "txt": "csv", "jsonl": "ndjson", "excel": "xlsx", "tab": "tsv", "vcf": "vcard", "sqlite3": "sqlite",
    "feather": "arrow", "ipc": "arrow", "fwf": "fixed", "htm": "html", "xlsm": "xlsx",
}  # fmt: skip
_HEAD = 8192
_MAGIC = (
    (b"PAR1", "parquet"), (b"ARROW1", "arrow"), (b"SQLite format 3\0", "sqlite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
)  # fmt: skip
_PACKED = ((b"\x1f\x8b", "gz"), (b"\x28\xb5\x2f\xfd", "zst"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"))
# What somebody may take for a table, or a table may hide in, and nobody can read here.
_FOREIGN = (
    (b"%PDF-", "a PDF document"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"), (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"), (b"FEA1", "a file of Feather version 1"), (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"), (b"Obj\x01", "an Avro file"), (b"ORC", "an ORC file"),
)  # fmt: skip
_BINARY = frozenset({"xlsx", "xls", "ods", "parquet", "arrow", "sqlite", "duckdb"})
_OVERRULING = _BINARY | {"html", "xml", "vcard"}
_HTML = re.compile(r"<(!doctype\s+html|html|table|head|body|meta|style|div|title)\b", re.IGNORECASE)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x1b"))


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


def writable(format: str) -> str:  # noqa: A002 - the option's own name
    """A format's own name, of one that can be written.

    Raises:
        UsageError: There is no such format, or it can only be read.
    """
    name = canonical(format)
    if name not in WRITABLE:
        raise UsageError(
            "{format!r} can be read, but not written", cure="choose one of {known}", format=format,
            known=", ".join(WRITABLE),
        )  # fmt: skip
    return name


def format_of_name(name: str | PurePath) -> tuple[str | None, str | None]:
    """The format and the container that a file's name tells.

    >>> format_of_name("kunden.CSV.gz"), format_of_name("dump.zst"), format_of_name("a")
    (('csv', 'gz'), (None, 'zst'), (None, None))
    """
    path = PurePath(name)
    container = CONTAINERS.get(path.suffix.lower())
    if container:
        path = path.with_suffix("")
    return SUFFIXES.get(path.suffix.lower()), container


def detect_format(path: Path, options: ReadOptions | None = None) -> str:
    """The format of a file that is not packed: what the options say, else its suffix, else its first bytes.

    A name that says text over bytes that are a workbook, Parquet or a web page does not deceive it.

    Raises:
        UsageError: The options name no known format.
        FileError: It is of a kind that cannot be read, or cannot be opened.
    """
    asked = options.format if options is not None else None
    if asked is not None and canonical(asked) not in {"xlsx", "xls", "ods"}:
        return canonical(asked)
    named = canonical(asked) if asked else SUFFIXES.get(path.suffix.lower())
    head = _head(path)
    seen = _by_content(path, head)
    if options is not None and options.widths and asked is None and seen not in _OVERRULING:
        return "fixed"
    if seen is None and named in {"csv", "tsv", None}:
        _refuse_foreign(path, head)
    if seen in _OVERRULING or named is None or (seen is not None and named in {"csv", "tsv"}):
        return seen or named or "csv"
    if named in {"xlsx", "xls", "ods"} and _is_text(head):
        return seen or "csv"
    return named


def container_of(path: Path) -> str | None:
    """What a file's first bytes say that it is packed with: `gz`, `zst` or `zip`; a workbook is none."""
    head = _head(path)
    for magic, name in _PACKED:
        if head.startswith(magic):
            return name if name != "zip" or _zipped(path) is None else None
    return None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _by_content(path: Path, head: bytes) -> str | None:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if head[8:12] == b"DUCK":
        return "duckdb"
    if head.startswith(b"\xff\xff\xff\xff") and len(head) > 8 and 0 < int.from_bytes(head[4:8], "little") < 1 << 24:
        return "arrow"
    return _by_text(head)


def _by_text(head: bytes) -> str | None:
    text = _as_text(head).lstrip("\ufeff \t\r\n")
    if text[:11].upper() == "BEGIN:VCARD":
        return "vcard"
    if text.startswith("<"):
        if "urn:schemas-microsoft-com:office:spreadsheet" in text and not re.search("<html", text, re.IGNORECASE):
            return "xml"
        if _HTML.match(text) or _HTML.search(text):
            return "html"
        return "xml" if text.startswith("<?xml") or re.match(r"<(ss:)?Workbook\b", text) else None
    if re.match(r'\[\s*\{\s*["}]', text):
        return "json"
    return "ndjson" if text.startswith("{") and _opens_an_object(text) else None


def _opens_an_object(text: str) -> bool:
    """The first line is an object, or the beginning of one that goes on."""
    line, newline, _ = text.partition("\n")
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return bool(re.fullmatch(r"\{\s*", line)) or (not newline and bool(re.match(r'\{\s*"', line)))


def _zipped(path: Path) -> str | None:
    """The kind of document that a zip file is; None where it is an archive of files.

    Raises:
        FileError: It is a document that holds no tables to read.
    """
    named = SUFFIXES.get(path.suffix.lower())
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            kind = _start_of(archive, "mimetype") if "mimetype" in names else b""
    except Exception:  # whatever is wrong with it, its reader says so
        return named if named in _BINARY else None
    if kind.startswith(b"application/vnd.oasis.opendocument"):
        return "ods"
    if "[Content_Types].xml" not in names:
        if any(name.endswith(".iwa") for name in names):
            raise _foreign(path, "a Numbers document")
        return None
    if any(name.startswith("word/") for name in names):
        raise _foreign(path, "a Word document")
    if any(name.startswith("ppt/") for name in names):
        raise _foreign(path, "a PowerPoint document")
    return "xlsx"


def _start_of(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(100)


def _refuse_foreign(path: Path, head: bytes) -> None:
    for magic, what in _FOREIGN:
        if head.startswith(magic) and (what == "a PDF document" or not _is_text(head)):
            raise _foreign(path, what)


def _foreign(path: Path, what: str) -> FileError:
    return FileError(
        "{path} is {what}, not a table", cure="export it as CSV or .xlsx, or unpack it first",
        path=path, what=term(what),
    )  # fmt: skip


def _is_text(head: bytes) -> bool:
    """No byte that text does not have, UTF-16 apart."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    return bool(head) and not head.translate(None, bytes(set(range(256)) - set(_CONTROLS)))


def _as_text(head: bytes) -> str:
    """The beginning as text, good enough for ASCII marks."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return head.decode("utf-16-le", "replace")
    if head.startswith(codecs.BOM_UTF16_BE):
        return head.decode("utf-16-be", "replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
