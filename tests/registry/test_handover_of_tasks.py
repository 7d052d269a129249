"""Tasks of somebody who leaves go to a successor who can do them, or back to whoever holds the role."""

from collections.abc import Callable

import pytest

from aims.accounts.departures import deactivate, held_by
from aims.accounts.models import User
from registry.models import AISystem, Obligation
from registry.obligation_services import assign
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def leave(person: User, admin: User, heir: User, *, with_tasks: bool) -> None:
    successors = {
        held.key: heir if held.kind.name != "task" or with_tasks else None
        for held in held_by(person)
        if held.holding.passing != "ends"
    }
    deactivate(person, successors=successors, by=admin, reason="Left the company")


@pytest.fixture
def task(make_system: Callable[..., AISystem], owner: User) -> Obligation:
    task = Obligation.objects.select_related("system__team").get(system=make_system(), kind="monitoring")
    assign([task], to=owner, by=owner)
    return task


@pytest.mark.parametrize("with_tasks", [True, False])
def test_the_heir_gets_them_or_nobody_by_name(
    task: Obligation, owner: User, admin: User, with_tasks: bool
) -> None:
    heir = make_user("Hedda Heir")
    leave(owner, admin, heir, with_tasks=with_tasks)
    task.refresh_from_db()
    assert task.assignee == (heir if with_tasks else None)
    newest = Obligation.history.filter(id=task.pk).latest("history_id")
    assert (newest.history_user, newest.history_change_reason) == (admin, "Handed over")


def test_who_cannot_do_them_does_not_get_them(
    task: Obligation, owner: User, deputy: User, admin: User
) -> None:
    assign([task], to=deputy, by=owner)
    outside = make_user("Olaf Outside")
    successors = {
        held.key: outside if held.kind.name == "task" else None
        for held in held_by(deputy)
        if held.holding.passing != "ends"
    }
    deactivate(deputy, successors=successors, by=admin, reason="Left the company")
    task.refresh_from_db()
    assert task.assignee is None
