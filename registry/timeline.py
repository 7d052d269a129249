"""What happened to a system, newest first: changes of the record, gate decisions, signatures, and what
upper apps add. All sources answer in one query; only what a page shows is read further, where it must be."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import CharField, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from aims.accounts.roles import Role
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


class Row(NamedTuple):
    """One event as the query over all sources finds it."""

    source: str
    at: dt.datetime
    key: int
    """Of the row in its own table."""
    actor: str
    reason: str
    first: str = ""
    second: str = ""
    third: str = ""
    """What else the source needs to tell the event, such as role and decision."""


def rows_of(
    found: QuerySet[Any], source: str, *, at: str, actor: str, reason: str, words: Sequence[str] = ()
) -> QuerySet[Any, Any]:
    """A source's rows, as tuples of `Row`, from a QuerySet and its columns' names (three words at most).

    The types are written out: databases put only like under like.
    """
    texts = [Cast(F(word), CharField()) for word in words] + [Value("", CharField())] * (3 - len(words))
    columns = {
        "row_source": Value(source, CharField()),
        "row_at": F(at),
        "row_key": F("pk"),
        "row_actor": Coalesce(F(actor), Value(""), output_field=CharField()),
        "row_reason": Coalesce(F(reason), Value(""), output_field=TextField()),
        **{f"row_{number}": text for number, text in enumerate(texts)},
    }
    return found.order_by().annotate(**columns).values_list(*columns)


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of event: where its rows are, and how they become events."""

    name: str
    rows: Callable[[AISystem, str], QuerySet[Any, Any]]
    """(system, name of the source) -> its rows, as `rows_of` makes them."""
    events: Callable[[AISystem, Sequence[Row]], Mapping[int, Event]]
    """Rows of one page, newest first -> their events by key. At most one query more."""


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    _sources[source.name] = source


@dataclass
class Timeline:
    """Everything that happened to a system, `until` a moment, newest first. A slice loads events. Fits
    Django's Paginator."""

    system: AISystem
    until: dt.datetime | None = None

    @cached_property
    def _rows(self) -> QuerySet[Any, Any]:
        first, *others = (self._until(source.rows(self.system, source.name)) for source in _sources.values())
        return first.union(*others, all=True).order_by("-row_at", "-row_source", "-row_key")

    def _until(self, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        return rows if self.until is None else rows.filter(row_at__lte=self.until)

    def __len__(self) -> int:
        return self._rows.count()

    def __getitem__(self, part: slice) -> list[Event]:
        rows = [Row(*row) for row in self._rows[part]]
        told = {
            name: source.events(self.system, own)
            for name, source in _sources.items()
            if (own := [row for row in rows if row.source == name])
        }
        return [told[row.source][row.key] for row in rows]


def _record_rows(system: AISystem, source: str) -> QuerySet[Any, Any]:
    found = AISystem.history.filter(id=system.pk)
    return rows_of(
        found, source, at="history_date", actor="history_user__name", reason="history_change_reason"
    )


def _record_events(system: AISystem, rows: Sequence[Row]) -> dict[int, Event]:
    """Rows of history, each with what it changed against the row before it."""
    newest = rows[0]
    # A page holds rows that follow each other; one more is what the oldest of them changed.
    since = Q(history_date__lt=newest.at) | Q(history_date=newest.at, history_id__lte=newest.key)
    found = AISystem.history.filter(since, id=system.pk).select_related("team")
    records = list(found.order_by("-history_date", "-history_id")[: len(rows) + 1])
    return {
        row.key: _record_event(row, record, before)
        for row, record, before in zip(rows, records, [*records[1:], None], strict=False)
    }


def _record_event(found: Row, row: Any, previous: Any) -> Event:
    if previous is None:
        reason = "" if found.reason == _("Registered") else found.reason
        return Event(found.at, _("Registered"), found.actor, reason, "info")
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
    return Event(found.at, title, found.actor, found.reason, tone, differences=tuple(differences))


def _gate_rows(system: AISystem, source: str) -> QuerySet[Any, Any]:
    found = GateDecision.objects.filter(system=system)
    words = ("transition", "verdict")
    return rows_of(found, source, at="decided_at", actor="asked_by__name", reason="reason", words=words)


def _gate_events(system: AISystem, rows: Sequence[Row]) -> dict[int, Event]:
    refused = [row.key for row in rows if row.second != "allow"]
    answers = dict(GateDecision.objects.filter(pk__in=refused).values_list("pk", "answer")) if refused else {}
    return {row.key: _gate_event(row, answers.get(row.key)) for row in rows}


def _gate_event(row: Row, answer: dict[str, Any] | None) -> Event:
    transition = stages.TRANSITIONS.get(row.first)
    asked = str(transition.label) if transition else row.first
    if answer is None:
        return Event(row.at, _("Gate opened: %(asked)s") % {"asked": asked}, row.actor, row.reason, "ok")
    blockers = [entry["message"] for entry in answer["denials"] if entry["severity"] == "blocker"]
    missing = [entry["role"] for entry in answer["signatures"] if entry["state"] != "valid"]
    if missing:
        blockers.append(_("signatures open: %(roles)s") % {"roles": ", ".join(missing)})
    title, detail = _("Gate refused: %(asked)s") % {"asked": asked}, answer["error"] or "; ".join(blockers)
    return Event(row.at, title, row.actor, row.reason, "bad", detail=detail)


def _signature_rows(system: AISystem, source: str) -> QuerySet[Any, Any]:
    return signature_rows(SignOff.objects.about(gate.SUBJECT, [system.pk]), source)


def signature_rows(found: QuerySet[SignOff], source: str) -> QuerySet[Any, Any]:
    """Rows of sign-offs; assessments use it too, and `signature_events`."""
    words = ("role", "decision")
    return rows_of(found, source, at="signed_at", actor="signer__name", reason="reason", words=words)


def signature_events(system: AISystem, rows: Sequence[Row]) -> dict[int, Event]:
    tones = {Decision.APPROVE: "ok", Decision.REJECT: "bad", Decision.WITHDRAW: "bad"}
    return {
        row.key: Event(
            row.at,
            f"{Role(row.first).label}: {Decision(row.second).label}",
            row.actor,
            row.reason,
            tones.get(Decision(row.second), "info"),
            url=reverse("signoffs:certificate", args=[row.key]),
        )
        for row in rows
    }


SOURCES = (
    Source("record", _record_rows, _record_events),
    Source("gate", _gate_rows, _gate_events),
    Source("signature", _signature_rows, signature_events),
)
