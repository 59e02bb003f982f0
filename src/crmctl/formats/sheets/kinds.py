"""What the cells of a table hold: kinds of values, how plausible a cell is, and the profile of a column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_DATE = (
    r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4})"
)
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?"
_MONEY = r"[¥￥$€£]|CNY|RMB|USD|EUR"
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d*[.,]\d+|\d+)"
_KINDS = (
    ("email", re.compile(r"[^@\s,;|，；：、（）]+@[^@\s,;|，；：、（）]+\.[^@\s,;|，；：、（）]+")),
    ("url", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("date", re.compile(rf"{_DATE}(?:[T ]{_TIME}(?:Z|[+-]\d\d:?\d\d)?)?")),
    ("time", re.compile(_TIME)),
    ("integer", re.compile(r"[-+]?\d+")),
    ("number", re.compile(rf"[-+]?(?:{_MONEY})? ?[-+]?{_NUMBER}(?:[eE][-+]?\d+)?(?: ?(?:{_MONEY}|%|元))?")),
    ("phone", re.compile(r"\+?\(?\d[\d\s()./-]{5,}\d(?: ?(?:x|ext\.?|转) ?\d+)?")),
    ("boolean", re.compile(r"true|false|yes|no|y|n|是|否", re.IGNORECASE)),
    ("code", re.compile(r"(?=[^\W\d_]*[-_/.]?\d)[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)*")),
)  # fmt: skip
_NUMERIC = frozenset({"integer", "number"})
_ODD = re.compile(r"[\t|^~;\x00-\x08\x0e-\x1f]|^[\"'`]|[\"'`]$|^[,:]|[,:]$|,(?=[^\s\d\W])|\d,\d|\w:\w")
_ENOUGH = 5


def kind(text: str) -> str:
    """The kind of a cell: ``email url date time integer number phone boolean code``, ``text``, or ``empty``."""
    text = text.strip()
    if not text:
        return "empty"
    if len(text) > 200 or not any(character.isascii() for character in text):
        return "boolean" if text in {"是", "否"} else "text"
    return next((name for name, pattern in _KINDS if pattern.fullmatch(text)), "text")


def plausible(text: str, *, quoted: bool) -> float:
    """How much a cell looks like one whole value, from 0 to 1; marks that delimit elsewhere speak against it."""
    found = kind(text)
    if found == "empty":
        return 0.5
    edge = 0.9 if text != text.strip() and not quoted else 1.0
    if found not in {"text", "code"}:
        return edge
    if quoted:
        return 0.95
    return 0.2 if _ODD.search(text.strip()) else 0.85 * edge


def shape(text: str) -> str:
    """The outline of a value: runs of digits, letters and other script each as one mark, the rest as it is."""
    text = re.sub(r"\d+", "9", text.strip())
    return re.sub(r"[^\W\d_]+", "a", text)


@dataclass(slots=True)
class Profile:
    """What the cells of one column have in common.

    Args:
        kind: The kind that nearly all filled cells have; ``text`` where they differ.
        shape: The outline that nearly all have; empty where they differ.
        seen: Values seen; where they recur, a new one is a little surprising.
        recurring: Values come back so often that the column is a list of choices.
        holes: Some cells are empty.
        filled: Filled cells looked at.
        shortest: The shortest value seen, in characters.
        longest: The longest one.
    """

    kind: str = "text"
    shape: str = ""
    seen: Counter[str] = field(default_factory=Counter)
    recurring: bool = False
    holes: bool = False
    filled: int = 0
    shortest: int = 0
    longest: int = 0

    @property
    def typed(self) -> bool:
        """Enough is known to say what does not belong here."""
        return self.filled >= _ENOUGH and (self.kind != "text" or bool(self.shape))

    def misfit(self, text: str) -> float:
        """How badly a cell fits: 0 well, below 1 surprising, from 4 on not at all."""
        found = kind(text)
        if found == "empty":
            return 0.0 if self.holes else 0.6
        if self.filled < _ENOUGH:
            return 0.0
        if self.kind not in {"text", "code"}:
            phone = self.kind == "phone" and found == "integer"
            alike = found == self.kind or {found, self.kind} <= _NUMERIC or phone
            if alike and self.kind == "integer":
                return 0.0 if self.shortest - 2 <= len(text.strip()) <= self.longest + 2 else 2.0
            return 0.0 if alike else 4.0
        if text.strip() in self.seen:
            return 0.0
        if self.shape and shape(text) != self.shape:
            return 4.0
        if found not in {"text", "code", "boolean"}:
            return 1.5
        return 0.5 if self.recurring else 0.1


def profiles(rows: Sequence[Sequence[str]], width: int) -> list[Profile]:
    """The profile of every column over the rows of the right width."""
    body = [row for row in rows if len(row) == width]
    return [_profile([row[column] for row in body]) for column in range(width)]


def _profile(cells: Sequence[str]) -> Profile:
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return Profile(holes=True, kind="empty")
    kinds = Counter(map(kind, filled))
    name, most = kinds.most_common(1)[0]
    if name in _NUMERIC:
        name, most = ("integer" if not kinds["number"] else "number"), kinds["integer"] + kinds["number"]
    enough = most >= len(filled) * 0.95
    shapes = Counter(map(shape, filled))
    outline, alike = shapes.most_common(1)[0]
    seen = Counter(filled)
    strict = len(filled) >= 10 and alike >= len(filled) * 0.98 and any(not c.isalnum() or c == "9" for c in outline)
    return Profile(
        kind=name if enough else "text", shape=outline if strict else "", seen=seen,
        recurring=len(filled) >= 20 and len(seen) * 2 <= len(filled), holes=len(filled) < len(cells),
        filled=len(filled), shortest=min(map(len, filled)), longest=max(map(len, filled)),
    )  # fmt: skip
