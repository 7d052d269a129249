"""Assessments in a system's timeline: what became of each version, and who signed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from aims.signoffs.models import SignOff
from assessments import presentation
from assessments.approval import SUBJECT
from assessments.models import Assessment
from assessments.states import State
from registry.models import AISystem
from registry.timeline import Event, Row, Source, rows_of, signature_events, signature_rows


def _move_rows(system: AISystem, source: str) -> QuerySet[Any, Any]:
    """Rows of history that begin a version or move its state. Saving while writing gives no reason: the many
    saves of one draft are no events of the system."""
    found = (
        Assessment.history.filter(system_id=system.pk)
        .exclude(history_change_reason__isnull=True)
        .exclude(history_change_reason="")
    )
    return rows_of(
        found,
        source,
        at="history_date",
        actor="history_user__name",
        reason="history_change_reason",
        words=("state", "ref", "version"),
    )


def _move_events(system: AISystem, rows: Sequence[Row]) -> dict[int, Event]:
    return {row.key: _move_event(row, State(row.first), row.second, row.third) for row in rows}


def _move_event(row: Row, state: State, ref: str, version: str) -> Event:
    tone = presentation.STATE_TONES[state]
    url = reverse("assessments:assessment", args=[ref])
    return Event(
        row.at,
        f"{ref}, v{version}: {state.label}",
        row.actor,
        row.reason,
        "" if tone == "mute" else tone,
        url=f"{url}?version={version}",
    )


def _signature_rows(system: AISystem, source: str) -> QuerySet[Any, Any]:
    versions = Assessment.objects.filter(system=system).order_by().values("pk")
    return signature_rows(SignOff.objects.about(SUBJECT, versions), source)


SOURCES = (
    Source("assessment", _move_rows, _move_events),
    Source("assessment-signature", _signature_rows, signature_events),
)
