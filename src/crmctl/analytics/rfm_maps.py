"""From scores to segments: the maps are data in `vocabulary/rfm_maps`; here they are read, checked and compiled."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crmctl.errors import UsageError, did_you_mean
from crmctl.resources import VOCABULARY
from crmctl.sql import SQL, conjunction, join, sql
from crmctl.yamlfile import load

Cell = tuple[int, int, int]
_RANGE = re.compile(r"([1-9])(?:-([1-9]))?")


class RfmSegment(BaseModel):
    """One segment: ranges of the three scores (`4-5`; all where left out), or a list of cells (`555`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    labels: dict[str, str] = Field(default_factory=dict)
    r: str | int = "1-9"
    f: str | int = "1-9"
    m: str | int = "1-9"
    cells: list[int] = Field(default_factory=list)

    @field_validator("r", "f", "m")
    @classmethod
    def _is_a_range(cls, value: str | int) -> str | int:
        bounds = _RANGE.fullmatch(str(value))
        if bounds is None or int(bounds[1]) > int(bounds[2] or bounds[1]):
            raise ValueError(f"{value!r} is no range; write 4 or 4-5")
        return value

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The lowest and the highest score for recency, frequency and money."""
        found = [_RANGE.fullmatch(str(value)) for value in (self.r, self.f, self.m)]
        return [(int(bounds[1]), int(bounds[2] or bounds[1])) for bounds in found if bounds]

    def holds(self, cell: Cell) -> bool:
        """Whether a customer with these scores belongs here, as far as this segment alone tells."""
        if self.cells:
            return cell[0] * 100 + cell[1] * 10 + cell[2] in self.cells
        return all(low <= score <= high for (low, high), score in zip(self.ranges, cell, strict=True))

    @property
    def sql(self) -> SQL:
        """The same as a condition on r_score, f_score and m_score."""
        if self.cells:
            return sql(
                "r_score * 100 + f_score * 10 + m_score in ({cells})", cells=join(sql("{c}", c=c) for c in self.cells)
            )
        names = (sql("r_score"), sql("f_score"), sql("m_score"))
        return conjunction(
            sql("{score} between {low} and {high}", score=score, low=low, high=high)
            for score, (low, high) in zip(names, self.ranges, strict=True)
        )


@dataclass(frozen=True, slots=True)
class RfmCoverage:
    """What the order of a map's segments hides: segments nobody can reach, and cells that none of them takes."""

    unreachable: tuple[str, ...]
    unassigned: tuple[Cell, ...]


class RfmMap(BaseModel):
    """Segments in order; the first that holds wins, else the catch-all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    map: str
    bins: int = Field(default=5, ge=2, le=9)
    description: dict[str, str] = Field(default_factory=dict)
    segments: list[RfmSegment] = Field(min_length=1)
    otherwise: RfmSegment = RfmSegment(name="others", labels={"en": "Others", "zh": "其他"})

    @property
    def sql(self) -> SQL:
        """The segment's name as an expression of r_score, f_score and m_score."""
        branches = join((sql("when {c} then {n}", c=each.sql, n=each.name) for each in self.segments), " ")
        return sql("case {branches} else {otherwise} end", branches=branches, otherwise=self.otherwise.name)

    @property
    def labels(self) -> dict[str, dict[str, str]]:
        """The labels of every segment by its name, the catch-all last."""
        return {segment.name: segment.labels for segment in [*self.segments, self.otherwise]}

    @cached_property
    def coverage(self) -> RfmCoverage:
        """Which segments no customer can reach, and which cells fall to the catch-all."""
        reached: set[int] = set()
        unassigned: list[Cell] = []
        for cell in self._cells():
            first = next((number for number, each in enumerate(self.segments) if each.holds(cell)), None)
            if first is None:
                unassigned.append(cell)
            else:
                reached.add(first)
        names = tuple(each.name for number, each in enumerate(self.segments) if number not in reached)
        return RfmCoverage(names, tuple(unassigned))

    def _cells(self) -> Iterator[Cell]:
        scores = range(1, self.bins + 1)
        return itertools.product(scores, scores, scores)


def load_rfm_map(name: str | Path) -> RfmMap:
    """Read a map: a file's path, or the name of a shipped one.

    Raises:
        UsageError: No map of that name, or it does not fit.
        FileError: The file cannot be read.
    """
    folder, text = VOCABULARY / "rfm_maps", str(name)
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if text in known:
        return load(folder / f"{text}.yaml").validate(RfmMap)
    if Path(text).is_file() or Path(text).suffix in {".yaml", ".yml"} or Path(text).name != text:
        return load(text).validate(RfmMap)
    near = did_you_mean(text, known)
    raise UsageError(
        "no RFM map called {name!r}",
        cure="did you mean {near!r}?" if near else "shipped are {known}; or give a file's path",
        name=text, near=near, known=", ".join(known),
    )  # fmt: skip
