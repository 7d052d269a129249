"""Key figures of the overview: each a function from the `Census` to rows of `components/key_figures.html`."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import User
from aims.accounts.roles import SIGNING, Role
from aims.portal.ages import age_tone, longest
from aims.portal.census import Census, Queue
from aims.portal.lists import assessments_url, systems_url
from registry.choices import Stage

Figures = Iterable[dict[str, Any]]


def _systems(census: Census) -> Figures:
    yield {"label": _("Systems"), "value": census.number(), "url": systems_url()}


def _production(census: Census) -> Figures:
    yield {
        "label": _("In production"),
        "value": census.number(stage=Stage.PRODUCTION.value),
        "url": systems_url(stage=Stage.PRODUCTION.value),
    }


def _suspended(census: Census) -> Figures:
    number = census.number(stage=Stage.SUSPENDED.value)
    yield {
        "label": _("Suspended"),
        "value": number,
        "url": systems_url(stage=Stage.SUSPENDED.value),
    }


def _out(census: Census) -> Figures:
    number = census.number("out")
    in_use = sum(census.number(stage=stage.value) for stage in (Stage.PRODUCTION, Stage.CANARY))
    yield {
        "label": _("Out of compliance"),
        "value": number,
        "url": systems_url(compliance="out"),
        "note": _("still in use") if number else _("all in order") if in_use else _("nothing is in use"),
        "tone": "bad" if number else "ok" if in_use else "mute",
    }


def _overdue(census: Census) -> Figures:
    number = census.number("overdue")
    yield {
        "label": _("Reviews overdue"),
        "value": number,
        "url": systems_url(review="overdue"),
        "note": _("blocks production") if number else "",
        "tone": "bad",
    }


def _due(census: Census) -> Figures:
    yield {
        "label": _("Reviews due in 90 days"),
        "value": census.number("due"),
        "url": systems_url(review="due"),
    }


def _to_sign(census: Census) -> Figures:
    for role in _signing_roles(census.user):
        queue = census.systems_waiting(role)
        yield {
            "label": _("To sign as %(role)s") % {"role": _short(role)},
            "value": queue.systems,
            "url": systems_url(awaits=role.value),
        } | _waiting_note(census, queue)


def _to_decide(census: Census) -> Figures:
    for role in _signing_roles(census.user):
        queue = census.assessments_waiting(role)
        yield {
            "label": _("To decide as %(role)s") % {"role": _short(role)},
            "value": queue.assessments,
            "url": assessments_url(awaits=role.value),
        } | _waiting_note(census, queue)


def _stale(census: Census) -> Figures:
    for role in _signing_roles(census.user):
        number = census.stale(role)
        yield {
            "label": _("Stale as %(role)s") % {"role": _short(role)},
            "value": number,
            "url": systems_url(stale=role.value),
            "note": _("changed since signed") if number else "",
            "tone": "warn",
        }


def _signing_roles(user: User) -> list[Role]:
    return [role for role in Role if role in SIGNING & user.roles]


def _waiting_note(census: Census, queue: Queue) -> dict[str, Any]:
    if queue.since is None:
        return {}
    age = census.today - timezone.localdate(queue.since)
    return {"note": longest(age), "tone": age_tone(age)}


_SHORT = {
    Role.DPO: gettext_lazy("DPO"),
    Role.CTO: gettext_lazy("CTO"),
    Role.SECURITY: gettext_lazy("security officer"),
}


def _short(role: Role) -> Any:
    return _SHORT.get(role, role.label)


FIGURES: dict[str, Callable[[Census], Figures]] = {
    "systems": _systems,
    "production": _production,
    "suspended": _suspended,
    "out": _out,
    "overdue": _overdue,
    "due": _due,
    "to_sign": _to_sign,
    "to_decide": _to_decide,
    "stale": _stale,
}
