"""Impact assessments as they were at a moment. Who may see them is judged by today's rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.ledger import as_of
from aims.ledger.moments import NotYet
from assessments import presentation
from assessments.listing import PAGE_SIZE, SORTS, Listing, Search, rows_of
from assessments.models import Assessment
from assessments.states import State
from registry import past as registry_past
from registry.models import AISystem
from registry.paging import Keys

_PEOPLE = ("edited_by", "submitted_by")


def versions_at(system_id: int, moment: dt.datetime) -> list[Assessment]:
    """All versions of a system's assessment that were there, the newest first. One query."""
    rows = as_of.rows_at(Assessment, moment, Assessment.objects.filter(system=system_id))
    found: list[Assessment] = as_of.objects_of(rows.select_related(*_PEOPLE).order_by("-version"))
    return found


def approved_at(systems: Sequence[AISystem], moment: dt.datetime) -> dict[int, dict[str, Any]]:
    """System id -> the approved assessment that counted at the moment, as the fact `assessment` tells it of
    today. One query."""
    among = Assessment.objects.filter(system__in=[system.pk for system in systems])
    rows = as_of.rows_at(Assessment, moment, among).filter(state=State.APPROVED).order_by("version")
    return {
        row.system_id: {
            "ref": row.ref,
            "version": row.version,
            "sha256": row.sha256,
            "decision": row.decision,
            "residual": row.residual,
            "approved_on": timezone.localdate(row.approved_at).isoformat(),
        }
        for row in rows
    }


def panel(system: AISystem, moment: dt.datetime) -> dict[str, Any]:
    """The panel of a system's page."""
    versions = versions_at(system.pk, moment)
    newest = versions[0] if versions else None
    current = next((version for version in versions if version.state == State.APPROVED), None)
    return {
        "system": system,
        "newest": newest,
        "newest_tone": newest and presentation.STATE_TONES[State(newest.state)],
        "current": current,
        "residual": current and presentation.band_label(current.residual),
        "residual_tone": current and presentation.BAND_TONES[current.residual],
    }


def search(user: User, params: QueryDict, moment: dt.datetime) -> Search:
    """Of each system, the row of history of its newest version then. For whom it waited is not kept."""
    newer = Assessment.history.filter(
        system=OuterRef("system"), version__gt=OuterRef("version"), history_date__lte=moment
    )
    found = as_of.rows_at(Assessment, moment, Assessment.objects.visible_to(user)).filter(~Exists(newer))
    state = params.get("state", "")
    state = state if state in State.values else ""
    if state:
        found = found.filter(state=state)
    query = params.get("q", "").strip()[:200]
    for word in query.split():
        systems = registry_past.rows(user, moment)
        named = systems.filter(Q(name__icontains=word) | Q(slug__icontains=word)).order_by().values("id")
        found = found.filter(Q(ref__icontains=word) | Q(system__in=named))
    sort = params.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "-changed"
    column = ("-" if sort.startswith("-") else "") + SORTS[sort.removeprefix("-")]
    return Search(
        found.order_by(column, "id"),  # type: ignore[arg-type]  # rows of history
        states=list(State.choices),
        state=state,
        roles=[],
        awaits="",
        query=query,
        sort=sort,
        active=bool(state or query),
    )


def listing(user: User, params: QueryDict, moment: dt.datetime) -> Listing:
    """The page that the parameters ask for."""
    found = search(user, params, moment)
    page: Page[Any] = Keys(found.assessments, PAGE_SIZE, searched=True).get_page(params.get("page"))
    return Listing(found, page, rows_of(loaded(list(page.object_list), moment)))


def loaded(keys: Sequence[int], moment: dt.datetime) -> list[Assessment]:
    """Assessments of rows of history, by the rows' keys and in their order, with their systems and teams as
    they were. Three queries."""
    by_key = Assessment.history.in_bulk(keys)
    found: list[Assessment] = as_of.objects_of(by_key[key] for key in keys)
    among = AISystem.objects.filter(pk__in={assessment.system_id for assessment in found})
    rows = as_of.rows_at(AISystem, moment, among)
    systems = {system.pk: system for system in registry_past.with_teams(list(rows), moment)}
    for assessment in found:
        if assessment.system_id in systems:
            assessment.system = systems[assessment.system_id]
    return found


def versions_under(user: User, ref: str, moment: dt.datetime) -> list[Assessment]:
    """The versions under a reference that were there, the newest first, each with its system as it was.

    Raises Http404 for a reference that the person may not see, and NotYet.
    """
    known = Assessment.objects.visible_to(user).filter(ref=ref).select_related("system").first()
    if known is None:
        raise Http404
    versions = [version for version in versions_at(known.system_id, moment) if version.ref == ref]
    if not versions:
        first = Assessment.history.filter(ref=ref).order_by("history_date").first()
        raise NotYet(
            _("%(ref)s was begun on %(day)s, so there is nothing to see of it before.")
            % {"ref": ref, "day": date_format(timezone.localtime(first.history_date), "j F Y H:i")}
        )
    system = registry_past.system_at(user, known.system.slug, moment)
    for version in versions:
        version.system = system
    return versions
