"""Many systems at once: the same rules and the same trail as one by one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aims.accounts.models import Team, User
from registry import services
from registry.errors import Conflict, IdTaken, ReasonNeeded
from registry.models import AISystem, GateSnapshot
from registry.services import Edit, Registration, systems_create, systems_unregister, systems_update
from tests.factories import make_record, make_team

pytestmark = pytest.mark.django_db


def registrations(team: Team, number: int, **columns: Any) -> list[Registration]:
    return [
        Registration(make_record(team.slug, slug=f"many-{n}", **columns), team, f"Row {n}")
        for n in range(number)
    ]


def test_each_has_its_history_and_its_snapshot(team: Team, owner: User) -> None:
    systems = systems_create(registrations(team, 3), by=owner)
    assert [system.slug for system in systems] == ["many-0", "many-1", "many-2"]
    history = {row.slug: row for row in AISystem.history.all()}
    for system in systems:
        row = history[system.slug]
        assert (row.id, row.history_type, row.history_user) == (system.pk, "+", owner)
        assert row.history_change_reason == f"Row {system.slug[-1]}"
        assert (row.revision, row.edited_by, row.created_at) == (1, owner, system.created_at)
    assert GateSnapshot.objects.count() == 3


def test_the_statements_do_not_grow_with_the_systems(team: Team, owner: User) -> None:
    many = registrations(team, 70)
    systems_create(many[:2], by=owner)  # what is kept for the life of the process is there from now on
    with CaptureQueriesContext(connection) as few:
        systems_create(many[2:10], by=owner)
    with CaptureQueriesContext(connection) as more:
        systems_create(many[10:], by=owner)
    # Tables are written some hundred rows a statement, and a system opens several tasks.
    assert len(more) - len(few) < 10


def test_a_taken_id_stops_all(team: Team, owner: User, make_system: Callable[..., AISystem]) -> None:
    make_system(slug="many-1")
    with pytest.raises(IdTaken):
        systems_create(registrations(team, 3), by=owner)
    assert AISystem.objects.count() == 1
    with pytest.raises(IdTaken):
        systems_create(registrations(team, 1) * 2, by=owner)


def test_a_foreign_team_stops_all(team: Team, owner: User) -> None:
    elsewhere = make_team("team-elsewhere")
    with pytest.raises(PermissionDenied):
        systems_create([*registrations(team, 1), *registrations(elsewhere, 1)], by=owner)
    assert not AISystem.objects.exists()


def test_a_column_that_is_too_long_stops_all(team: Team, owner: User) -> None:
    first, second = registrations(team, 2)
    long = second.record.model_copy(update={"name": "x" * 201})
    with pytest.raises(ValidationError):
        systems_create([first, Registration(long, team)], by=owner)
    assert not AISystem.objects.exists()


def edit(system: AISystem, reason: str = "", **columns: Any) -> Edit:
    record = make_record(system.team.slug, slug=system.slug, **columns)
    return Edit(system.pk, system.revision, record, system.team, reason)


def test_only_what_differs_is_written(team: Team, owner: User) -> None:
    first, second = systems_create(registrations(team, 2), by=owner)
    same = Edit(first.pk, 1, make_record(team.slug, slug="many-0"), team)
    returned = systems_update([same, edit(second, "Because.", purpose="answering letters")], by=owner)
    assert [(system.slug, system.revision) for system in returned] == [("many-0", 1), ("many-1", 2)]
    assert AISystem.objects.get(slug="many-1").purpose == "answering letters"
    assert first.history.count() == 1
    newest = second.history.first()
    assert (newest.history_type, newest.history_change_reason, newest.revision) == ("~", "Because.", 2)
    assert newest.updated_at > newest.created_at


def test_one_overtaken_edit_stops_all(team: Team, owner: User) -> None:
    first, second = systems_create(registrations(team, 2), by=owner)
    systems_update([edit(second, purpose="first of two")], by=owner)
    with pytest.raises(Conflict):
        systems_update([edit(first, purpose="new"), edit(second, purpose="second of two")], by=owner)
    assert set(AISystem.objects.values_list("purpose", flat=True)) == {"sorting the post", "first of two"}


def test_one_edit_without_right_or_system_stops_all(team: Team, owner: User, stranger: User) -> None:
    first, second = systems_create(registrations(team, 2), by=owner)
    with pytest.raises(PermissionDenied):
        systems_update([edit(first, purpose="new")], by=stranger)
    gone = Edit(second.pk + 99, 1, make_record(team.slug, slug="gone"), team)
    with pytest.raises(AISystem.DoesNotExist):
        systems_update([edit(first, purpose="new"), gone], by=owner)
    assert set(AISystem.objects.values_list("purpose", flat=True)) == {"sorting the post"}


def test_a_system_in_use_asks_for_a_reason(
    production_system: AISystem, owner: User, make_system: Callable[..., AISystem]
) -> None:
    draft = make_system(slug="draft")
    changed = [edit(draft, purpose="new"), edit(production_system, data_sensitivity="special_category")]
    with pytest.raises(ReasonNeeded):
        systems_update(changed, by=owner)
    draft.refresh_from_db()
    assert draft.purpose == "sorting the post"


def test_taking_a_registration_back_needs_the_right_to_change_it(
    team: Team, owner: User, stranger: User
) -> None:
    (system,) = systems_create(registrations(team, 1), by=owner)
    with pytest.raises(PermissionDenied):
        systems_unregister([system.pk], by=stranger, reason="Mine now.")
    systems_unregister([system.pk], by=owner, reason="A slip.")
    assert not AISystem.objects.exists()
    newest = AISystem.history.filter(id=system.pk).first()
    assert (newest.history_type, newest.history_user, newest.history_change_reason) == ("-", owner, "A slip.")


def test_one_by_one_is_many_of_one() -> None:
    """The rules stand once: what creates and edits one system calls what does it for many."""
    assert "systems_create" in services.system_create.__code__.co_names
    assert "systems_update" in services.system_update.__code__.co_names
