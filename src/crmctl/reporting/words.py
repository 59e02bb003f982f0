"""The page's own words in the report's language, from `words.yaml`. The data's words are the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crmctl import yamlfile

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words in one language."""

    language: str
    texts: dict[str, str]

    def __call__(self, key: str, **holes: object) -> str:
        """The word for a key with its holes filled.

        >>> words("zh")("more_rows", count="1,200")
        '另有 1,200 行未显示'
        """
        return self.texts[key].format(**holes)

    def known(self, prefix: str, name: str) -> str:
        """The word for ``prefix_name``, or the name itself where it is no fixed word."""
        return self.texts.get(f"{prefix}_{name}", name)


def words(language: str) -> Words:
    """The words of a language; anything but Chinese is English."""
    return _load("zh" if language.lower().startswith("zh") else "en")


@cache
def _load(language: str) -> Words:
    entries = yamlfile.load(Path(__file__).with_name("words.yaml")).data
    return Words(language, {key: texts[language] for key, texts in entries.items()})
