"""Imports and confirmations that would leave something that nobody can see to."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aims.accounts import services as people
from aims.accounts.models import Team, User
from registry import services
from registry.models import AISystem, ImportBatch, Obligation
from tests import factories

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def switch_off(team: Team) -> None:
    team.is_active = False
    people.team_save(team, by=None)


def imported(client: Client, table: bytes) -> ImportBatch:
    """The batch of a small CSV file, confirmed."""
    client.post("/import/", {"files": SimpleUploadedFile("a.csv", table)}, follow=True)
    batch = ImportBatch.objects.latest("pk")
    client.post(f"/import/{batch.pk}/", {"seen": batch.fingerprint, "reason": "moved"})
    return batch


def test_no_import_hands_a_system_to_a_team_that_is_switched_off(
    lead: User, make_team: Callable[..., Team], client_of: ClientOf
) -> None:
    factories.make_system(slug="one")
    switch_off(make_team("team-gone"))
    batch = imported(client_of(lead), b"id,owner\none,team-gone\n")
    assert "is switched off" in batch.rows.get().problems[0][2]
    assert not AISystem.objects.filter(team__is_active=False).exists()


def test_nobody_registers_a_system_for_a_team_that_is_switched_off(
    lead: User, make_team: Callable[..., Team]
) -> None:
    team = make_team("team-gone")
    switch_off(team)
    with pytest.raises(PermissionDenied):
        services.system_create(factories.make_record(team.slug), team=team, by=lead)


def test_undoing_gives_no_system_back_to_a_team_that_was_switched_off_since(
    lead: User, make_team: Callable[..., Team], client_of: ClientOf
) -> None:
    before, after = make_team("team-before"), make_team("team-after")
    system = factories.make_system(before, slug="one")
    batch = imported(client_of(lead), b"id,owner\none,team-after\n")
    switch_off(before)
    response = client_of(lead).post(f"/import/{batch.pk}/undo/", {"reason": "wrong"})
    assert response.status_code == 409
    assert "switched off" in response.text
    system.refresh_from_db()
    assert system.team == after


@pytest.mark.parametrize("day", ["0001-01-01", "1677-09-21", "1999-12-31"])
def test_no_confirmation_of_a_day_beyond_reach_stops_the_tasks_of_a_system(
    day: str, team: Team, owner: User, client_of: ClientOf
) -> None:
    system = factories.make_system(team, slug="one")
    task = Obligation.objects.get(kind="monitoring")
    found = {"on": day, "in_place": "yes", "note": "checked"}
    assert client_of(owner).post(f"/work/{task.pk}/confirm/", found).status_code == 409
    bought = factories.make_record(team.slug, slug="one", provider="Vendor")
    services.system_update(system, bought, team=team, by=owner, revision=system.revision)
    assert Obligation.objects.filter(system=system, kind="supplier-review").exists()
