"""Accepted pairs into clusters without chaining: components, the doubtful ones split where they hold least.

Works on forms, whose numbers depend on their content only; so do the clusters.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

UNKNOWN_BITS = -3_000_000
"""What two forms that share no blocking key count for within a component that is too large to compare in full."""


def components(size: int, left: Ints, right: Ints) -> Ints:
    """The smallest member of each form's connected component.

    Args:
        size: How many forms there are.
        left: One end of each edge.
        right: The other end.
    """
    labels = np.arange(size, dtype=np.int64)
    while True:
        a, b = labels[left], labels[right]
        if np.array_equal(a, b):
            return labels
        low, high = np.minimum(a, b), np.maximum(a, b)
        np.minimum.at(labels, high, low)
        while True:
            jumped = labels[labels]
            if np.array_equal(jumped, labels):
                break
            labels = jumped


@dataclass(slots=True)
class Component:
    """A component to be looked at closely.

    Args:
        members: Its forms, ascending.
        bits: The evidence for each compared pair (smaller form first), in millionths of a bit.
        vetoed: Pairs that must stay apart.
    """

    members: list[int]
    bits: dict[tuple[int, int], int] = field(default_factory=dict)
    vetoed: set[tuple[int, int]] = field(default_factory=set)


@dataclass(slots=True)
class _Link:
    """What is known between two groups: the sum of the compared pairs, how many they are, and whether one is vetoed."""

    bits: int
    pairs: int
    vetoed: bool

    def add(self, other: _Link) -> None:
        self.bits += other.bits
        self.pairs += other.pairs
        self.vetoed = self.vetoed or other.vetoed


class _Groups:
    """Groups that grow by joining the two that hold together best."""

    def __init__(self, component: Component) -> None:
        self.members = {form: [form] for form in component.members}
        self.links: dict[int, dict[int, _Link]] = defaultdict(dict)
        self.heap: list[tuple[int, int, int, int, int]] = []
        for pair in sorted(component.bits):
            link = _Link(component.bits[pair], 1, pair in component.vetoed)
            self.links[pair[0]][pair[1]] = self.links[pair[1]][pair[0]] = link
        for pair in sorted(component.bits):
            self._offer(*pair)

    def _offer(self, a: int, b: int) -> None:
        link = self.links[a][b]
        size_a, size_b = len(self.members[a]), len(self.members[b])
        average = (link.bits + UNKNOWN_BITS * (size_a * size_b - link.pairs)) // (size_a * size_b)
        if average > 0 and not link.vetoed:
            heapq.heappush(self.heap, (-average, min(a, b), max(a, b), size_a + size_b, link.bits))

    def join_best(self) -> bool:
        """Join one pair of groups; False where no two belong together."""
        while self.heap:
            _, a, b, size, bits = heapq.heappop(self.heap)
            link = self.links[a].get(b)
            if link and len(self.members.get(a, ())) + len(self.members.get(b, ())) == size and link.bits == bits:
                self._join(a, b)
                return True
        return False

    def _join(self, a: int, b: int) -> None:
        self.members[a] += self.members.pop(b)
        for other, link in self.links.pop(b).items():
            del self.links[other][b]
            if other == a:
                continue
            if other in self.links[a]:
                self.links[a][other].add(link)
            else:
                self.links[a][other] = self.links[other][a] = link
        for other in self.links[a]:
            self._offer(a, other)


def split(component: Component) -> list[list[int]]:
    """Average linkage: join the best two groups while they agree on average and no veto lies between them."""
    groups = _Groups(component)
    while groups.join_best():
        pass
    return sorted(sorted(group) for group in groups.members.values())
