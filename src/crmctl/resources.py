"""Where the shipped recipes, schemas and presets lie: inside the wheel, or at the root of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
VOCABULARY = _PACKAGE / "vocabulary"


def shipped(kind: str) -> Path:
    """The folder of shipped `recipes` or `schemas`.

    Raises:
        FileNotFoundError: The installation is damaged.
    """
    for folder in (_PACKAGE / "shipped" / kind, _PACKAGE.parents[1] / kind):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(kind)


def find(kind: str, name: str, suffix: str = ".yaml") -> Path | None:
    """A file named on the command line: the user's own path first, else the shipped one of that name."""
    own = Path(name)
    if own.is_file():
        return own
    candidate = shipped(kind) / f"{name}{suffix}"
    return candidate if Path(name).name == name and candidate.is_file() else None


def is_shipped(path: Path) -> bool:
    """Whether a file is one of crmctl's own, as opposed to a user's."""
    own = (VOCABULARY, _PACKAGE / "shipped", _PACKAGE.parents[1] / "recipes", _PACKAGE.parents[1] / "schemas")
    resolved = path.resolve()
    return any(resolved.is_relative_to(folder) for folder in own)
