"""The pieces of a file's cells that are beyond ASCII, as bytes: a sample from all over the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from crmctl.formats.encodings.names import chunks

# No encoding has a byte below 0x30 inside a character, so that no character is cut.
_SEGMENT = re.compile(rb"[\x80-\xff][^\x00-\x2f]*")
LONGEST = 400
# The same sign before many numbers is one piece of evidence, not many.
_ANY_DIGIT = bytes.maketrans(b"123456789", b"000000000")
_PER_CHUNK, _MOST = 4_000, 12_000
_SAMPLE = 1_500


@dataclass(slots=True)
class Segments:
    """What was found.

    Args:
        pieces: Distinct pieces, each with the letter before it, and how often: some from every part of the file.
        last: The piece that the file ends with, maybe in the middle of a character; empty where there is none.
    """

    pieces: Counter[tuple[str, bytes]] = field(default_factory=Counter)
    last: bytes = b""


def find_segments(path: Path, most: int | None = None) -> Segments:
    """Collect the pieces of a file; with ``most``, stop where there are more of them."""
    found = Segments()
    for chunk in _whole_pieces(path):
        if most is not None and len(found.pieces) > most:
            break
        found.last = b""
        if chunk.isascii():
            continue
        share = _PER_CHUNK if len(found.pieces) < _MOST else _PER_CHUNK // 100
        for match in islice(_SEGMENT.finditer(chunk), share):
            before = chunk[match.start() - 1 : match.start()].decode("ascii") if match.start() else ""
            piece = match[0][:LONGEST].translate(_ANY_DIGIT)
            found.pieces[before if before.isalpha() else "", piece] += 1
            found.last = piece if match.end() == len(chunk) else b""
    every = len(found.pieces) // _SAMPLE + 1
    if every > 1:
        found.pieces = Counter(dict(list(found.pieces.items())[::every]))
    return found


def _whole_pieces(path: Path) -> Iterator[bytes]:
    """The file in parts that end where a line does, unless its lines are very long."""
    left = b""
    for chunk in chunks(path):
        end = chunk.rfind(b"\n") + 1
        if not end and len(left) < len(chunk):
            left += chunk
            continue
        yield left + chunk[:end]
        left = chunk[end:]
    yield left
