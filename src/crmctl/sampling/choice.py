"""Weighted lists of things to choose from, one list per group. Where the lists come from is said elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from crmctl.resources import VOCABULARY
from crmctl.sampling.streams import Floats, Integers
from crmctl.yamlfile import load


@cache
def words(name: str) -> Any:
    """The content of a word list of the vocabulary, as plain data."""
    return load(VOCABULARY / "sampling" / f"{name}.yaml").data


@cache
def table(name: str) -> pl.DataFrame:
    """A CSV of the vocabulary, all text."""
    return pl.read_csv(VOCABULARY / "sampling" / f"{name}.csv", infer_schema=False)


def ranked(count: int, flatness: float) -> Floats:
    """Shares of a list that starts with the commonest: the rank r has 1 / (r + flatness), all together 1."""
    weights = 1.0 / (np.arange(1, count + 1) + flatness)
    return np.asarray(weights / np.cumsum(weights)[-1:])


@dataclass(frozen=True, slots=True)
class Choice:
    """Things to choose from: the rows of all groups one below the other.

    Args:
        items: One row per thing; the column `text` is its text.
        starts: The first row of each group.
        cumulative: For each group the running sums of its weights.
    """

    items: pl.DataFrame
    starts: Sequence[int]
    cumulative: Sequence[Floats]

    @classmethod
    def of(cls, groups: Sequence[tuple[pl.DataFrame, Floats]]) -> Choice:
        """From the things and the weights of each group, in the order of the groups' numbers."""
        heights = [frame.height for frame, _ in groups]
        starts = [sum(heights[:number]) for number in range(len(heights))]
        return cls(pl.concat([frame for frame, _ in groups]), starts, [np.cumsum(weights) for _, weights in groups])

    @classmethod
    def of_lists(cls, *lists: Mapping[str, Any]) -> Choice:
        """From lists as the vocabulary writes them: `flatness`, and `values` or `templates`."""
        groups = []
        for entry in lists:
            texts = [str(text) for text in entry.get("values", entry.get("templates"))]
            groups.append((pl.DataFrame({"text": texts}), ranked(len(texts), entry["flatness"])))
        return cls.of(groups)

    def rows(self, uniform: Floats, group: Integers | None = None) -> Integers:
        """For every number in [0, 1) a row of `items`, from the group beside it (the first where none is given)."""
        if group is None:
            return self._within(0, uniform)
        chosen = np.zeros(len(uniform), dtype=np.int64)
        for number in range(len(self.starts)):
            mine = group == number
            chosen[mine] = self._within(number, uniform[mine])
        return chosen

    def texts(self, uniform: Floats, group: Integers | None = None) -> pl.Series:
        """The chosen texts."""
        return self.items["text"].gather(self.rows(uniform, group))

    def _within(self, number: int, uniform: Floats) -> Integers:
        sums = self.cumulative[number]
        found = np.searchsorted(sums, uniform * sums[-1], side="right")
        return np.asarray(self.starts[number] + np.minimum(found, len(sums) - 1), dtype=np.int64)
