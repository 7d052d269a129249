"""Who is reminded of what is due: the people behind teams and roles, as they are today."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from aims.accounts.models import RoleGrant, Substitution, Team, TeamMembership, User
from aims.accounts.roles import Role
from aims.notifications.due_dates import Due


def holders_of(roles: Iterable[str], on: dt.date) -> dict[str, set[Any]]:
    """Role -> the active people who hold it on a day, substitutes among them. One query."""
    wanted = list(roles)
    granted = RoleGrant.objects.filter(role__in=wanted, user__is_active=True).order_by()
    stood_in = Substitution.objects.in_force(on=on).filter(role__in=wanted, substitute__is_active=True)
    held: dict[str, set[Any]] = defaultdict(set)
    pairs = granted.values_list("role", "user").union(
        stood_in.order_by().values_list("role", "substitute"), all=True
    )
    for role, person in pairs:
        held[role].add(person)
    return held


class Addressees:
    """Everybody who can be reminded on a day. Five queries when made, none afterwards."""

    def __init__(self, on: dt.date) -> None:
        self.active = set(User.objects.active().order_by().values_list("pk", flat=True))
        self.leads = {
            pk: people for pk, *people in Team.objects.order_by().values_list("pk", "lead", "deputy")
        }
        self.members: dict[int, set[Any]] = defaultdict(set)
        for team, person in TeamMembership.objects.order_by().values_list("team", "user"):
            self.members[team].add(person)
        self.holders: dict[str, set[Any]] = defaultdict(set)
        for role, person in RoleGrant.objects.order_by().values_list("role", "user"):
            self.holders[role].add(person)
        for role, person in Substitution.objects.in_force(on=on).order_by().values_list("role", "substitute"):
            self.holders[role].add(person)

    def owners(self, due: Due) -> set[Any]:
        """Whose it is. Somebody always is: where a person has left, those around them; at last the compliance
        lead, and where there is none, the administrators."""
        return next(filter(None, (self.active & set(people) for people in self._in_turn(due))), set())

    def _in_turn(self, due: Due) -> Iterable[Iterable[Any]]:
        if due.person is not None:
            yield [due.person]
        if due.role:
            yield self.holders[due.role]
        if due.team is not None:
            yield self.leads.get(due.team, ())
            yield self.members[due.team]
        if due.escalates:
            yield self.holders[Role.LEAD]
            yield self.holders[Role.ADMIN]

    def of(self, due: Due, audience: str) -> set[Any]:
        """Those whom a rung of the ladder speaks to."""
        if audience == "owner":
            return self.owners(due)
        return self.active & self.holders[audience] if due.escalates else set()
