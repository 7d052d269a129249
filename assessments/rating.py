"""How bad an impact is: score and band of likelihood × severity, as pure functions of numbers.

Bands and override: `catalogue/impact-taxonomy.yaml`, `rating`. Severity 5 is never rated below high, because
a death is not made tolerable by being rare.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from assessments.taxonomy import taxonomy

BANDS: Final = ("low", "moderate", "high", "very_high")
"""From the mildest to the worst."""

REASON_FROM: Final = 10
"""A score from which a rating has to be explained."""


def score(likelihood: int, severity: int) -> int:
    """The product, 1 to 25. Raises ValueError for a level off the scale of 1 to 5."""
    if not (1 <= likelihood <= 5 and 1 <= severity <= 5):
        raise ValueError(f"Likelihood {likelihood} and severity {severity} must each be 1 to 5.")
    return likelihood * severity


def band(likelihood: int, severity: int) -> str:
    """The band of a rating: low, moderate, high or very_high."""
    points = score(likelihood, severity)
    found = next(band.key for band in taxonomy().bands if band.low <= points <= band.high)
    return worst([found, "high"]) if severity == 5 else found


def level(band_key: str) -> int:
    """Place of a band in the order, from 1 (low) to 4 (very high)."""
    return BANDS.index(band_key) + 1


def worst(bands: Iterable[str]) -> str:
    """The worst of several bands; low where there is none, for then nothing was found."""
    return max(bands, key=BANDS.index, default=BANDS[0])
