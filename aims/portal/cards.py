"""The cards of the overview: each a function from the `Census` to what its template shows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.roles import SIGNING, Role
from aims.portal.ages import age_tone, days
from aims.portal.census import SHOWN, Census
from aims.portal.charts import Bar, Chart, Point, bar_chart, line_chart
from aims.portal.lists import assessments_url, systems_url
from aims.signoffs.models import Decision
from audits.checklist import checklist
from registry import blockers, filters, gate, presentation, stages
from registry.choices import DataSensitivity, EuAiActTier, RiskTier, Stage
from registry.models import AISystem

# --- Pictures -----------------------------------------------------------------------------------------------

_STAGE_TONES = {Stage.PRODUCTION: "ok", Stage.SUSPENDED: "bad", Stage.RETIRED: "mute"}
_RISK_TONES = {RiskTier.HIGH: "warn", RiskTier.CRITICAL: "bad"}
_AI_ACT_TONES = {EuAiActTier.HIGH: "warn", EuAiActTier.PROHIBITED: "bad"}
_BAND_TONES = {"low": "ok", "moderate": "warn", "high": "bad", "very_high": "bad"}


def _stages(census: Census) -> dict[str, Any]:
    bars = [
        Bar(
            str(stage.label),
            census.number(stage=stage.value),
            systems_url(stage=stage.value),
            _STAGE_TONES.get(stage, ""),
        )
        for stage in Stage
    ]
    return _chart("stages", _("Systems by stage"), _("Stage"), bars)


def _tiers(
    name: str,
    title: str,
    head: str,
    column: str,
    choices: type[Any],
    tones: Mapping[Any, str],
    census: Census,
) -> dict[str, Any]:
    """Systems by a tier of the record, the retired left out; what is not stated has a bar if there is any."""
    bars = [
        Bar(
            str(tier.label),
            census.active(**{column: tier.value}),
            systems_url(**{column: tier.value, "stage": filters.ACTIVE}),
            tones.get(tier, ""),
        )
        for tier in choices
    ]
    if unstated := census.active(**{column: ""}):
        url = systems_url(**{column: filters.UNSTATED, "stage": filters.ACTIVE})
        bars.append(Bar(_("Not stated"), unstated, url, "mute"))
    return _chart(name, title, head, bars)


def _risks(census: Census) -> dict[str, Any]:
    title = _("Active systems by risk tier")
    return _tiers("risks", title, _("Risk tier"), "risk_tier", RiskTier, _RISK_TONES, census)


def _ai_act(census: Census) -> dict[str, Any]:
    title = _("Active systems by EU AI Act tier")
    return _tiers("ai-act", title, _("Tier"), "eu_ai_act_tier", EuAiActTier, _AI_ACT_TONES, census)


def _residual(census: Census) -> dict[str, Any]:
    numbers = census.residual()
    bars = [
        Bar(str(label), numbers.get(band, 0), systems_url(residual=band), _BAND_TONES[band])
        for band, label in filters.BANDS
    ]
    return _chart("residual", _("Residual risk that was approved"), _("Residual risk"), bars)


def _causes(census: Census) -> dict[str, Any]:
    titles = blockers.titles()
    numbers = sorted(census.blocked_by().items(), key=lambda entry: -entry[1])
    bars = [
        Bar(str(titles.get(cause, cause)), number, systems_url(blocked_by=cause)) for cause, number in numbers
    ]
    chart = _chart("causes", _("What blocks most"), _("Requirement"), bars[:SHOWN])
    return chart | {"intro": _("Requirements for production, and how many systems do not meet each.")}


def _chart(name: str, title: str, head: str, bars: list[Bar]) -> dict[str, Any]:
    chart: Chart | None = bar_chart(name, title, bars) if any(bar.value for bar in bars) else None
    return {"chart": chart, "head": head}


def _data_and_risk(census: Census) -> dict[str, Any]:
    """Active systems by the data they handle and the risk they carry, for `components/heat_map.html`."""
    rows = []
    for place, data in reversed(list(enumerate(DataSensitivity))):
        cells = []
        for column, risk in enumerate(RiskTier):
            number = census.active(data_sensitivity=data.value, risk_tier=risk.value)
            cells.append(
                {
                    "count": number,
                    "level": min(4, 1 + (place + 2 * column) // 3),
                    "label": f"{data.label}, {risk.label}",
                    "url": systems_url(
                        data_sensitivity=data.value, risk_tier=risk.value, stage=filters.ACTIVE
                    ),
                }
            )
        rows.append({"label": data.label, "short": data.label, "cells": cells})
    columns = [{"label": risk.label, "short": risk.label} for risk in RiskTier]
    return {"rows": rows, "columns": columns}


# --- Lists --------------------------------------------------------------------------------------------------


def _blocked_rows(systems: Iterable[AISystem], census: Census) -> list[dict[str, Any]]:
    """Systems with what blocks each: the cause that does so longest, and how many more there are."""
    titles = blockers.titles()
    return [
        {
            "system": system,
            "stage": Stage(system.stage).label,
            "out": system.listed_out_of_compliance,
            "cause": titles.get(system.cause or "", system.cause),  # type: ignore[attr-defined]
            "more": max(system.snapshot.blockers - 1, 0),
            "age": system.since and days(census.today - timezone.localdate(system.since)),  # type: ignore[attr-defined]
        }
        for system in systems
    ]


def _compliance(census: Census) -> dict[str, Any]:
    return {
        "rows": _blocked_rows(census.out_of_compliance, census),
        "total": census.number("out"),
        "url": systems_url(compliance="out"),
    }


def _own(census: Census) -> dict[str, Any]:
    return {
        "rows": _blocked_rows(census.own, census),
        "url": systems_url(owner=filters.MINE, stage=filters.ACTIVE),
    }


def _queue(census: Census) -> dict[str, Any]:
    rows = []
    for queue in census.queues():
        age = census.today - timezone.localdate(queue.since) if queue.since else None
        rows.append(
            {
                "role": queue.role.label,
                "systems": queue.systems,
                "systems_url": systems_url(awaits=queue.role.value) if queue.role in SIGNING else "",
                "assessments": queue.assessments,
                "assessments_url": assessments_url(awaits=queue.role.value),
                "age": days(age) if age is not None else "",
                "tone": age_tone(age) if age is not None else "",
            }
        )
    return {"rows": rows}


def _reviews(census: Census) -> dict[str, Any]:
    rows = []
    for system in census.reviews:
        due = system.snapshot.review_due
        assert due
        late = census.today - due
        if late.days > 0:
            note, tone = _("%(days)s overdue") % {"days": days(late)}, "bad"
        elif late.days == 0:
            note, tone = _("due today"), "warn"
        else:
            note, tone = _("in %(days)s") % {"days": days(-late)}, "info"
        rows.append({"system": system, "due": due, "note": note, "tone": tone})
    return {
        "rows": rows,
        "overdue": census.number("overdue"),
        "overdue_url": systems_url(review="overdue"),
        "due": census.number("due"),
        "due_url": systems_url(review="due"),
    }


def _waiting(census: Census) -> dict[str, Any]:
    """What waits for the person's own signature, longest first, whatever its kind."""
    rows: list[dict[str, Any]] = [
        {
            "since": blocker.since,
            "title": blocker.system.name,
            "request": _("Sign for production")
            if blocker.state != "stale"
            else _("Sign again: it changed since"),
            "url": reverse("signoffs:decide", args=[gate.SUBJECT, blocker.system.slug]),
        }
        for blocker in census.signatures_asked
    ]
    rows += [
        {
            "since": assessment.submitted_at,
            "title": assessment.system.name,
            "request": _("Decide about the impact assessment %(ref)s") % {"ref": assessment.ref},
            "url": reverse("signoffs:decide", args=["assessment", assessment.ref]),
        }
        for assessment in census.decisions_asked
    ]
    rows.sort(key=lambda row: row["since"])
    for row in rows:
        age = census.today - timezone.localdate(row["since"])
        row |= {"age": days(age), "tone": age_tone(age)}
    return {"rows": rows[:SHOWN], "url": reverse("work")}


