"""Seeded random numbers: one independent stream for every name and chunk. What they decide is said elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one chunk; a new column draws from a new name and changes no other.

    Only the raw bits of PCG64 are used, which numpy promises to keep, and exact arithmetic on them:
    the numbers are the same on every machine and under every version of numpy.

    Args:
        seed: The user's seed, not negative.
        chunk: The number of the chunk.
        prefix: Put before every name.
    """

    seed: int
    chunk: int
    prefix: str = ""

    def at(self, prefix: str) -> Streams:
        """The same streams under another prefix."""
        return Streams(self.seed, self.chunk, f"{self.prefix}{prefix}.")

    def uniform(self, name: str, count: int) -> Floats:
        """Numbers in [0, 1), in steps of 2**-53."""
        digest = hashlib.md5(f"{self.prefix}{name}".encode(), usedforsecurity=False).digest()
        child = np.random.SeedSequence(self.seed, spawn_key=(self.chunk, int.from_bytes(digest[:8], "big")))
        bits = np.random.PCG64(child).random_raw(count)
        return np.asarray((bits >> np.uint64(11)) * 2.0**-53, dtype=np.float64)

    def integers(self, name: str, count: int, low: int, high: int) -> Integers:
        """Whole numbers from low up to, and without, high."""
        return low + (self.uniform(name, count) * (high - low)).astype(np.int64)

    def chance(self, name: str, count: int, probability: float | Floats) -> Flags:
        """True with the given probability, one for all or one for each."""
        return np.asarray(self.uniform(name, count) < probability)
