"""What an impact assessment asks about: dimensions, affected parties, scales, bands and decisions.

Reference data in the catalogue's `impact-taxonomy.yaml`, read once and never changed while the portal runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import yaml

from aims.controls.catalogue import FOLDER

FILE = FOLDER / "impact-taxonomy.yaml"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One kind of impact. The article's five are part of every assessment; the others are added where due."""

    key: str
    title: str
    scope: str
    questions: tuple[str, ...]
    harm_examples: tuple[str, ...]
    technical: tuple[str, ...]
    procedural: tuple[str, ...]
    from_article: bool


@dataclass(frozen=True, slots=True)
class Party:
    """A group of people, or of things, that a system touches."""

    key: str
    title: str
    line: str
    vulnerable: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A step from 1 to 5 of likelihood or severity."""

    level: int
    title: str
    wording: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A range of scores (likelihood × severity), both ends included."""

    key: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A way to decide, and the inherent bands in which it may be taken."""

    key: str
    title: str
    line: str
    allowed_bands: frozenset[str]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The whole catalogue; each mapping keeps the order of the file."""

    dimensions: Mapping[str, Dimension]
    parties: Mapping[str, Party]
    likelihood: tuple[Level, ...]
    severity: tuple[Level, ...]
    severity_modifiers: tuple[str, ...]
    bands: tuple[Band, ...]
    decisions: Mapping[str, Decision]

    @property
    def article_dimensions(self) -> tuple[Dimension, ...]:
        return tuple(dimension for dimension in self.dimensions.values() if dimension.from_article)


@cache
def taxonomy() -> Taxonomy:
    """The catalogue that the product ships. Raises KeyError or ValueError if the file is not in its form."""
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Taxonomy(
        dimensions=_by_key(_dimension(entry) for entry in data["dimensions"]),
        parties=_by_key(Party(**entry) for entry in data["affected_parties"]),
        likelihood=_scale(data["likelihood"]),
        severity=_scale(data["severity"]),
        severity_modifiers=tuple(entry["line"] for entry in data["severity_modifiers"]),
        bands=tuple(Band(entry["key"], entry["min"], entry["max"]) for entry in data["rating"]["bands"]),
        decisions=_by_key(
            Decision(entry["key"], entry["title"], entry["line"], frozenset(entry["allowed_bands"]))
            for entry in data["decisions"]
        ),
    )


def _dimension(entry: dict[str, Any]) -> Dimension:
    return Dimension(
        key=entry["key"],
        title=entry["title"],
        scope=entry["scope"],
        questions=tuple(entry["questions"]),
        harm_examples=tuple(entry["harm_examples"]),
        technical=tuple(entry["mitigations"]["technical"]),
        procedural=tuple(entry["mitigations"]["procedural"]),
        from_article=entry["origin"] == "article",
    )


def _scale(entries: list[dict[str, Any]]) -> tuple[Level, ...]:
    levels = tuple(
        Level(entry["level"], entry["title"], entry["wording"], entry.get("hint", "")) for entry in entries
    )
    if [level.level for level in levels] != [1, 2, 3, 4, 5]:
        raise ValueError(f"{FILE.name}: a scale must have the levels 1 to 5, in this order.")
    return levels


def _by_key(entries: Any) -> Mapping[str, Any]:
    return MappingProxyType({entry.key: entry for entry in entries})
