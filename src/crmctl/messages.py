"""What crmctl says, in the user's language: English templates, and their Chinese from `vocabulary/messages.zh.json`."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache

_state: dict[str, str | None] = {"language": None}


def set_language(language: str | None) -> None:
    """Choose the language of messages (`en` or `zh`); None asks the environment again."""
    _state["language"] = language


def language() -> str:
    """`zh` or `en`: what was set, else `CRMCTL_LANG`, else English."""
    chosen = _state["language"] or os.environ.get("CRMCTL_LANG") or "en"
    return "zh" if chosen.lower().startswith("zh") else "en"


@cache
def _catalogue(code: str) -> dict[str, str]:
    import json
    from pathlib import Path

    path = Path(__file__).parent / "vocabulary" / f"messages.{code}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def translate(template: str, /, **values: object) -> str:
    """The template in the user's language with its holes filled.

    >>> translate("no dataset called {name}", name="orders")
    'no dataset called orders'
    """
    for text in (term(template), template):
        # A message must never hide the error that it tells of, so a template that cannot be filled is shown as it is.
        with suppress(LookupError, ValueError, TypeError, AttributeError):
            return text.format(**values) if values else text.replace("{{", "{").replace("}}", "}")
    return f"{template} ({', '.join(f'{name}={value!r}' for name, value in values.items())})"


def term(word: str, /) -> str:
    """A fixed word that comes as a value (a status, a reason) in the user's language; any other word as it is.

    >>> term("fixed")
    'fixed'
    """
    return word if language() == "en" else _catalogue(language()).get(word, word)
