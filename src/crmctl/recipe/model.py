"""What a recipe file says, before its parameters have values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crmctl.errors import CrmctlError, Place
from crmctl.yamlfile import Document

ParamType = Literal["text", "integer", "number", "flag", "date", "path", "list"]


class Param(BaseModel):
    """A recipe's parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ParamType = "text"
    """What its value is."""
    default: Any = None
    """Its value where none is given; without one it has to be given."""
    help: str = ""
    """What it is for."""
    values: list[str] = Field(default_factory=list)
    """The only values allowed; any where empty."""


class RecipeFile(BaseModel):
    """The top of a recipe file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str = Field(min_length=1)
    """The recipe's name."""
    description: str = ""
    """What it does, for `crmctl run --help` and the reference."""
    as_of: str | None = None
    """What 'now' is: a date, or `today`; the newest event in the data by default."""
    use: list[str] = Field(default_factory=list)
    """Python files whose steps it takes in; relative to the recipe."""
    params: dict[str, Param] = Field(default_factory=dict)
    """Its parameters."""
    steps: list[dict[str, Any]] = Field(min_length=1)
    """The steps, in order; each has one key, the verb."""


@dataclass(frozen=True)
class RecipeStep:
    """One step as written: its verb, its parameters, and where it stands."""

    number: int
    command: str
    given: dict[str, Any]
    place: Place

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where its parameters are in the document."""
        return ("steps", self.number - 1, self.command)


@dataclass(frozen=True)
class Recipe:
    """A recipe file that has been read.

    Args:
        document: The file.
        name: Its name.
        description: What it does.
        as_of: What 'now' is.
        params: Its parameters.
        steps: The steps whose verbs are known.
        mistakes: What is wrong with its structure and verbs; planning it tells them with all else that is wrong.
        headless: What it says of itself beside the steps could not be read.
    """

    document: Document = field(compare=False)
    name: str
    description: str
    as_of: str | None
    params: dict[str, Param]
    steps: list[RecipeStep]
    mistakes: tuple[CrmctlError, ...] = ()
    headless: bool = False
