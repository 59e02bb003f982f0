"""Text that was read in a wrong encoding before it came here: recognised, put right where that can be, else told.

A damaged text turns back into the bytes that it was, and those make better sense in another encoding.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from crmctl.formats.encodings.characters import SWALLOWED, likelihood, model_of

# What the characters of a text read as one of Europe's encodings look like, one in twenty cells at most.
_WESTERN = "[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2010-\u203a\u20ac\u2122]"
_LOST = "\ufffd|锟斤|斤拷|锟叫"
_TARGETS = ("gb18030", "big5", "cp932", "cp949")
_BETTER, _APART, _PER_CHAR = 6.0, 3.0, -11.5
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd]")
_FULL_WIDTH = re.compile("[\u3040-\u9fff]")
_FOREIGN = re.compile("[^\x00-\x7f]")
_TWICE = 2


@cache
def suspicious() -> str:
    """A pattern that finds what might be damaged; plain text of any language hardly ever matches by its Han."""
    firsts = (bytes((lead, trail)) for lead in range(0xE4, 0xEA) for trail in range(0x80, 0xC0) if trail != 0x7F)
    beginnings = "".join(sorted({text for pair in firsts if (text := pair.decode("gbk", "ignore"))}))
    return f"{_LOST}|{_WESTERN}|[{beginnings}]"


def mended(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells that came here damaged.

    Args:
        cells: Distinct `raw` texts.

    Returns:
        Those of them that are damaged, with `mended`: the text as it was written, null where it is lost.
    """
    suspects = cells.filter(pl.col("raw").str.contains(suspicious()))
    lost = suspects.filter(pl.col("raw").str.contains(_LOST))
    answers = {text: better for text in suspects["raw"].unique().sort() if (better := written(text)) is not None}
    known = pl.DataFrame(
        {"raw": list(answers), "mended": list(answers.values())}, schema={"raw": pl.String, "mended": pl.String}
    )
    found = suspects.join(known, on="raw", how="inner", maintain_order="left")
    rest = lost.join(known, on="raw", how="anti", maintain_order="left")
    return pl.concat([found, rest.with_columns(mended=pl.lit(None, dtype=pl.String))])


def written(text: str) -> str | None:
    """A text as it was before it was read in a wrong encoding, once or twice; None where it was not.

    >>> written("ÕÅÈý"), written("JosÃ©"), written("鎵嬫満"), written("Müller")
    ('张三', 'José', '手机', None)
    """
    found = None
    for _ in range(_TWICE):
        better = _once(found or text)
        if better is None:
            break
        found = better
    return found


def _once(text: str) -> str | None:
    if (unicode := _as_unicode(text)) is not None:
        return unicode
    data = _western_bytes(text)
    if data is None:
        return None
    before = likelihood(model_of("cp1252"), text)
    readings = [(encoding, _decoded(data, encoding)) for encoding in _TARGETS]
    scores = sorted(
        ((_sense(encoding, reading, data), reading) for encoding, reading in readings if reading), reverse=True
    )
    if not scores:
        return None
    best, candidate = scores[0]
    apart = len(scores) == 1 or best - scores[1][0] >= _APART
    sound = best >= _PER_CHAR * len(_FOREIGN.findall(candidate))
    return candidate if apart and sound and best - before >= _BETTER else None


def _sense(encoding: str, reading: str, data: bytes) -> float:
    swallowed = sum(byte < 0x80 for byte in data) - sum(char < "\x80" for char in reading)
    return likelihood(model_of(encoding), reading) + SWALLOWED * swallowed


def _as_unicode(text: str) -> str | None:
    """UTF-8 that was read as Windows-1252 or Latin-1, or as GBK."""
    data = _western_bytes(text)
    if data is not None and (found := _decoded(data, "utf-8", controls=True)) is not None:
        return _once(found) if _CONTROLS.search(found) else found
    try:
        data = text.encode("gb18030")
    except UnicodeEncodeError:
        return None
    found = _decoded(data, "utf-8")
    # Two Latin letters may well be the bytes of one Chinese character; three and more are none by chance.
    return found if found is not None and any(char >= "\u0800" for char in found) else None


def _western_bytes(text: str) -> bytes | None:
    """The bytes that a text was read from, as programs do that fill the holes of Windows-1252 with Latin-1."""
    data = bytearray()
    for char in text:
        try:
            data += char.encode("cp1252")
        except UnicodeEncodeError:
            if char > "\xff":
                return None
            data.append(ord(char))
    return bytes(data)


def _decoded(data: bytes, encoding: str, *, controls: bool = False) -> str | None:
    """The bytes as text, where they make any that goes beyond ASCII and that people write."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    if text.isascii() or (encoding == "cp932" and not _FULL_WIDTH.search(text)):
        return None
    return text if controls or not _CONTROLS.search(text) else None
