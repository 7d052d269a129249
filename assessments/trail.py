"""Assessments in a system's timeline: what became of each version, and who signed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from aims.signoffs.models import SignOff
from assessments import presentation
from assessments.approval import SUBJECT
from assessments.models import Assessment
from assessments.states import State
from registry.models import AISystem
from registry.timeline import Event, Source, signature_events


def _moves(system: AISystem) -> Any:
    """Rows of history that begin a version or move its state. Saving while writing gives no reason: the many
    saves of one draft are no events of the system."""
    return (
        Assessment.history.filter(system_id=system.pk)
        .exclude(history_change_reason__isnull=True)
        .exclude(history_change_reason="")
    )


def _move_index(system: AISystem) -> Iterable[tuple[dt.datetime, int]]:
    return _moves(system).values_list("history_date", "history_id").order_by()


def _move_load(system: AISystem, keys: list[int]) -> dict[int, Event]:
    rows = (
        _moves(system).filter(history_id__in=keys).select_related("history_user").defer("content", "record")
    )
    return {row.history_id: _move_event(row) for row in rows}


def _move_event(row: Any) -> Event:
    tone = presentation.STATE_TONES[State(row.state)]
    return Event(
        row.history_date,
        f"{row.ref}, v{row.version}: {row.get_state_display()}",
        str(row.history_user or ""),
        row.history_change_reason,
        "" if tone == "mute" else tone,
        url=row.instance_type(pk=row.id, ref=row.ref).get_absolute_url() + f"?version={row.version}",
    )


def _ids(system: AISystem) -> list[int]:
    return list(Assessment.objects.filter(system=system).values_list("pk", flat=True))


def _signature_index(system: AISystem) -> Iterable[tuple[dt.datetime, int]]:
    return SignOff.objects.about(SUBJECT, _ids(system)).values_list("signed_at", "pk").order_by()


def _signature_load(system: AISystem, keys: list[int]) -> dict[int, Event]:
    return signature_events(SignOff.objects.filter(pk__in=keys))


SOURCES = (
    Source("assessment", _move_index, _move_load),
    Source("assessment-signature", _signature_index, _signature_load),
)