_TONES = {Decision.APPROVE: "ok", Decision.CHANGES: "info", Decision.REJECT: "bad", Decision.WITHDRAW: "bad"}


def _decisions(census: Census) -> dict[str, Any]:
    """The last decisions of people and answers of the gate, as entries of `components/timeline.html`."""
    events: list[dict[str, Any]] = [
        {
            "title": f"{signoff.subject_title}: {signoff.get_decision_display()}",
            "at": signoff.signed_at,
            "actor": f"{signoff.signer}, {signoff.get_role_display()}",
            "tone": _TONES[Decision(signoff.decision)],
            "url": signoff.get_absolute_url(),
            "reason": signoff.reason,
        }
        for signoff in census.signoffs
    ]
    events += [
        {
            "title": (
                _("%(system)s: the gate opened")
                if asked.verdict == "allow"
                else _("%(system)s: the gate refused")
            )
            % {"system": asked.system.name},
            "at": asked.decided_at,
            "actor": f"{asked.asked_by}, {_step(asked.transition)}",
            "tone": "ok" if asked.verdict == "allow" else "bad",
            "url": reverse("registry:system-promotion", args=[asked.system.slug]),
            "reason": asked.reason,
        }
        for asked in census.gate_decisions
    ]
    return {"events": sorted(events, key=lambda event: event["at"], reverse=True)[:SHOWN]}


