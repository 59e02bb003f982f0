"""Which encoding a text file has, by evidence over the whole file. Delimiters are not looked at."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from crmctl.errors import FileError
from crmctl.formats.encoding import BOMS, Evidence, chunks, codec_name, codec_of
from crmctl.messages import translate

_SAMPLE, _HOPELESS = 200_000, 10_000
_LIKELY, _CERTAIN, _APART = 0.6, 0.9, 0.2
_FOREIGN, _DAMAGED = re.compile("[^\x00-\x7f]+"), re.compile("[\udc80-\udcff]")


@dataclass(slots=True)
class _Trial:
    """The file decoded one way: how many characters beyond ASCII, how many broken bytes, a sample of the characters."""

    codec: str
    foreign: int = 0
    damaged: int = 0
    truncated: bool = False
    sample: Counter[str] = field(default_factory=Counter)

    def run(self, path: Path, skip: int) -> _Trial:
        """Decode the whole file, or as much of it as shows that it was not written this way.

        Raises:
            UnicodeDecodeError: The codec cannot go on after an error.
        """
        decoder = codecs.getincrementaldecoder(self.codec)("surrogateescape")
        for chunk in chunks(path, skip):
            self._count(decoder.decode(chunk))
            if self.damaged > _HOPELESS and not self.sound:
                return self
        self.truncated = bool(decoder.getstate()[0])
        if not self.truncated:
            self._count(decoder.decode(b"", True))
        return self

    def _count(self, text: str) -> None:
        if text.isascii():
            return
        foreign = "".join(_FOREIGN.findall(text))
        damaged = len(_DAMAGED.findall(foreign))
        self.foreign += len(foreign) - damaged
        self.damaged += damaged
        if self.sample.total() < _SAMPLE:
            self.sample.update(foreign[:_SAMPLE])

    @property
    def sound(self) -> bool:
        """So little is broken that the file was written this way."""
        return self.foreign > 0 and self.damaged * 20 <= self.foreign

    def share(self, common: frozenset[str]) -> float:
        """The share of common characters and of East Asian punctuation among those beyond ASCII."""
        good = sum(number for char, number in self.sample.items() if char in common or _is_punctuation(char))
        return good / max(1, self.sample.total())


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
        encoding, damaged = _as_asked(path, asked, head)
        return Evidence(encoding, translate("as asked"), damaged, sha256, size)
    for mark, encoding in BOMS:
        if head.startswith(mark):
            codec = codec_of(encoding)[0]
            damaged = not is_utf8 if codec == "utf-8" else _is_damaged(path, codec, len(mark))
            return Evidence(encoding, translate("byte order mark"), damaged, sha256, size)
    if wide := _wide(head):
        return Evidence(wide, translate("zero bytes at every other place"), _is_damaged(path, wide, 0), sha256, size)
    if is_utf8:
        return Evidence("utf-8", translate("every byte fits"), False, sha256, size)
    encoding, why, damaged = _weigh(path)
    return Evidence(encoding, why, damaged, sha256, size)


def _fingerprint(path: Path) -> tuple[str, int, bool, bytes]:
    """SHA-256, size, whether all of it is UTF-8, and the first 64 KB."""
    digest, size, head = hashlib.sha256(), 0, b""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_utf8 = True
    for chunk in chunks(path):
        head = head or chunk[:65_536]
        size += len(chunk)
        digest.update(chunk)
        try:
            if is_utf8:
                decoder.decode(chunk)
        except UnicodeDecodeError:
            is_utf8 = False
    return digest.hexdigest(), size, is_utf8 and not decoder.getstate()[0], head


def _as_asked(path: Path, asked: str, head: bytes) -> tuple[str, bool]:
    """The encoding the user names, with or without a mark as the file has it, and whether some bytes do not fit."""
    name = codec_name(asked)
    # GB18030 holds GBK and GB2312, and files that claim those often need it.
    name = "gb18030" if name in {"gbk", "gb2312"} else name
    marked = next((encoding for mark, encoding in BOMS if head.startswith(mark)), "")
    if marked and marked.startswith(name[:5]):
        name = marked
    else:
        name = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(name, name)
    codec, mark = codec_of(name)
    trial = _try(codec, path, len(mark))
    if trial is None or (trial.damaged > 10 and trial.damaged * 5 > trial.foreign):
        raise FileError(
            "{path} is not {encoding}", cure="leave --encoding out, or name another", path=path, encoding=asked
        )
    return name, trial.damaged > 0 or trial.truncated


def _is_damaged(path: Path, codec: str, skip: int) -> bool:
    trial = _try(codec, path, skip)
    if trial is None or trial.truncated:
        raise _cut_off(path, codec)
    return trial.damaged > 0


def _cut_off(path: Path, encoding: str) -> FileError:
    return FileError(
        "{path} is cut off: it ends in the middle of a {encoding} character",
        cure="get the whole file, or read what is there with --encoding {encoding}",
        path=path, encoding=encoding,
    )  # fmt: skip


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: ASCII characters leave a zero byte at every other place, and the text makes sense."""
    if b"\0" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    familiar = _common("gb18030") | _common("big5")
    good = sum("\t" <= char < "\u0250" or char in familiar or _is_punctuation(char) for char in text)
    return encoding if good * 10 >= len(text) * 9 else None


