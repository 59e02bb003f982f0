"""Text encodings: their names, their byte order marks, and a file's bytes as UTF-8. Finding out is apart."""

from __future__ import annotations

import codecs
import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import UsageError

_CHUNK = 4 << 20
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16-be-sig"))
# Encoding -> the codec that reads what follows the byte order mark, and the mark.
MARKED = {
    "utf-8-sig": ("utf-8", b"\xef\xbb\xbf"),
    "utf-16": ("utf-16-le", b"\xff\xfe"),
    "utf-16-be-sig": ("utf-16-be", b"\xfe\xff"),
}
_SAID = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8 with BOM", "gb18030": "GB18030", "big5": "Big5", "cp1252": "Windows-1252",
    "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16 BE", "utf-16-be-sig": "UTF-16 BE",
}  # fmt: skip
_NO_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs", "oem"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a pass over a whole file showed.

    Args:
        encoding: As `Dialect.encoding` names it.
        why: In words.
        damaged: Some bytes are no text in this encoding.
        sha256: Of the file's bytes.
        size: In bytes.
    """

    encoding: str
    why: str
    damaged: bool
    sha256: str
    size: int

    @property
    def said(self) -> str:
        """The encoding as people call it."""
        return _SAID.get(self.encoding, self.encoding)

    @property
    def mark(self) -> bytes:
        """The byte order mark at the start of the file."""
        return codec_of(self.encoding)[1]


def codec_name(encoding: str) -> str:
    """An encoding's own name for what the user calls it.

    Raises:
        UsageError: There is no such text encoding.
    """
    if encoding in MARKED:
        return encoding
    try:
        info = codecs.lookup(encoding)
    except LookupError:
        info = None
    if info is None or not info._is_text_encoding or info.name in _NO_TEXT:
        raise UsageError(
            "unknown encoding {encoding!r}",
            cure="use utf-8, utf-8-sig, gb18030, big5, utf-16 or cp1252",
            encoding=encoding,
        )
    return info.name


def codec_of(encoding: str) -> tuple[str, bytes]:
    """The codec and the byte order mark of an encoding.

    Raises:
        UsageError: There is no such text encoding.
    """
    name = codec_name(encoding)
    return MARKED.get(name, (name, b""))


@contextlib.contextmanager
def as_utf8(path: Path, evidence: Evidence, workdir: Path) -> Iterator[tuple[Path, int]]:
    """The file as UTF-8 and where its text begins: itself, or a private copy that is gone afterwards.

    Bytes that are no text stay broken in the copy.
    """
    if evidence.encoding in {"utf-8", "utf-8-sig"}:
        yield path, len(evidence.mark)
        return
    with private_file(workdir) as copy:
        _transcode(path, evidence.encoding, copy)
        yield copy, 0


@contextlib.contextmanager
def private_file(workdir: Path) -> Iterator[Path]:
    """An empty file that only its owner can read; gone afterwards."""
    handle, name = tempfile.mkstemp(dir=workdir)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _transcode(path: Path, encoding: str, copy: Path) -> None:
    codec, mark = codec_of(encoding)
    decoder = codecs.getincrementaldecoder(codec)("surrogateescape")
    with copy.open("wb") as file:
        for chunk in chunks(path, len(mark)):
            file.write(decoder.decode(chunk).encode("utf-8", "surrogateescape"))
        # What is left over is the beginning of a character that the file's end cut off.
        file.write(decoder.getstate()[0])


def chunks(path: Path, skip: int = 0) -> Iterator[bytes]:
    """A file's bytes in pieces, from a byte on."""
    with path.open("rb") as file:
        file.seek(skip)
        while chunk := file.read(_CHUNK):
            yield chunk