def _step(name: str) -> str:
    transition = stages.TRANSITIONS.get(name)
    return str(transition.label) if transition else name


def _live(census: Census) -> dict[str, Any]:
    rows = [
        {
            "system": system,
            "standing": presentation.standing(system),
            "url": reverse("registry:system-promotion", args=[system.slug]),
        }
        for system in census.live
    ]
    links = [
        {
            "label": stage.label,
            "value": census.number(stage=stage.value),
            "url": systems_url(stage=stage.value),
        }
        for stage in (Stage.SUSPENDED, Stage.CANARY, Stage.PRODUCTION)
    ]
    return {"rows": rows, "links": links}


def _opened(census: Census) -> dict[str, Any]:
    return {"systems": census.opened, "url": systems_url()}


def _people(census: Census) -> dict[str, Any]:
    """Who holds which role, those that nobody holds first; and systems that nobody is left to answer for."""
    people = reverse("people")
    rows = [
        {
            "role": role.label,
            "holders": number,
            "url": f"{people}?{urlencode({'role': role.value, 'state': 'active'})}",
            "missing": not number and role is not Role.EXTERNAL_AUDITOR,
        }
        for role, number in census.holders.items()
    ]
    return {
        "rows": sorted(rows, key=lambda row: not row["missing"]),
        "without_owner": census.without_owner,
        "without_owner_url": systems_url(owner=filters.NOBODY, stage=filters.ACTIVE),
        "people_url": people,
    }


def _evidence(census: Census) -> dict[str, Any]:
    """Where an auditor goes on from here, as far as the person's rights lead."""
    places = (
        ("signoffs.view_signoff", "admin:signoffs_signoff_changelist", _("Every signature, with its digest")),
        (
            "registry.view_gatedecision",
            "admin:registry_gatedecision_changelist",
            _("Every answer of the gate"),
        ),
        ("assessments.view_assessment", "assessments:assessments", _("Impact assessments")),
        ("policy.view_policy", "policies", _("The rules, and their source")),
        ("controls.view_control", "controls:controls", _("Controls of Annex A")),
    )
    return {
        "links": [
            {"url": reverse(view), "label": label}
            for permission, view, label in places
            if census.user.has_perm(permission) and (census.user.is_staff or not view.startswith("admin:"))
        ]
    }


def _gap(census: Census) -> dict[str, Any]:
    """The newest kept score of the gap checklist, and how it went."""
    scores = census.gap_scores()
    if not scores:
        return {"newest": None}
    newest, scoring = scores[0], checklist().scoring
    points = [Point(row.on, row.score) for row in reversed(scores)]
    return {
        "newest": newest,
        "scoring": scoring,
        "message": scoring.message(newest.score),
        "tone": "warn" if newest.score < scoring.threshold else "ok",
        "picture": line_chart(
            "gap-history", _("Gap score by day"), points, top=scoring.total, limit=scoring.threshold
        ),
    }


# --- The set of cards -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Card:
    """One card: its heading, its template under `portal/dashboard/`, and what fills it."""

    title: Any
    template: str
    fill: Callable[[Census], dict[str, Any]]


CARDS = {
    "waiting": Card(gettext_lazy("Waits for you"), "waiting", _waiting),
    "compliance": Card(gettext_lazy("Out of compliance now"), "compliance", _compliance),
    "causes": Card(gettext_lazy("What blocks most"), "chart", _causes),
    "queue": Card(gettext_lazy("What waits longest, and for whom"), "queue", _queue),
    "reviews": Card(gettext_lazy("Reviews"), "reviews", _reviews),
    "own": Card(gettext_lazy("Your systems"), "own", _own),
    "live": Card(gettext_lazy("In use and suspended"), "live", _live),
    "opened": Card(gettext_lazy("Systems opened to you"), "opened", _opened),
    "people": Card(gettext_lazy("Roles and owners"), "people", _people),
    "data_and_risk": Card(gettext_lazy("Data and risk"), "data_and_risk", _data_and_risk),
    "stages": Card(gettext_lazy("By stage"), "chart", _stages),
    "risks": Card(gettext_lazy("By risk tier"), "chart", _risks),
    "ai_act": Card(gettext_lazy("By EU AI Act tier"), "chart", _ai_act),
    "residual": Card(gettext_lazy("Residual risk"), "chart", _residual),
    "decisions": Card(gettext_lazy("Last decisions"), "decisions", _decisions),
    "gap": Card(gettext_lazy("Gap checklist"), "gap", _gap),
    "evidence": Card(gettext_lazy("Evidence"), "evidence", _evidence),
}
