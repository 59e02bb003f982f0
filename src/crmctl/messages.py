"""What crmctl says, in the user's language: English templates, and their Chinese from `vocabulary/messages.zh.json`."""

from __future__ import annotations

import os
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
    if language() != "en":
        template = _catalogue(language()).get(template, template)
    return template.format(**values) if values else template.replace("{{", "{").replace("}}", "}")
