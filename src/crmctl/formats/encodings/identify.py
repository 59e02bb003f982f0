"""Which encoding a text file has, by evidence over the whole file. Delimiters are not looked at."""

from __future__ import annotations

import hashlib
import math
import re
from array import array
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import FileError
from crmctl.formats.encodings.characters import SWALLOWED, Candidate, Model, candidates, unicode_model
from crmctl.formats.encodings.names import (
    BOMS,
    Evidence,
    Tolerant,
    chunks,
    codec_name,
    codec_of,
    cut_off,
    not_so,
    said,
    widest,
)
from crmctl.formats.encodings.segments import LONGEST, Segments, find_segments
from crmctl.messages import translate

# Logarithms: how far ahead the best has to be, what a byte of a broken piece costs, and how much likelier
# UTF-8 is than anything else.
_AHEAD, _BROKEN, _UNICODE = 3.0, -12.0, 4.0
# The models know less of a few characters than their figures say.
_HUMBLE = 0.5
# A random byte has a logarithm of -4.9; a single letter of a rare kind is not that random.
_POOR, _POOR_ALONE = -6.0, -10.0
_MOST_BROKEN = 0.1
_SHORT, _FEW = 4, 3


@dataclass(frozen=True, slots=True)
class _Weighed:
    """One encoding on the scales.

    Args:
        score: The logarithm of how likely the file's pieces are in it.
        per_byte: The same for each byte beyond ASCII.
        broken: The share of pieces that are no text in it.
        texts: The pieces as text.
    """

    encoding: str
    score: float
    per_byte: float
    broken: float
    texts: tuple[str | None, ...]


def identify(path: Path, asked: str | None = None) -> Evidence:
    """The encoding of a text file, by what all of its bytes say.

    Args:
        path: The file.
        asked: The encoding the user names; it is held to it, but not guessed.

    Raises:
        UsageError: No such encoding.
        FileError: Nothing fits, more than one fits, or the file is cut off in the middle of a character.
    """
    sha256, size, is_utf8, head = _fingerprint(path)
    if asked is not None:
        encoding = _as_asked(asked, head)
        damaged = codec_of(encoding)[0] == "utf-8" and not is_utf8
        if damaged and _broken_utf8(path).hopeless:
            raise not_so(path, asked)
        return Evidence(encoding, translate("as asked"), damaged, sha256, size, asked=True)
    for mark, encoding in BOMS:
        if head.startswith(mark):
            damaged = encoding == "utf-8-sig" and not is_utf8
            return Evidence(encoding, translate("byte order mark"), damaged, sha256, size)
    if wide := _wide(head):
        return Evidence(wide, translate("zero bytes at every other place"), False, sha256, size)
    if _is_noise(head):
        raise FileError("{path} holds no text", cure="check that it is the right file", path=path)
    if is_utf8 and not (rivals := _doubts(path)):
        return Evidence("utf-8", translate("every byte fits"), False, sha256, size)
    if not is_utf8:
        if count := _nearly_utf8(path):
            return Evidence("utf-8", translate("all but {count} bytes fit", count=count), True, sha256, size)
        rivals = _weigh(find_segments(path))
    best, confidence = _decided(path, rivals)
    if best.encoding == "utf-8":
        return Evidence("utf-8", translate("every byte fits"), False, sha256, size, confidence)
    why = translate("its words make sense, {percent} % sure", percent=min(99, int(100 * confidence)))
    return Evidence(best.encoding, why, best.broken > 0, sha256, size, confidence)


def _fingerprint(path: Path) -> tuple[str, int, bool, bytes]:
    """SHA-256, size, whether all of it is UTF-8, and the first 64 KB; the hash is made beside the test."""
    digest, size, head = hashlib.sha256(), 0, b""
    is_utf8, left = True, b""
    with ThreadPoolExecutor(1) as beside:
        hashed = beside.submit(lambda: None)
        for chunk in chunks(path):
            head = head or chunk[:65_536]
            size += len(chunk)
            hashed.result()
            hashed = beside.submit(digest.update, chunk)
            if is_utf8 and (left or not chunk.isascii()):
                whole = left + chunk
                end = _character_end(whole)
                is_utf8, left = _is_utf8(memoryview(whole)[:end]), whole[end:]
    return digest.hexdigest(), size, is_utf8 and not left, head


def _character_end(text: bytes) -> int:
    """Where the last character that can be whole ends: up to three bytes may be the beginning of one."""
    for back in range(1, min(4, len(text) + 1)):
        byte = text[-back]
        if byte >= 0xC0:
            wanted = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(text) - back if wanted > back else len(text)
        if byte < 0x80:
            break
    return len(text)


def _is_utf8(text: memoryview) -> bool:
    """Whether bytes are UTF-8, by Arrow's check: Python would build the text."""
    import pyarrow as pa

    ends = pa.py_buffer(array("q", [0, len(text)]))
    held = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(text)])
    try:
        held.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _as_asked(asked: str, head: bytes) -> str:
    """The encoding the user names, with or without a mark as the file has it."""
    name = widest(codec_name(asked))
    marked = next((encoding for mark, encoding in BOMS if head.startswith(mark)), "")
    if marked and marked.startswith(name[:5]):
        return marked
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-16-be-sig": "utf-16-be"}.get(name, name)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: ASCII characters leave a zero byte at every other place, and the text makes sense."""
    if b"\0" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    good = sum("\t" <= char < "\u0250" or _is_east_asian(char) for char in text)
    # Where zeros stand on both sides, it is not text at all.
    return encoding if good * 10 >= len(text) * 9 and min(even, odd) * 20 <= max(even, odd) else None


