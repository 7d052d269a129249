"""The main navigation: which entries a person gets to see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from aims.portal.work import number_to_do
from registry.models import AISystem


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the navigation, for one person on one page."""

    url: str
    label: Any
    icon: str
    section: Any = ""
    count: int = 0
    current: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the portal and who may open it."""

    view: str
    label: Any
    icon: str
    open_to: Callable[[User], bool]
    section: Any = ""
    count: Callable[[User], int] | None = None


def _with(permission: str) -> Callable[[User], bool]:
    return lambda user: user.has_perm(permission)


def _sees_systems(user: User) -> bool:
    """By role, or by an exception for single systems."""
    return user.has_perm("registry.view_aisystem") or AISystem.objects.visible_to(user).exists()


PLACES = (
    Place("work", _("My work"), "inbox", lambda user: True, count=number_to_do),
    Place("home", _("Overview"), "overview", lambda user: True),
    Place("registry:systems", _("Systems"), "systems", _sees_systems),
    Place("assessments:assessments", _("Assessments"), "assessment", _sees_systems),
    Place("registry:imports", _("Import"), "import", _with("registry.import_aisystem")),
    Place("audits:gap", _("Gap checklist"), "check", _with("audits.view_gapscore")),
    Place("ledger", _("Ledger"), "lock", _with("ledger.view_entry")),
    Place("policies", _("Policies"), "policy", _with("policy.view_policy"), _("Reference")),
    Place("controls:controls", _("Controls"), "control", _with("controls.view_control"), _("Reference")),
    Place("people", _("People"), "people", _with("accounts.view_user"), _("Portal")),
    Place("teams", _("Teams"), "team", _with("accounts.view_team"), _("Portal")),
    Place("reminders", _("Reminders"), "bell", _with("notifications.change_rung"), _("Portal")),
    Place("jobs:jobs", _("Jobs"), "clock", _with("jobs.view_jobrun"), _("Portal")),
    Place("admin:index", _("Administration"), "admin", lambda user: user.is_staff, _("Portal")),
    Place("help", _("Help"), "help", lambda user: True, _("Portal")),
)


def places(user: User) -> Iterator[Place]:
    """The parts of the portal that the person may open."""
    return (place for place in PLACES if place.open_to(user))


def entries(user: User, path: str, *, counted: bool = True) -> Iterator[Entry]:
    """The entries that the person may open; the one that `path` lies under is current. Numbers are those of
    today."""
    for place in places(user):
        url = reverse(place.view)
        yield Entry(
            url=url,
            label=place.label,
            icon=place.icon,
            section=place.section,
            count=place.count(user) if counted and place.count else 0,
            current=path == url if place.view == "home" else path.startswith(url),
        )
