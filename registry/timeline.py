"""What happened to a system, newest first: changes of the record, gate decisions, signatures, and what
upper apps add. An event's moment and key are found first and cheaply; only a page of them is loaded."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from aims.ledger.changes import Change, changes
from aims.signoffs.models import Decision, SignOff
from registry import documents, gate, presentation, stages
from registry.models import AISystem, GateDecision


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: what, when, who, why, and what changed."""

    at: dt.datetime
    title: str
    actor: str = ""
    reason: str = ""
    tone: str = ""
    """ok, bad, info, or nothing."""
    url: str = ""
    differences: tuple[Change, ...] = ()
    detail: str = ""

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The differences for a page: label and both sides as text."""
        return presentation.change_rows(list(self.differences))


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of event: where the moments are, and how some of them are loaded."""

    name: str
    index: Callable[[AISystem], Iterable[tuple[dt.datetime, int]]]
    load: Callable[[AISystem, list[int]], Mapping[int, Event]]


_sources: list[Source] = []


def register(source: Source) -> None:
    _sources.append(source)


@dataclass(slots=True)
class Timeline:
    """All moments of a system; slicing loads events. Fits Django's Paginator."""

    system: AISystem
    keys: list[tuple[dt.datetime, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = sorted(
            ((when, source.name, key) for source in _sources for when, key in source.index(self.system)),
            reverse=True,
        )

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, part: slice) -> list[Event]:
        wanted = self.keys[part]
        loaded = {
            source.name: source.load(self.system, [key for _when, name, key in wanted if name == source.name])
            for source in _sources
            if any(name == source.name for _when, name, _key in wanted)
        }
        return [loaded[name][key] for _when, name, key in wanted]


def _record_index(system: AISystem) -> Iterable[tuple[dt.datetime, int]]:
    return AISystem.history.filter(id=system.pk).values_list("history_date", "history_id").order_by()


def _record_load(system: AISystem, keys: list[int]) -> dict[int, Event]:
    """Rows of history, each with what it changed against the row before it."""
    history = AISystem.history.filter(id=system.pk)
    order = list(history.order_by("history_date", "history_id").values_list("history_id", flat=True))
    before = {key: order[place - 1] if place else None for place, key in enumerate(order)}
    wanted = {*keys, *(before[key] for key in keys)} - {None}
    rows = {
        row.history_id: row
        for row in history.filter(history_id__in=wanted).select_related("team", "history_user")
    }
    return {key: _record_event(rows[key], rows.get(before[key])) for key in keys}


def _record_event(row: Any, previous: Any) -> Event:
    who = str(row.history_user or "")
    if previous is None:
        return Event(row.history_date, _("Registered"), who, _quote(row.history_change_reason), "info")
    differences = list(changes(documents.record_of(previous), documents.record_of(row)))
    if row.stage != previous.stage:
        tone = {"production": "ok", "suspended": "bad"}.get(row.stage, "info")
        title = _("Moved from %(before)s to %(after)s") % {
            "before": previous.get_stage_display(),
            "after": row.get_stage_display(),
        }
        differences = [change for change in differences if change.path != "lifecycle.stage"]
    else:
        tone = ""
        title = _("Record changed, revision %(number)s") % {"number": row.revision}
    return Event(
        row.history_date, title, who, row.history_change_reason or "", tone, differences=tuple(differences)
    )


def _quote(reason: str | None) -> str:
    return "" if reason in (None, "", _("Registered")) else str(reason)


def _gate_index(system: AISystem) -> Iterable[tuple[dt.datetime, int]]:
    return GateDecision.objects.filter(system=system).values_list("decided_at", "pk").order_by()


def _gate_load(system: AISystem, keys: list[int]) -> dict[int, Event]:
    decisions = GateDecision.objects.filter(pk__in=keys).select_related("asked_by")
    return {decision.pk: _gate_event(decision) for decision in decisions}


def _gate_event(decision: GateDecision) -> Event:
    transition = stages.TRANSITIONS.get(decision.transition)
    asked = str(transition.label) if transition else decision.transition
    if decision.verdict == "allow":
        title, tone, detail = _("Gate opened: %(asked)s") % {"asked": asked}, "ok", ""
    else:
        title, tone = _("Gate refused: %(asked)s") % {"asked": asked}, "bad"
        blockers = [
            entry["message"] for entry in decision.answer["denials"] if entry["severity"] == "blocker"
        ]
        missing = [entry["role"] for entry in decision.answer["signatures"] if entry["state"] != "valid"]
        if missing:
            blockers.append(_("signatures open: %(roles)s") % {"roles": ", ".join(missing)})
        detail = decision.answer["error"] or "; ".join(blockers)
    return Event(decision.decided_at, title, str(decision.asked_by), decision.reason, tone, detail=detail)


def _signature_index(system: AISystem) -> Iterable[tuple[dt.datetime, int]]:
    return SignOff.objects.about(gate.SUBJECT, [system.pk]).values_list("signed_at", "pk").order_by()


def _signature_load(system: AISystem, keys: list[int]) -> dict[int, Event]:
    return signature_events(SignOff.objects.filter(pk__in=keys))


def signature_events(signoffs: Any) -> dict[int, Event]:
    """Sign-offs as events; assessments use it too."""
    tones = {Decision.APPROVE: "ok", Decision.REJECT: "bad", Decision.WITHDRAW: "bad"}
    return {
        signoff.pk: Event(
            signoff.signed_at,
            f"{signoff.get_role_display()}: {signoff.get_decision_display()}",
            str(signoff.signer),
            signoff.reason,
            tones.get(Decision(signoff.decision), "info"),
            url=signoff.get_absolute_url(),
        )
        for signoff in signoffs.select_related("signer")
    }


SOURCES = (
    Source("record", _record_index, _record_load),
    Source("gate", _gate_index, _gate_load),
    Source("signature", _signature_index, _signature_load),
)
