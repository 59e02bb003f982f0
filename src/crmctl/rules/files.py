"""Finding and reading rule files, shipped or the user's own. What they hold is said in `classification`, `segments`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crmctl.errors import UsageError, did_you_mean
from crmctl.resources import find, shipped
from crmctl.yamlfile import Document, load

Kind = Literal["rules", "segments"]
Labels = dict[str, str]


class Outcome(BaseModel):
    """A class or segment: its name in the data, and what people call it by language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    labels: Labels = Field(default_factory=dict)

    def label(self, language: str = "en") -> str:
        """What people call it; its name where there is no label."""
        return self.labels.get(language) or self.labels.get("en") or self.name


def shipped_names(kind: Kind) -> list[str]:
    """The shipped presets of a kind, sorted."""
    return sorted(path.stem for path in (shipped("schemas") / kind).glob("*.yaml"))


def read_rules(name: str | Path, kind: Kind) -> Document:
    """A rule file by its path, or a shipped one by its name.

    Raises:
        UsageError: Nothing of that name, or no valid YAML.
        FileError: The file cannot be read.
    """
    text = str(name)
    path = find(f"schemas/{kind}", text)
    if path is not None:
        return load(path)
    if Path(text).suffix in {".yaml", ".yml"} or Path(text).name != text:
        return load(text)
    known = shipped_names(kind)
    near = did_you_mean(text, known)
    cure = "did you mean {near!r}?" if near else "shipped are {known}; or give a file's path"
    template = "no classification called {name!r}" if kind == "rules" else "no segments called {name!r}"
    raise UsageError(template, cure=cure, name=text, near=near, known=", ".join(known))
