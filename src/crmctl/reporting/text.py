"""How wide a text is, how to cut it, and which characters no page may carry."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# What XML 1.0 forbids, and lone surrogates, which no encoding can write.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
ELLIPSIS = "…"


def clean(text: str) -> str:
    """The text with every character that a page cannot carry replaced by U+FFFD."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """The text on one line, its blanks made single."""
    return " ".join(clean(text).split())


def display_width(text: str) -> int:
    """The width in columns: a CJK character or an emoji counts two, a combining mark none.

    >>> display_width("王 Anna")
    7
    """
    return sum(map(_width_of, text))


def truncate(text: str, limit: float) -> str:
    """At most ``limit`` columns of a text, its cut end marked by an ellipsis.

    >>> truncate("上海某某贸易有限公司", 9)
    '上海某某…'
    """
    used, cut = 0, 0
    for index, character in enumerate(text):
        used += _width_of(character)
        if used <= limit - 1:
            cut = index + 1
        if used > limit:
            return text[:cut].rstrip() + ELLIPSIS
    return text


@lru_cache(maxsize=8192)
def _width_of(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
