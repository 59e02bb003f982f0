"""The zip package of a workbook, opened with distrust: sizes are checked before and while it is unpacked."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Container, Iterator
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as ET

from crmctl.errors import FileError

_LARGEST, _SUSPICIOUS, _RATIO = 2 << 30, 64 << 20, 100
_MOST_MEMBERS, _SMALL = 10_000, 64 << 20
_CHUNK, _PACKED_CHUNK = 1 << 20, 1 << 18
_LOCAL_HEADER = 30


class Package:
    """A zip file whose members are XML.

    Args:
        path: The file; it is what messages name.
        source: Where its bytes are, if that is another file.

    Raises:
        FileError: It is damaged, or would unpack to more than can be meant.
    """

    def __init__(self, path: Path, source: Path | None = None) -> None:
        self.path, self.source = path, source or path
        try:
            with zipfile.ZipFile(self.source) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
            raise self.broken() from None
        self._members = {info.filename.lower().lstrip("/"): info for info in infos}
        unpacked = sum(info.file_size for info in infos)
        packed = self.source.stat().st_size
        if unpacked > _LARGEST or (unpacked > _SUSPICIOUS and unpacked > _RATIO * packed) or len(infos) > _MOST_MEMBERS:
            raise FileError(
                "{path} would unpack to {size} MB", cure="if it is what it should be, save it as CSV",
                path=self.path, size=unpacked // 1_000_000,
            )  # fmt: skip

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    def size(self, name: str) -> int:
        """The declared size of a member."""
        return self._members[name.lower()].file_size

    @property
    def xml_members(self) -> list[str]:
        """The names of all XML parts."""
        return [info.filename for name, info in self._members.items() if name.endswith((".xml", ".rels"))]

    def verify(self, spare: Container[str]) -> None:
        """Unpack every XML part to its true size.

        Args:
            spare: Parts that need not be looked at, in lower case: sheets that are looked at on their own, or not read.

        Raises:
            FileError: One is damaged, more than it declares, or declares entities.
        """
        for name in self._members:
            if name.endswith((".xml", ".rels")) and name not in spare:
                for _ in self.chunks(name):
                    pass

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, unpacked piece by piece.

        Raises:
            FileError: It is not there, damaged, or more than it declares.
        """
        info = self._members.get(name.lower())
        if info is None:
            raise self.broken()
        with self.source.open("rb") as file:
            try:
                yield from self._unpacked(file, info)
            except (zlib.error, struct.error, EOFError):
                raise self.broken() from None

    def xml(self, name: str) -> ET.Element:
        """A small member as a tree.

        Raises:
            FileError: It is not there, not sound, or not small.
        """
        content = bytearray()
        for chunk in self.chunks(name):
            content += chunk
            if len(content) > _SMALL:
                raise self.broken()
        try:
            return ET.fromstring(bytes(content))  # noqa: S314 - entities were refused when the package was opened
        except (ET.ParseError, ValueError, LookupError):
            raise self.broken() from None

    def broken(self) -> FileError:
        """What is said of a package that cannot be understood."""
        return FileError(
            "{path} is not a sound workbook", cure="open it in Excel or WPS and save it again as .xlsx", path=self.path
        )

    def _unpacked(self, file: BinaryIO, info: zipfile.ZipInfo) -> Iterator[bytes]:
        file.seek(info.header_offset)
        head = file.read(_LOCAL_HEADER)
        if head[:4] != b"PK\x03\x04" or info.flag_bits & 1:
            raise EOFError
        file.seek(sum(struct.unpack("<HH", head[26:30])), 1)
        if info.compress_type not in {zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED}:
            raise EOFError
        pieces = _inflated if info.compress_type == zipfile.ZIP_DEFLATED else _stored
        total, checksum = 0, 0
        for chunk in pieces(file, info.compress_size):
            if not total and not self._opens_as_xml(chunk):
                raise EOFError
            total += len(chunk)
            checksum = zlib.crc32(chunk, checksum)
            if total > info.file_size:
                raise FileError(
                    "{path} unpacks to more than it declares", cure="get it again, from somebody you trust",
                    path=self.path,
                )  # fmt: skip
            yield chunk
        if total != info.file_size or checksum != info.CRC:
            raise EOFError

    def _opens_as_xml(self, chunk: bytes) -> bool:
        """Whether the first piece comes to an element, without declaring anything before it."""
        wide = chunk.startswith((b"\xff\xfe", b"\xfe\xff"))
        start = re.search(rb"<[\w:]", chunk.replace(b"\0", b"") if wide else chunk)
        if b"<!DOCTYPE" in (chunk.replace(b"\0", b"") if wide else chunk):
            raise FileError(
                "{path} declares XML entities, which no spreadsheet program does",
                cure="open it in Excel or WPS and save it again as .xlsx", path=self.path,
            )  # fmt: skip
        return start is not None


def _inflated(file: BinaryIO, left: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof:
        packed = inflater.unconsumed_tail
        if not packed:
            packed = file.read(min(left, _PACKED_CHUNK))
            left -= len(packed)
        chunk = inflater.decompress(packed, _CHUNK)
        if chunk:
            yield chunk
        elif not packed:
            raise EOFError


def _stored(file: BinaryIO, left: int) -> Iterator[bytes]:
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise EOFError
        left -= len(chunk)
        yield chunk
