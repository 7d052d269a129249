"""The newest scores, as pages beside the checklist's own show them."""

from django.core.cache import cache

from audits.models import GapScore

SCORES = 26
"""Days that are drawn."""

LOOK_AGAIN_AFTER = 60
"""Seconds: a score changes once a night, and the overview is opened all day."""

_KEY = "gap-scores"


def recent_scores() -> list[GapScore]:
    """The newest kept scores, newest first, without their items; read at most once a minute, and anew after
    a run of this process. One query."""
    found: list[GapScore] | None = cache.get(_KEY)
    if found is None:
        found = list(GapScore.objects.defer("items").order_by("-on")[:SCORES])
        cache.set(_KEY, found, LOOK_AGAIN_AFTER)
    return found


def forget() -> None:
    """Read anew the next time: there is a new score."""
    cache.delete(_KEY)