def _weigh(path: Path) -> tuple[str, str, bool]:
    """The encoding of a file that is not all UTF-8: encoding, reason, whether damaged."""
    if (utf8 := _try("utf-8", path, 0)) and utf8.sound:
        if utf8.truncated:
            raise _cut_off(path, "utf-8")
        return "utf-8", translate("all but {count} bytes fit", count=utf8.damaged), True
    shares, trials = _shares(path)
    best = max(shares, key=lambda name: shares[name], default="")
    rivals = [name for name, share in shares.items() if share >= _LIKELY and share > shares[best] - _APART]
    if "gb18030" in rivals and _could_be_korean(trials["gb18030"]):
        rivals.append("cp949")
    if not rivals:
        raise FileError(
            "cannot tell the encoding of {path}: none of {names} fits well", cure="name it with --encoding",
            path=path, names="utf-8, gb18030, big5, utf-16, cp1252",
        )  # fmt: skip
    if len(rivals) > 1:
        raise FileError(
            "cannot tell the encoding of {path}: it could be {names}", cure="name it with --encoding",
            path=path, names=", ".join(rivals),
        )  # fmt: skip
    chosen = trials.get(best)
    if chosen and chosen.truncated:
        raise _cut_off(path, best)
    why = translate("{share} % of its characters are common ones", share=round(100 * shares[best]))
    return best, why, bool(chosen and chosen.damaged)


def _shares(path: Path) -> tuple[dict[str, float], dict[str, _Trial]]:
    """How well each encoding fits, from 0 to 1; the others are not tried where the first is certain."""
    shares: dict[str, float] = {}
    trials: dict[str, _Trial] = {}
    for encoding in ("gb18030", "big5"):
        if (trial := _try(encoding, path, 0)) and trial.sound:
            trials[encoding], shares[encoding] = trial, trial.share(_common(encoding))
            if shares[encoding] >= _CERTAIN and not _could_be_korean(trial):
                return shares, trials
    if _fits_cp1252(path):
        shares["cp1252"] = _lone_share(path)
    return shares, trials


def _try(codec: str, path: Path, skip: int) -> _Trial | None:
    try:
        return _Trial(codec).run(path, skip)
    except UnicodeDecodeError:
        return None


@cache
def _common(encoding: str) -> frozenset[str]:
    """The characters of the first level of GB 2312 (3,755) or of Big5 (5,401): the ones in daily use."""
    if encoding == "gb18030":
        pairs = (bytes((lead, trail)) for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF))
        return frozenset(b"".join(pairs).decode("gb2312", "ignore"))
    trails = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    pairs = (bytes((lead, trail)) for lead in range(0xA4, 0xC7) for trail in trails)
    return frozenset(b"".join(pairs).decode("big5", "ignore"))


def _could_be_korean(trial: _Trial) -> bool:
    """Hangul in EUC-KR are the bytes of GB 2312 characters, but only of the first half of them."""
    if trial.codec != "gb18030":
        return False
    pairs = Counter[bool]()
    for char, number in trial.sample.items():
        if char in _common("gb18030"):
            pairs[char.encode("gb18030")[0] >= 0xC9] += number
    return pairs.total() >= 20 and pairs[True] * 20 < pairs.total()


def _is_punctuation(char: str) -> bool:
    return "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uffef" or "\u2010" <= char <= "\u2026"


def _fits_cp1252(path: Path) -> bool:
    return not any(byte in chunk for chunk in chunks(path) for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))


def _lone_share(path: Path) -> float:
    """The share of bytes beyond ASCII that stand alone, as the accents of European words do."""
    lone = total = 0
    for chunk in chunks(path):
        runs = Counter(map(len, re.findall(rb"[\x80-\xff]+", chunk)))
        lone += runs[1]
        total += sum(length * number for length, number in runs.items())
        if total > _SAMPLE:
            break
    return lone / max(1, total)
