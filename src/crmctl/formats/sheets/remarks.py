"""Lines of a text file that are no records, known by their words: totals, footnotes, instructions, samples."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

from crmctl.formats.naming import tidy
from crmctl.formats.sheets.kinds import kind
from crmctl.resources import VOCABULARY
from crmctl.yamlfile import load

_COUNTED = re.compile(
    r"[(（\[]?\s*(?:共\s*)?(?:约\s*)?[\d,]+\s*(?:[条行笔个人位件]|(?:rows?|records?|lines?|results?)\b).*",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"[(（\[【<].{3,}[)）\]】>]|([-=*_#~])\1{2,}.*")
_COMMENT = re.compile(r"\s*(?:#|//|--|%%)")
_ENDING = r"\s*(?:[(（].*[)）])?\s*[:：]?\s*[-+\d.,%¥￥$€]*\s*[人条元行笔个位件]?"


@functools.cache
def _words(kind_of: str) -> tuple[str, ...]:
    words = load(VOCABULARY / "file_layout.yaml").data[kind_of]
    return tuple(sorted(map(_folded, words), key=lambda word: (-len(word), word)))


@functools.cache
def _total() -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(map(re.escape, _words("totals"))) + ")" + _ENDING)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", tidy(text)).casefold()


def filled(cells: Sequence[str]) -> list[str]:
    """The cells that are not blank."""
    return [cell for cell in cells if cell.strip(" \t\0\x1a\ufeff")]


def comment(cells: Sequence[str], width: int) -> bool:
    """A line that begins with a comment sign and is no record of the table."""
    return bool(cells) and len(cells) != width and _COMMENT.match(cells[0]) is not None


def total(cells: Sequence[str]) -> bool:
    """A row of sums: its first filled cell is a word for it, and the rest are numbers."""
    texts = [_folded(cell) for cell in filled(cells)]
    named = bool(texts) and _total().fullmatch(texts[0]) is not None
    rest = [text for text in texts if not _total().fullmatch(text)]
    return named and all(kind(text) in {"integer", "number"} for text in rest)


def footnote(cells: Sequence[str], width: int) -> bool:
    """A line of one or two filled cells that speaks of the table."""
    texts = filled(cells)
    if not texts or len(texts) > 2 or len(texts) * 2 > width + 1 or not cells[0].strip():
        return False
    text = _folded(texts[0])
    alone = len(texts) == 1 and (len(cells) == 1 or len(text) > 8)
    if alone and (_COUNTED.fullmatch(text) or _BRACKETED.fullmatch(text)):
        return True
    # A sign that begins a line of its own may well stand in a cell.
    signs = len(cells) == 1
    return any(_begins(text, word) for word in _words("footnotes") if signs or word[0].isalnum())


def instructive(cells: Sequence[str]) -> bool:
    """A row in which most filled cells tell what to write there."""
    texts = [_folded(cell) for cell in filled(cells)]
    told = sum(any(_begins(text, word) for word in _words("instructions")) for text in texts)
    return bool(texts) and told * 2 > len(texts)


def sample(cells: Sequence[str]) -> bool:
    """A row whose first filled cell says that it is an example."""
    texts = [_folded(cell).strip("()[]【】:<>") for cell in filled(cells)[:1]]
    return any(text in _words("samples") or re.match(r"(?:示例|样例|例如?)[:：]", text) is not None for text in texts)


def _begins(text: str, word: str) -> bool:
    """A word of letters stands by itself; Chinese has no such bounds."""
    if not text.startswith(word):
        return False
    after = text[len(word) : len(word) + 1]
    return not (word[-1].isascii() and word[-1].isalnum() and after.isascii() and after.isalnum())
