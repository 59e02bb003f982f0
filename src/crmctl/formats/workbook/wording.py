"""Words that tell what a sheet is for, and values that only a table has. Whole rows are judged in `formats.remarks`."""

from __future__ import annotations

import functools
import re
import unicodedata

from crmctl.resources import VOCABULARY
from crmctl.yamlfile import load

SAMPLE = re.compile(
    r"[（(【\[]\s*(?:示例|样例|范例|示范|例|sample|example)(?:数据|行|row|data| )*[）)】\]].*"
    r"|.*[（(【\[](?:示例|样例|范例|例|请?删除|sample|example).{0,12}[）)】\]]",
    re.IGNORECASE | re.DOTALL,
)
KINDS = (
    re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),
    re.compile(r"\+?[\d\s()*-]{7,}"),
    re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*"),
)


def means(sheet: str, what: str) -> bool:
    """Whether a sheet's name says that it holds `instructions`, `choices` or `summaries`."""
    anywhere, whole = _names(what)
    name = _folded(sheet)
    return name in whole or any(word in name for word in anywhere)


def is_prose(text: str) -> bool:
    """Whether a text has a word by which people tell others how to fill in a form."""
    return _prose().search(_folded(text)) is not None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").replace("-", " ").split())


@functools.cache
def _names(what: str) -> tuple[tuple[str, ...], frozenset[str]]:
    entry = load(VOCABULARY / "sheets.yaml").data[what]
    return tuple(entry["anywhere"]), frozenset(entry["whole"])


@functools.cache
def _prose() -> re.Pattern[str]:
    words = load(VOCABULARY / "sheets.yaml").data["prose"]
    return re.compile("|".join(rf"\b{word}\b" if word.isascii() else word for word in words))
