"""Every way of writing leaves history and an entry, or is refused, or is named by the next reconcile."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from aims.accounts.models import Team, User
from aims.ledger import reconcile as reconciling
from aims.ledger.models import Entry
from aims.ledger.reconcile import Unreconciled, reconcile, reconcile_job
from registry.models import AISystem
from tests.factories import make_team

pytestmark = pytest.mark.django_db

TEAM = "accounts.Team"


def found() -> list[tuple[str, str, str]]:
    return [(each.kind, each.model, each.field) for each in reconcile()]


def test_what_goes_through_services_agrees(make_system: Callable[..., AISystem]) -> None:
    make_system()
    assert reconcile() == []
    assert reconcile_job() == "Every row is what its history says."


def test_an_update_past_history_is_named_with_both_values(team: Team) -> None:
    was = team.name
    Team.objects.filter(pk=team.pk).update(name="Another")

    (one,) = reconcile()

    assert (one.kind, one.model, one.key, one.field) == ("changed", TEAM, str(team.pk), "name")
    assert (one.recorded, one.found) == (was, "Another")
    with pytest.raises(Unreconciled, match="name is 'Another'"):
        reconcile_job()


def test_raw_sql_is_named(team: Team) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_team SET deputy_id = NULL, name = %s", ["By hand"])
    assert ("changed", TEAM, "name") in found()


def test_rows_made_in_bulk_without_history_are_named(team: Team) -> None:
    Team.objects.bulk_create([Team(slug="team-bulk", name="Bulk", lead=team.lead)])
    assert found() == [("unrecorded", TEAM, "")]


def test_rows_changed_in_bulk_without_history_are_named(team: Team) -> None:
    team.name = "In bulk"
    Team.objects.bulk_update([team], ["name"])
    assert found() == [("changed", TEAM, "name")]


def test_a_row_removed_without_history_is_named(make_user: Callable[..., User]) -> None:
    team = make_team()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_teammembership WHERE team_id = %s", [team.pk])
        cursor.execute("DELETE FROM accounts_team WHERE id = %s", [team.pk])
    assert ("removed", TEAM, "") in found()


def test_a_row_that_comes_back_is_named(team: Team) -> None:
    membership = team.memberships.get(user=team.lead)
    key = membership.pk
    membership.delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_teammembership (id, team_id, user_id) VALUES (%s, %s, %s)",
            [key, team.pk, team.lead_id.hex if connection.vendor == "sqlite" else team.lead_id],
        )
    assert ("returned", "accounts.TeamMembership", "") in found()


def test_a_cascade_leaves_history(team: Team) -> None:
    team.memberships.all().delete()
    assert reconcile() == []


def test_the_back_office_leaves_history_and_an_entry(lead: User, client_of: Callable[[User], Client]) -> None:
    before = Entry.objects.count()
    person = make_team().lead
    answer = client_of(lead).post(
        reverse("admin:accounts_team_add"),
        {"slug": "team-office", "name": "Office", "lead": person.pk, "is_active": "on"},
    )
    assert answer.status_code == 302
    assert reconcile() == []
    connection.check_constraints()  # PostgreSQL writes entries when the transaction ends; as if it did now
    assert Entry.objects.count() > before


def test_a_fixture_is_named(team: Team, tmp_path: Path) -> None:
    """simple_history writes none for what `loaddata` brings in."""
    (row,) = json.loads(serializers.serialize("json", [team]))
    row["fields"]["name"] = "From a fixture"
    file = tmp_path / "team.json"
    file.write_text(json.dumps([row]))
    call_command("loaddata", str(file), stdout=io.StringIO())
    assert found() == [("changed", TEAM, "name")]


def test_the_command_says_what_differs(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    Team.objects.filter(pk=team.pk).update(name="Another")
    with pytest.raises(SystemExit) as ended:
        call_command("ledger", "reconcile", "--json")
    assert ended.value.code == 1
    (one,) = json.loads(capsys.readouterr().out)["discrepancies"]
    assert (one["model"], one["field"], one["found"]) == (TEAM, "name", "Another")


def test_many_rows_are_named_up_to_a_limit(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "LIMIT", 2)
    Team.objects.bulk_create([Team(slug=f"t-{n}", name=f"T {n}", lead=team.lead) for n in range(5)])
    assert len(reconcile()) == 2
