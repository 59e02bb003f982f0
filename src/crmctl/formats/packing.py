"""Output that is packed on its way into a file whose name ends in .gz or .zst; the same bytes every time."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from crmctl.errors import UsageError
from crmctl.formats.detect import format_of_name

_TEXT = frozenset({"csv", "tsv", "json", "ndjson", "vcard"})


@contextlib.contextmanager
def packing(stream: BinaryIO, target: Path, kind: str) -> Iterator[BinaryIO]:
    """The stream to write a format to: the given one, or one that packs into it.

    Raises:
        UsageError: The name asks for .zip, or for packing what is packed already.
    """
    container = format_of_name(target)[1]
    if container is not None and (container == "zip" or kind not in _TEXT):
        raise UsageError(
            "{format} is not written into .{container}", cure="name the output {name}",
            format=kind, container=container, name=target.with_suffix(""),
        )  # fmt: skip
    match container:
        case "gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=6, mtime=0) as packed:
                yield cast(BinaryIO, packed)
        case "zst":
            import pyarrow as pa

            with pa.CompressedOutputStream(pa.PythonFile(_Open(stream), "w"), "zstd") as packed:
                yield packed
        case _:
            yield stream


class _Open:
    """A stream that stays open when what writes to it is closed."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> int:
        """Hand it on."""
        return self._stream.write(data)

    def flush(self) -> None:
        """Hand on what was written."""
        self._stream.flush()

    def close(self) -> None:
        """Leave the stream open."""
