"""How far a long step has come, for the page that waits for it.

It stands in the cache, outside the transaction of the step itself, under a ticket that the waiting page made
up, and with the person's id: nobody reads anybody else's.
"""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.cache import cache

KEPT = 15 * 60
"""Seconds."""
EVERY = 0.2
"""Seconds between two notes at least: a step may count faster than anybody looks."""


@dataclass(slots=True)
class Progress:
    """Takes notes of one step. Without a key it takes none."""

    key: str = ""
    _noted: float = field(default=0.0, repr=False)

    def tell(self, doing: str, done: int = 0, total: int = 0) -> None:
        """Note what is being done, and how many of how many are through."""
        now = time.monotonic()
        if self.key and (now - self._noted >= EVERY or not done):
            self._noted = now
            cache.set(self.key, {"doing": doing, "done": done, "total": total}, KEPT)


SILENT = Progress()


def ticketed(person_id: object, ticket: str) -> Progress:
    """For the step that a page asked for with this ticket; one that is no UUID is not served."""
    try:
        return Progress(_key(person_id, UUID(ticket)))
    except ValueError:
        return SILENT


def read(person_id: object, ticket: UUID) -> dict[str, Any]:
    """The last note; an empty one while there is none."""
    found: dict[str, Any] = cache.get(_key(person_id, ticket)) or {"doing": "", "done": 0, "total": 0}
    return found


def _key(person_id: object, ticket: UUID) -> str:
    return f"import-progress:{person_id}:{ticket}"
