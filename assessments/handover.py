"""Open drafts of somebody who leaves (`aims.accounts.holdings`).

A draft belongs to the team of its system, and who began it stays on record: that is what four eyes go by.
Handing a draft over therefore means that the successor can write it: a place in that team.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aims.accounts import services
from aims.accounts.holdings import HandOver, Holding, Kind, Passing
from aims.accounts.models import Team, User
from aims.accounts.roles import Role
from assessments.models import Assessment

NAMED = 5


def _drafts(person: User) -> Iterator[Holding]:
    begun = Assessment.objects.editable().filter(created_by=person).select_related("system__team")
    by_team: dict[Team, list[Assessment]] = defaultdict(list)
    for draft in begun.defer("content", "record").order_by("system__name"):
        by_team[draft.system.team].append(draft)
    for team, drafts in by_team.items():
        names = [f"{draft.ref} {draft.system.name}" for draft in drafts]
        yield Holding(
            str(team.pk),
            ngettext("%(n)d open draft in %(team)s", "%(n)d open drafts in %(team)s", len(drafts))
            % {"n": len(drafts), "team": team},
            Passing.USUALLY,
            ", ".join(names[:NAMED]) + ("…" if len(names) > NAMED else ""),
            drafts[0].get_absolute_url() if len(drafts) == 1 else reverse("assessments:assessments"),
            _("They stay with the team, where everybody can go on."),
            value=team,
        )


def _pass_drafts(way: HandOver) -> None:
    """Let the successor write where they cannot yet; who writes everywhere needs no place in the team."""
    team: Team = way.holding.value
    if way.successor and not way.successor.may_everywhere("assessments.change_assessment"):
        services.member_add(team, way.successor, by=way.by, reason=way.reason)


DRAFTS = Kind("draft", gettext_lazy("Impact assessments they began"), _drafts, _pass_drafts)


def waiting_for(role: Role) -> Any:
    """Assessments that wait for a decision in the role, by reference and system."""
    waiting = Assessment.objects.filter(open_roles__contains=f"|{role.value}|")
    return waiting.values_list(Concat("ref", Value(" "), "system__name", output_field=CharField()))