def _is_noise(head: bytes) -> bool:
    """Many control characters of many kinds; zero bytes apart, which fill gaps in some texts."""
    controls = [byte for byte in head if byte in _CONTROLS]
    return len(set(controls)) > _KINDS_OF_CONTROLS and len(controls) * 20 > len(head)


def _is_east_asian(char: str) -> bool:
    return "\u2010" <= char <= "\u2026" or "\u3000" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" or (
        "\uff00" <= char <= "\uffef"
    )  # fmt: skip


def _broken_utf8(path: Path) -> Tolerant:
    text = Tolerant("utf-8")
    for chunk in chunks(path):
        text.decode(chunk)
    return text


def _nearly_utf8(path: Path) -> int:
    """How many bytes of a file are not UTF-8, where almost all of it is; 0 where it is not.

    Raises:
        FileError: It is UTF-8, but ends in the middle of a character.
    """
    text = Tolerant("utf-8")
    foreign = 0
    for chunk in chunks(path):
        foreign += len(text.decode(chunk).translate(None, delete=_ASCII))
        if text.damaged * 20 > foreign and text.damaged > _HOPELESS:
            return 0
    sound = foreign - text.damaged
    if text.damaged * 20 > sound:
        return 0
    if text.left and sound > 0:
        raise cut_off(path, "utf-8")
    return text.damaged


_ASCII = bytes(range(0x80))
_CONTROLS = frozenset(range(1, 32)) - frozenset(b"\t\n\r\f\x1a\x1b")
_KINDS_OF_CONTROLS = 8
_TOUCHING = re.compile(rb"[\x80-\xff][A-Za-z]|[A-Za-z][\x80-\xff]")
_REPEATED = re.compile(r"([^\x00-\x7f])\1+")
# Broken bytes; where most are, no more is read.
_HOPELESS = 10_000


def _doubts(path: Path) -> list[_Weighed]:
    """UTF-8 and its rivals, where a few characters that happen to be UTF-8 make better sense otherwise.

    One in ten Chinese characters does, so that five of them are no accident; nor are letters amid others.
    """
    segments = find_segments(path, most=_SHORT)
    foreign = {char for _, piece in segments.pieces for char in piece.decode("utf-8", "ignore") if char >= "\x80"}
    if not foreign or len(foreign) > _SHORT or any(char >= "\u0800" for char in foreign):
        return []
    if any(before or _TOUCHING.search(piece) for before, piece in segments.pieces):
        return []
    segments = Segments(Counter({(before, _once(piece)): 1 for before, piece in segments.pieces}), segments.last)
    unicode = _score("utf-8", unicode_model(), _UNICODE, segments)
    rivals = [unicode, *_weigh(segments)]
    return rivals if max(rivals, key=lambda rival: rival.score) is not unicode else []


def _once(piece: bytes) -> bytes:
    """A character that is repeated tells no more than one."""
    return _REPEATED.sub(r"\1", piece.decode("utf-8", "ignore")).encode()


def _weigh(segments: Segments) -> list[_Weighed]:
    """Every encoding that could be, with how well it fits."""
    return [_score_of(candidate, segments) for candidate in candidates()]


def _score_of(candidate: Candidate, segments: Segments) -> _Weighed:
    return _score(candidate.encoding, candidate.model, candidate.prior, segments)


def _score(encoding: str, model: Model, prior: float, segments: Segments) -> _Weighed:
    score, foreign, broken = 0.0, 0, 0
    texts: list[str | None] = []
    for (before, piece), times in segments.pieces.items():
        beyond = sum(byte >= 0x80 for byte in piece)
        foreign += beyond
        try:
            text = piece.decode(encoding)
        except UnicodeDecodeError as error:
            cut = (piece == segments.last or len(piece) == LONGEST) and error.reason == "incomplete multibyte sequence"
            text = piece[: error.start].decode(encoding) if cut else ""
            if not text:
                score += _BROKEN * (1 + beyond)
                broken += times
                texts.append(None)
                continue
        swallowed = len(piece) - beyond - sum(char < "\x80" for char in text)
        score += model.score(text, before) + SWALLOWED * swallowed
        texts.append(text)
    count = max(1, segments.pieces.total())
    return _Weighed(encoding, score + prior, score / max(1, foreign), broken / count, tuple(texts))


def _decided(path: Path, weighed: list[_Weighed]) -> tuple[_Weighed, float]:
    """The one that fits best, and how sure it is.

    Raises:
        FileError: None fits, or more than one.
    """
    best = max(weighed, key=lambda one: one.score)
    poor = _POOR if len(best.texts) > _FEW else _POOR_ALONE
    if best.per_byte < poor or best.broken > _MOST_BROKEN:
        raise FileError(
            "cannot tell the encoding of {path}: none of {names} fits well", cure="name it with --encoding",
            path=path, names=", ".join(said(candidate.encoding) for candidate in candidates()),
        )  # fmt: skip
    others = [one for one in weighed if one.texts != best.texts]
    behind = sum(math.exp(max(-700.0, (one.score - best.score) * _HUMBLE)) for one in others)
    rivals = [one for one in others if one.score > best.score - _AHEAD]
    if rivals:
        names = [one.encoding for one in sorted([best, *rivals], key=lambda one: -one.score)]
        raise FileError(
            "cannot tell the encoding of {path}: it could be {names}", cure="name it with --encoding",
            path=path, names=", ".join(names),
        )  # fmt: skip
    return best, 1 / (1 + behind)
