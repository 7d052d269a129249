"""The gap checklist as data: twelve items with their controls and clauses (`catalogue/gap-checklist.yaml`).

How each is decided stands in `items`; what the file says of it in words is `how_to_measure`.
"""

from functools import lru_cache
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, Field

from aims.controls.catalogue import FOLDER

FILE: Final = FOLDER / "gap-checklist.yaml"

Text = Annotated[str, Field(min_length=1)]


class _Band(BaseModel):
    message: Text


class Scoring(BaseModel):
    """How many items there are, and from how many on the company is near certification."""

    total: int
    threshold: int
    below_threshold: _Band
    at_or_above_threshold: _Band

    def message(self, score: int) -> str:
        """What the score means, in the catalogue's words."""
        band = self.below_threshold if score < self.threshold else self.at_or_above_threshold
        return band.message


class Item(BaseModel):
    """One question of the checklist."""

    position: int
    key: Text
    question: Text
    controls: list[str]
    clauses: list[str]
    how_to_measure: Text


class Checklist(BaseModel):
    scoring: Scoring
    items: list[Item]

    def item(self, key: str) -> Item:
        """Raises KeyError if there is no item of this key."""
        for item in self.items:
            if item.key == key:
                return item
        raise KeyError(key)


@lru_cache(maxsize=1)
def checklist() -> Checklist:
    """The checklist, in the order of its items. Read once in the life of the process."""
    found = Checklist.model_validate(yaml.load(FILE.read_text("utf-8"), Loader=yaml.CSafeLoader))
    found.items.sort(key=lambda item: item.position)
    return found
