"""How likely a text is as a customer file's, by the characters that languages use. The lists are data."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from crmctl.resources import VOCABULARY
from crmctl.yamlfile import load

_LETTER = re.compile("[A-Za-z]")
_PIECE = re.compile("[^\x00-\x7f][^\x00-\x2f]*")
_WORD = re.compile("[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_TOUCHING = re.compile("(?P<left>[A-Za-z]?)[^\x00-\x7f]+(?P<right>[A-Za-z]?)")
_VOWELS = frozenset("aeiouyøæœıAEIOUYØÆŒ")
# Natural logarithms of probabilities of what the lists do not hold.
_UNUSUAL, _ODD, _NEVER = -14.0, -18.0, -25.0
_HEADER_WORD, _ALONE = 0.3, -8.0
SWALLOWED = 4.0
"""What an ASCII byte inside a character is worth, as a logarithm: the other encodings have to explain it too."""


class Model(Protocol):
    """Scores texts as one encoding would hold them."""

    def score(self, text: str, before: str = "") -> float:
        """The natural logarithm of a text's probability, of its characters beyond ASCII only.

        Args:
            text: A piece of a cell, beginning with its first character beyond ASCII.
            before: The ASCII character before it.
        """
        ...


@dataclass(frozen=True)
class _EastAsian:
    """Characters of fixed frequencies, and words that headers are made of."""

    known: Mapping[str, float]
    words: frozenset[str]
    charset: str

    def score(self, text: str, before: str = "") -> float:
        total, position = -self._strain(before + text), 0
        for found in _WORD.finditer(text):
            total += self._single(text[position : found.start()])
            total += max(self._single(found[0]), self._word(found[0]))
            position = found.end()
        return total + self._single(text[position:])

    def _strain(self, text: str) -> float:
        """Letters and ideographs seldom touch, and an ideograph hardly ever stands inside a word of letters."""
        strain = 0.0
        for found in _TOUCHING.finditer(text):
            sides = sum(1 if side.islower() else 0.5 for side in (found["left"], found["right"]) if side)
            strain += 1.5 * sides + (3.0 if found["left"] and found["right"] else 0.0)
        return strain

    def _word(self, word: str) -> float:
        return math.log(_HEADER_WORD / len(self.words)) if word in self.words else -math.inf

    def _single(self, text: str) -> float:
        total, before = 0.0, ""
        for char in text:
            if char >= "\x80":
                total += self.known.get(char) or self._rare(char, before)
            before = char
        return total

    def _rare(self, char: str, before: str) -> float:
        if "\uff61" <= char <= "\uff9f":
            # Half-width kana come in runs, as long as words.
            return -4.4 if "\uff61" <= before <= "\uff9f" else -11.0
        if "\uff01" <= char <= "\uff5e" or "\u2460" <= char <= "\u247f" or "\u3001" <= char <= "\u301f":
            return -10.5
        return _ideograph(char, self.charset)


@cache
def _ideograph(char: str, charset: str) -> float:
    """By the levels of the national standards: their first hold the characters of daily use."""
    if "\ue000" <= char <= "\uf8ff" or char < "\xa1":
        return _NEVER
    if charset == "cp949" and "\uac00" <= char <= "\ud7a3":
        # Python spells a syllable that the standard lacks with eight bytes.
        return -10.3 if len(char.encode("euc_kr")) == 2 else -17.0
    if not ("\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff"):
        return _ODD if char >= "\U00010000" else _UNUSUAL
    standard, last = {
        "gb18030": ("gb2312", 0xD7), "big5": ("big5", 0xC6), "cp932": ("cp932", 0x97), "cp949": ("euc_kr", 0xFD),
        "euc_jp": ("cp932", 0x97),
    }[charset]  # fmt: skip
    if not _encodes(char, standard):
        return -15.4
    lead = char.encode(standard)[0]
    if charset == "cp949":
        return -14.0
    return -10.3 if lead <= last else -12.2 if lead < 0xF0 or standard != "cp932" else -13.0


def _encodes(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class _Accents:
    """Words of ASCII letters with now and then a letter beyond."""

    letters: Mapping[str, float]
    symbols: Mapping[str, float]

    def score(self, text: str, before: str = "") -> float:
        whole = before + text
        around = ["", *whole, ""]
        return sum(
            self._one(char, around[position], around[position + 2])
            for position, char in enumerate(whole)
            if char >= "\x80"
        )

    def _one(self, char: str, left: str, right: str) -> float:
        if char in self.symbols:
            return self.symbols[char] - _misplaced(char, left, right)
        if char not in self.letters:
            return _NEVER if char < "\xa0" or char == "\ufffd" else _UNUSUAL
        return self.letters[char] - self._strain(char, left, right)

    def _strain(self, char: str, left: str, right: str) -> float:
        """How ill a letter fits between its neighbours."""
        near = [mark for mark in (left, right) if _LETTER.match(mark)]
        strange = [mark for mark in (left, right) if mark >= "\x80"]
        strain = 1.5 * len(strange) + (0.0 if near else 2.5)
        if char.isupper() and left.islower():
            strain += 4.0
        if char in "õÕ" and right not in "eEoOaAiI":
            # So it stands in Portuguese; elsewhere it is rare.
            strain += 2.0
        vowels = [_is_vowel(mark) for mark in [*near, *(mark for mark in strange if mark in self.letters)]]
        if _is_vowel(char):
            strain += 1.0 if vowels and all(vowels) else 0.0
        elif not any(vowels):
            strain += 2.0
        return strain


def _misplaced(symbol: str, left: str, right: str) -> float:
    """How ill a symbol fits between its neighbours: an amount follows its currency, and a fraction its number."""
    if symbol in "£€¥ª¤¨" and right.isalpha():
        return 4.0
    if symbol in "¼½¾" and _LETTER.match(left):
        return 4.0
    within = bool(_LETTER.match(left) and _LETTER.match(right))
    return 4.0 if within and symbol not in "’·–—\xa0" else 0.0


@cache
def _is_vowel(char: str) -> bool:
    return char in _VOWELS or unicodedata.normalize("NFD", char)[0] in _VOWELS


@dataclass(frozen=True)
class _Alphabet:
    """Words that are all of letters beyond ASCII."""

    letters: Mapping[str, float]
    symbols: Mapping[str, float]

    def score(self, text: str, before: str = "") -> float:
        # A word of one letter is seldom all that a piece has.
        total = _ALONE if len(text) == 1 and text.lower() in self.letters else 0.0
        for char in text:
            if char >= "\x80":
                total += self._one(char, before)
            elif before >= "\x80" and _LETTER.match(char):
                total -= 5.0
            before = char
        return total

    def _one(self, char: str, before: str) -> float:
        lower = char.lower()
        if lower not in self.letters:
            return self.symbols.get(char, _NEVER if char < "\xa0" else _UNUSUAL) - 3.0
        strain = 5.0 if _LETTER.match(before) else 0.0
        if lower != char:
            strain += 6.5 if before.islower() else 0.7 if before.isupper() else 2.0
        return self.letters[lower] - strain


@dataclass(frozen=True)
class _Any:
    """The best of several."""

    models: Sequence[Model]

    def score(self, text: str, before: str = "") -> float:
        return max(model.score(text, before) for model in self.models)


@dataclass(frozen=True)
class Candidate:
    """An encoding that a file may have, its model, and how likely it is before anything is known (a logarithm)."""

    encoding: str
    model: Model
    prior: float


@cache
def candidates() -> tuple[Candidate, ...]:
    """The encodings that are tried, the likelier first."""
    given = _vocabulary()
    return tuple(Candidate(name, _model(name, said), said["prior"]) for name, said in given["encodings"].items())


@cache
def unicode_model() -> Model:
    """What a text of letters that UTF-8 spells with two bytes each is made of: Europe's and the Near East's."""
    return _Any(tuple(candidate.model for candidate in candidates() if not isinstance(candidate.model, _EastAsian)))


@cache
def model_of(encoding: str) -> Model:
    """The model of one of the candidates."""
    return next(candidate.model for candidate in candidates() if candidate.encoding == encoding)


@cache
def _vocabulary() -> Any:
    return load(VOCABULARY / "characters.yaml").data


def _model(encoding: str, said: Mapping[str, Any]) -> Model:
    given = _vocabulary()
    if "languages" in said:
        return _east_asian(encoding, said["languages"])
    western = _ranked(given["accents"]["western"]["symbols"], 0.1, 8)
    if "accents" in said:
        accents = given["accents"][said["accents"]]
        return _Accents(_ranked(accents["letters"], 0.8, 6), _ranked(accents["symbols"], 0.2, 6))
    return _Alphabet(_ranked(given["alphabets"][said["alphabet"]], 0.9, 4), western)


def _east_asian(encoding: str, shares: Mapping[str, float]) -> _EastAsian:
    chances: dict[str, float] = {}
    words: set[str] = set(_header_words(encoding))
    for language, share in shares.items():
        given = _vocabulary()["languages"][language]
        common = "".join(given["common"].split()) + _surnames(language, encoding)
        for char, chance in _chances(common, share * 0.82, 100).items():
            chances[char] = chances.get(char, 0.0) + chance
        for char, chance in _chances("".join(given["punctuation"].split(" ")), share * 0.04, 5).items():
            chances[char] = chances.get(char, 0.0) + chance
        words.update(given["words"])
    return _EastAsian({char: math.log(chance) for char, chance in chances.items()}, frozenset(words), encoding)


def _surnames(language: str, encoding: str) -> str:
    standard = {"gb18030": "gb2312", "big5": "big5"}.get(encoding)
    if standard is None or language not in {"hans", "hant"}:
        return ""
    lines = load(VOCABULARY / "surnames_zh.yaml").data["single"]
    return "".join(char for char in "".join(lines) if _encodes(char, standard))


def _header_words(encoding: str) -> Iterable[str]:
    """The words of known headers that the language of an encoding could have."""
    standard = {"gb18030": "gb2312", "big5": "big5"}.get(encoding)
    if standard is None:
        return
    for headers in load(VOCABULARY / "headers.yaml").data["fields"].values():
        for header in headers:
            yield from (word for word in _WORD.findall(header) if _encodes(word, standard))


def _chances(chars: str, mass: float, flat: int) -> dict[str, float]:
    """Zipf's law with its head made flat: the n-th character has a share of 1 / (n + flat)."""
    distinct = list(dict.fromkeys(chars))
    weights = [1 / (rank + flat) for rank in range(len(distinct))]
    return {char: mass * weight / sum(weights) for char, weight in zip(distinct, weights, strict=True)}


def _ranked(chars: str, mass: float, flat: int) -> dict[str, float]:
    return {char: math.log(chance) for char, chance in _chances(chars, mass, flat).items()}


def likelihood(model: Model, text: str) -> float:
    """The score of a whole text."""
    total = 0.0
    for found in _PIECE.finditer(text):
        before = text[found.start() - 1 : found.start()]
        total += model.score(found[0], before if before.isascii() and before.isalpha() else "")
    return total
