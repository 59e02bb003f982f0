"""A one-line condition cut into tokens, each with its column. What they mean together is said in `parse`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from crmctl.errors import Place, UsageError

_CLOSING = {'"': '"', "'": "'", "“": "”", "‘": "’", "`": "`"}
# What an input method for Chinese types in place of the ASCII sign.
_FOLDED = str.maketrans({
    "（": "(", "）": ")", "，": ",", "、": ",", "【": "[", "】": "]",
    "＝": "=", "！": "!", "＞": ">", "＜": "<", "≥": ">=", "≤": "<=", "≠": "!=",
})  # fmt: skip
_SIGN = re.compile(r"[=<>!&|~＝＞＜！≥≤≠]+")
_BRACKETS = "()[],（）【】，、"
_WORD = re.compile(r"[^\s()\[\],（）【】，、=<>!&|~＝＞＜！≥≤≠\"“”`]+")


@dataclass(frozen=True, slots=True)
class Token:
    """One token; the column is 1-based."""

    kind: Literal["word", "text", "name", "sign", "bracket", "end"]
    value: str
    column: int


def tokens(text: str, place: Place | None = None) -> list[Token]:
    """Cut a condition into tokens, the last of them the end.

    Text in single or double quotes and names in backticks double their quote to contain it.

    Raises:
        UsageError: A quote is never closed.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token, position = _next(text, position, place)
        found.append(token)
    return [*found, Token("end", "", len(text) + 1)]


def _next(text: str, start: int, place: Place | None) -> tuple[Token, int]:
    first = text[start]
    if first in _CLOSING:
        return _quoted(text, start, place)
    if first in _BRACKETS:
        return Token("bracket", first.translate(_FOLDED), start + 1), start + 1
    if sign := _SIGN.match(text, start):
        return Token("sign", sign[0].translate(_FOLDED), start + 1), sign.end()
    if word := _WORD.match(text, start):
        return Token("word", word[0], start + 1), word.end()
    raise UsageError(
        "the sign {sign!r} at column {column} of {condition!r} opens nothing",
        cure="remove it, or put the text around it in quotes", place=place,
        sign=first, column=start + 1, condition=text,
    )  # fmt: skip


def _quoted(text: str, start: int, place: Place | None) -> tuple[Token, int]:
    opening, closing = text[start], _CLOSING[text[start]]
    pieces: list[str] = []
    position = start + 1
    while (end := text.find(closing, position)) >= 0:
        pieces.append(text[position:end])
        position = end + 1
        if text[position : position + 1] != closing:
            kind: Literal["name", "text"] = "name" if opening == "`" else "text"
            return Token(kind, closing.join(pieces), start + 1), position
        position += 1
    raise UsageError(
        "the quote {quote} at column {column} of {condition!r} is never closed", cure="add a {closing}", place=place,
        quote=opening, closing=closing, column=start + 1, condition=text,
    )  # fmt: skip
