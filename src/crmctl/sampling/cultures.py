"""The five cultures that customers come from, by number: their languages, currencies and shares."""

from __future__ import annotations

import numpy as np

from crmctl.sampling.streams import Floats, Integers

CULTURES = ("US", "GB", "DE", "FR", "CN")
CHINA = 4
LANGUAGES = ("en", "de", "fr", "zh")
LANGUAGE = np.array([0, 0, 1, 2, 3])
"""The language (a number of `LANGUAGES`) of each culture."""
CURRENCIES = ("USD", "GBP", "EUR", "EUR", "CNY")
PRICE_LEVEL = np.array([100, 80, 95, 95, 700])
"""What a dollar's worth costs in each culture's currency, in hundredths."""
_UP_TO = np.array([0.17, 0.25, 0.32, 0.37])


def draw(uniform: Floats) -> Integers:
    """A culture for every household; the Chinese are 63 in a hundred."""
    return np.searchsorted(_UP_TO, uniform, side="right").astype(np.int64)
