"""Text encodings: their names, their byte order marks, and a file's bytes as UTF-8. Finding out is apart."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmctl.errors import FileError, UsageError

_CHUNK = 4 << 20
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16-be-sig"))
# Encoding -> the codec that reads what follows the byte order mark, and the mark.
MARKED = {
    "utf-8-sig": ("utf-8", b"\xef\xbb\xbf"),
    "utf-16": ("utf-16-le", b"\xff\xfe"),
    "utf-16-be-sig": ("utf-16-be", b"\xfe\xff"),
}
_SAID = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8 with BOM", "gb18030": "GB18030", "big5": "Big5", "cp950": "Big5",
    "big5hkscs": "Big5-HKSCS", "cp932": "Shift-JIS", "shift_jis": "Shift-JIS", "cp949": "EUC-KR", "euc_kr": "EUC-KR",
    "euc_jp": "EUC-JP", "cp1250": "Windows-1250", "cp1251": "Windows-1251", "cp1252": "Windows-1252",
    "cp1253": "Windows-1253", "cp1254": "Windows-1254", "cp1255": "Windows-1255", "cp1256": "Windows-1256",
    "mac_roman": "Mac Roman", "mac-roman": "Mac Roman", "iso8859-1": "Latin-1",
    "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16 BE", "utf-16-be-sig": "UTF-16 BE",
}  # fmt: skip
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs", "oem"}
# Names that stand for less than what programs write under them.
_WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932"}


@dataclass(slots=True)
class Evidence:
    """What a pass over a whole file showed.

    Args:
        encoding: As `Dialect.encoding` names it.
        why: In words.
        damaged: Some bytes are no text in this encoding; known for sure once the file is open `as_utf8`.
        sha256: Of the file's bytes.
        size: In bytes.
        confidence: From 0 to 1.
        asked: The user named the encoding.
    """

    encoding: str
    why: str
    damaged: bool
    sha256: str
    size: int
    confidence: float = 1.0
    asked: bool = False

    @property
    def said(self) -> str:
        """The encoding as people call it."""
        return said(self.encoding)

    @property
    def told(self) -> str:
        """The encoding as people call it, and how sure it is."""
        return self.said if self.asked else f"{self.said} ({min(99 if self.weighed else 100, self.percent)} %)"

    @property
    def percent(self) -> int:
        """The confidence in percent."""
        return int(100 * self.confidence)

    @property
    def weighed(self) -> bool:
        """It was found by weighing what the text would be, not by a mark or a proof."""
        return not self.encoding.startswith("utf")

    @property
    def mark(self) -> bytes:
        """The byte order mark at the start of the file."""
        return codec_of(self.encoding)[1]


def said(encoding: str) -> str:
    """An encoding as people call it."""
    return _SAID.get(encoding, encoding)


def codec_name(encoding: str) -> str:
    """An encoding's own name for what the user calls it.

    Raises:
        UsageError: There is no such text encoding.
    """
    if encoding in MARKED:
        return encoding
    try:
        info = codecs.lookup(encoding)
    except (LookupError, ValueError):
        info = None
    if info is None or not info._is_text_encoding or info.name in _NO_TEXT:
        raise UsageError(
            "unknown encoding {encoding!r}",
            cure="use utf-8, utf-8-sig, gb18030, big5, utf-16 or cp1252",
            encoding=encoding,
        )
    return info.name


def widest(name: str) -> str:
    """The encoding that holds all of what files claiming this one have in them."""
    return _WIDER.get(name, name)


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

    Bytes that are no text stay broken in the copy, and the evidence then says that it is damaged.

    Raises:
        FileError: It ends in the middle of a character, or is hardly any text in the encoding that the user named.
    """
    if evidence.encoding in {"utf-8", "utf-8-sig"}:
        yield path, len(evidence.mark)
        return
    with private_file(workdir) as copy:
        _transcode(path, evidence, copy)
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


def _transcode(path: Path, evidence: Evidence, copy: Path) -> None:
    codec, mark = codec_of(evidence.encoding)
    text = Tolerant(codec)
    with copy.open("wb") as file:
        for chunk in chunks(path, len(mark)):
            file.write(text.decode(chunk))
        # What is left over is the beginning of a character that the file's end cut off.
        left = text.left
        file.write(left)
    if left and not evidence.asked:
        raise cut_off(path, evidence.encoding)
    if evidence.asked and text.hopeless:
        raise not_so(path, evidence.encoding)
    evidence.damaged = bool(text.damaged or left)


def cut_off(path: Path, encoding: str) -> FileError:
    """A file that ends in the middle of a character."""
    return FileError(
        "{path} is cut off: it ends in the middle of a {encoding} character",
        cure="get the whole file, or read what is there with --encoding {encoding}",
        path=path, encoding=codec_of(encoding)[0],
    )  # fmt: skip


def not_so(path: Path, encoding: str) -> FileError:
    """A file that is not what the user says."""
    return FileError(
        "{path} is not {encoding}", cure="leave --encoding out, or name another", path=path, encoding=encoding
    )


class Tolerant:
    """Decodes chunk by chunk into UTF-8; a broken byte stays as it is and is counted.

    Args:
        codec: Any codec for text.

    Attributes:
        damaged: Bytes that are no text.
        foreign: Characters beyond ASCII in the chunks that have such bytes.
    """

    def __init__(self, codec: str) -> None:
        self._decoder: Any = codecs.getincrementaldecoder(codec)("strict")
        # Half of a pair is no byte that could be set aside.
        self._errors = "surrogatepass" if codec.startswith("utf-16") else "surrogateescape"
        self.damaged = self.foreign = 0

    def decode(self, chunk: bytes) -> bytes:
        """The next chunk as UTF-8, as far as it can be told yet."""
        state = self._decoder.getstate()
        try:
            return bytes(self._decoder.decode(chunk).encode("utf-8"))
        except (UnicodeDecodeError, UnicodeEncodeError):
            self._decoder.setstate(state)
        self._decoder.errors = self._errors
        text: str = self._decoder.decode(chunk)
        self._decoder.errors = "strict"
        broken = len(_SURROGATE.findall(text))
        self.damaged += broken
        self.foreign += len(text) - broken - len(text.encode("ascii", "ignore"))
        return text.encode("utf-8", self._errors)

    @property
    def left(self) -> bytes:
        """The beginning of a character that nothing followed."""
        return bytes(self._decoder.getstate()[0])

    @property
    def hopeless(self) -> bool:
        """So much is broken that it was not written this way."""
        return self.damaged > 10 and self.damaged * 5 > self.foreign


def chunks(path: Path, skip: int = 0) -> Iterator[bytes]:
    """A file's bytes in pieces, from a byte on."""
    with path.open("rb") as file:
        file.seek(skip)
        while chunk := file.read(_CHUNK):
            yield chunk


def holds(path: Path, pattern: re.Pattern[bytes], start: int = 0, overlap: int = 64) -> bool:
    """Whether a pattern is found in a file's bytes from one on; no match is longer than the overlap.

    The file is read in pieces: mapped into memory, all of it would count as ours.
    """
    left = b""
    for chunk in chunks(path, start):
        if pattern.search(left + chunk):
            return True
        left = chunk[-overlap:]
    return False
