"""One search over systems, assessments, people, controls and pages, as far as a person's rights reach.

Every word has to occur. What is found is a few of each kind; the rest stands in the list that a group links
to. The database compares letters: SQLite tells apart upper and lower case beyond ASCII, PostgreSQL does not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Q, Value, When
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import User
from aims.controls.models import Control
from aims.portal import help as help_pages
from aims.portal import navigation
from assessments.models import Assessment
from registry.choices import Stage
from registry.models import AISystem

SHOWN = 6
"""Results of each kind."""

LONGEST = 200
"""Characters of a query; what is beyond is not looked at."""


@dataclass(frozen=True, slots=True)
class Result:
    title: str
    url: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind, the best first, and where the rest is."""

    label: str
    results: list[Result]
    more_label: str = ""
    more_url: str = ""
    """Set where there is more than `SHOWN`."""


def search(user: User, query: str) -> list[Group]:
    """What the person may see of what the query asks for; groups without a result are left out.

    An empty query finds the pages. The number of database queries is fixed.
    """
    words = query[:LONGEST].split()
    if not words:
        return _some(_pages(user, words))
    systems = _systems(user, words)
    return _some(
        _group(
            _("Systems"),
            (Result(system.name, system.get_absolute_url(), _about(system)) for system in systems[:SHOWN]),
            more=len(systems) > SHOWN,
            more_label=_("All systems that match"),
            more_url=_list("registry:systems", words),
        ),
        _assessments(user, words, systems[:SHOWN]),
        _people(user, words),
        _controls(user, words),
        _pages(user, words),
        _help(words),
    )


def _some(*groups: Group) -> list[Group]:
    return [group for group in groups if group.results]


def _group(
    label: str, results: Iterable[Result], *, more: bool = False, more_label: str, more_url: str
) -> Group:
    return Group(label, list(results), more_label if more else "", more_url if more else "")


def _list(view: str, words: list[str]) -> str:
    return f"{reverse(view)}?{urlencode({'q': ' '.join(words)})}"


# --- Systems and their assessments --------------------------------------------------------------------------


def _systems(user: User, words: list[str]) -> list[AISystem]:
    """One more than is shown: the one whose id was typed, then names and ids that begin so, then the rest."""
    text = " ".join(words)
    rank = Case(
        When(slug__iexact=text, then=Value(0)),
        When(Q(name__istartswith=text) | Q(slug__istartswith=text), then=Value(1)),
        default=Value(2),
    )
    found = AISystem.objects.visible_to(user).search(text).select_related("team")
    found = found.only("slug", "name", "stage", "team__name")
    return list(found.order_by(rank, "name", "pk")[: SHOWN + 1])


def _about(system: AISystem) -> str:
    return f"{Stage(system.stage).label} · {system.team.name}"


def _assessments(user: User, words: list[str], systems: list[AISystem]) -> Group:
    """The newest versions whose reference was typed, and those of the systems that were found."""
    visible = Assessment.objects.visible_to(user)
    referred = visible.order_by("-ref", "-version")
    for word in words:
        referred = referred.filter(ref__icontains=word)
    # Every version has the reference: several rows may stand for one result.
    referred = referred[: 10 * SHOWN]
    found = (
        visible.newest()
        .filter(Q(pk__in=referred.values("pk")) | Q(system__in=[system.pk for system in systems]))
        .select_related("system")
        .only("ref", "version", "state", "system__name")
        .order_by("-ref")[: SHOWN + 1]
    )
    rows = list(found)
    return _group(
        _("Assessments"),
        (
            Result(
                f"{row.ref} · {row.system.name}",
                row.get_absolute_url(),
                _("Version %(number)d, %(state)s")
                % {"number": row.version, "state": row.get_state_display().lower()},
            )
            for row in rows[:SHOWN]
        ),
        more=len(rows) > SHOWN,
        more_label=_("All assessments that match"),
        more_url=_list("assessments:assessments", words),
    )


# --- People -------------------------------------------------------------------------------------------------


def _people(user: User, words: list[str]) -> Group:
    """For those who may see the list of people."""
    if not user.has_perm("accounts.view_user"):
        return Group(_("People"), [])
    found = User.objects.visible_to(user).search(" ".join(words)).only("name", "email", "is_active")
    rows = list(found.order_by("-is_active", "name", "pk")[: SHOWN + 1])
    return _group(
        _("People"),
        (
            Result(
                row.name,
                row.get_absolute_url(),
                row.email if row.is_active else _("%(email)s, deactivated") % {"email": row.email},
            )
            for row in rows[:SHOWN]
        ),
        more=len(rows) > SHOWN,
        more_label=_("All people that match"),
        more_url=_list("people", words),
    )


# --- Controls and pages -------------------------------------------------------------------------------------


def _controls(user: User, words: list[str]) -> Group:
    """By number and title; the list that the group leads to looks into the texts too."""
    if not user.has_perm("controls.view_control"):
        return Group(_("Controls"), [])
    found = Control.objects.only("ref", "title", "area_title")
    for word in words:
        found = found.filter(
            Q(ref__istartswith=word) | Q(title__icontains=word) | Q(area_title__icontains=word)
        )
    rows = list(found[: SHOWN + 1])
    return _group(
        _("Controls"),
        (Result(f"{row.ref} {row.title}", row.get_absolute_url(), row.area_title) for row in rows[:SHOWN]),
        more=len(rows) > SHOWN,
        more_label=_("All controls that match"),
        more_url=_list("controls:controls", words),
    )


_BESIDE: tuple[tuple[str, Any, str], ...] = (
    ("registry:system-new", gettext_lazy("Register a system"), "registry.add_aisystem"),
    ("account", gettext_lazy("Account, roles and substitutes"), ""),
    ("account_change_password", gettext_lazy("Change the password"), ""),
)
"""Pages that the navigation does not name: view, label, the permission that it takes."""


def _pages(user: User, words: list[str]) -> Group:
    wanted = [word.casefold() for word in words]
    return Group(
        _("Pages"),
        [
            Result(label, url)
            for label, url in _all_pages(user)
            if all(word in label.casefold() for word in wanted)
        ],
    )


def _help(words: list[str]) -> Group:
    """Pages of help with every word in their title or first sentences. Everybody may read them."""
    wanted = [word.casefold() for word in words]

    def has_all(text: str) -> bool:
        return all(word in text.casefold() for word in wanted)

    every = help_pages.pages().values()
    named = [page for page in every if has_all(page.title)]
    told = [page for page in every if page not in named and has_all(f"{page.title} {page.summary}")]
    found = [Result(page.title, page.url) for page in (*named, *told)]
    return _group(
        _("Help"),
        found[:SHOWN],
        more=len(found) > SHOWN,
        more_label=_("All of the help"),
        more_url=reverse("help"),
    )


def _all_pages(user: User) -> Iterator[tuple[str, str]]:
    for place in navigation.places(user):
        yield str(place.label), reverse(place.view)
    for view, label, permission in _BESIDE:
        if not permission or user.has_perm(permission):
            yield str(label), reverse(view)
