"""Somebody leaves: everything is handed over or nothing is, and nothing is left without an owner."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aims.accounts.departures import deactivate, held_by, reactivate
from aims.accounts.models import Substitution, Team, User
from aims.accounts.roles import Role
from aims.accounts.services import (
    command_line_account,
    member_add,
    role_grant,
    role_revoke,
    substitution_create,
    team_save,
)
from aims.signoffs.models import SignOff
from tests.factories import PASSWORD, make_team, make_user
from tests.lifecycle import sign, submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def heir(db: None) -> User:
    return make_user("Hedda Heir")


def leave(person: User, heir: User | None, by: User, **exceptions: User | None) -> None:
    """Hand everything that can be handed over to `heir`, with exceptions by the name of the kind."""
    successors = {
        held.key: exceptions.get(held.kind.name, heir)
        for held in held_by(person)
        if held.holding.passing != "ends"
    }
    deactivate(person, successors=successors, by=by, reason="Left the company")


def fresh(person: User) -> User:
    return User.objects.get(pk=person.pk)


# --- Teams and roles ---------------------------------------------------------------------------------------


def test_the_heir_leads_the_team_and_the_leaver_is_out_of_it(
    owner: User, team: Team, heir: User, admin: User
) -> None:
    leave(owner, heir, admin)
    team.refresh_from_db()
    assert team.lead == heir
    assert set(team.memberships.values_list("user", flat=True)) == {heir.pk, team.deputy_id}
    newest = team.history.latest()
    assert (newest.history_user, newest.history_change_reason) == (admin, "Left the company")


def test_a_team_is_not_left_without_a_lead_and_then_nothing_happens(
    owner: User, team: Team, heir: User, admin: User
) -> None:
    other = make_team("team-other", lead=owner)
    with pytest.raises(ValidationError) as refused:
        leave(owner, heir, admin, team=None)
    assert set(refused.value.error_dict) == {f"team-{team.pk}", f"team-{other.pk}"}
    assert fresh(owner).is_active
    assert Team.objects.filter(lead=owner).count() == 2


def test_half_of_a_hand_over_is_undone(owner: User, team: Team, heir: User, admin: User) -> None:
    make_team("team-other", lead=owner)
    with pytest.raises(ValidationError):
        deactivate(owner, successors={f"team-{team.pk}": heir}, by=admin, reason="Left")
    team.refresh_from_db()
    assert team.lead == owner


def test_a_deputy_who_becomes_lead_leaves_the_deputys_place_empty(
    owner: User, deputy: User, team: Team, admin: User
) -> None:
    leave(owner, deputy, admin)
    team.refresh_from_db()
    assert (team.lead, team.deputy) == (deputy, None)


def test_a_deputy_may_go_without_a_successor(deputy: User, team: Team, admin: User) -> None:
    leave(deputy, None, admin)
    team.refresh_from_db()
    assert team.deputy is None
    assert not team.memberships.filter(user=deputy).exists()


def test_roles_end_or_pass_on(dpo: User, heir: User, admin: User) -> None:
    leave(dpo, heir, admin)
    assert fresh(heir).granted_roles == {Role.DPO}
    assert fresh(dpo).granted_roles == frozenset()


def test_an_administrator_cannot_hand_a_role_to_themselves(dpo: User, admin: User) -> None:
    with pytest.raises(ValidationError, match="cannot give yourself a role"):
        leave(dpo, admin, admin)
    assert fresh(dpo).is_active
    assert fresh(admin).granted_roles == {Role.ADMIN}


def test_nor_a_place_in_a_team(owner: User, team: Team, admin: User) -> None:
    with pytest.raises(ValidationError, match="cannot put yourself into a team"):
        leave(owner, admin, admin)
    assert not team.memberships.filter(user=admin).exists()


def test_nothing_goes_to_somebody_who_is_gone(owner: User, heir: User, admin: User) -> None:
    leave(heir, None, admin)
    with pytest.raises(ValidationError, match="deactivated"):
        leave(owner, heir, admin)


def test_who_has_just_left_is_given_nothing_by_a_page_that_is_older(
    heir: User, team: Team, admin: User
) -> None:
    older = fresh(heir)
    leave(heir, None, admin)
    team.lead = older
    for give in (
        lambda: role_grant(older, Role.DPO, by=admin),
        lambda: member_add(team, older, by=admin),
        lambda: team_save(team, by=admin),
    ):
        with pytest.raises(ValidationError, match="deactivated"):
            give()


def test_the_last_signer_is_named_with_what_then_waits(
    dpo: User, heir: User, owner: User, make_system: Any
) -> None:
    submit_assessment(make_system(name="Claims triage", data_sensitivity="pii", risk_tier="high"), owner)
    with CaptureQueriesContext(connection) as captured:
        [held] = held_by(dpo)
    assert "Claims triage" in held.holding.warning
    assert len(captured) <= 7  # with the three of every page, the person, and the list of people: twelve
    role_grant(heir, Role.DPO, by=None)
    assert held_by(dpo)[0].holding.warning == ""


def test_an_invited_signer_is_nobody_to_wait_for(dpo: User, heir: User) -> None:
    role_grant(heir, Role.DPO, by=None)
    heir.set_unusable_password()
    heir.save()
    assert held_by(dpo)[0].holding.warning


def test_substitutions_end_on_both_sides(dpo: User, cto: User, heir: User, admin: User) -> None:
    today = timezone.localdate()
    days = {"starts": today, "ends": today + dt.timedelta(days=9), "reason": "Leave"}
    substitution_create(holder=dpo, role=Role.DPO, substitute=heir, **days)
    substitution_create(holder=cto, role=Role.CTO, substitute=dpo, **days)
    leave(dpo, None, admin)
    assert not Substitution.objects.running(on=today).exists()
    assert Substitution.history.filter(history_type="~").first().history_user == admin


# --- The account -------------------------------------------------------------------------------------------


def test_sessions_end_and_nobody_logs_in(outsider: User, admin: User, client_of: ClientOf) -> None:
    client = client_of(outsider)
    assert client.get(reverse("account")).status_code == 200
    leave(outsider, None, admin)
    assert client.get(reverse("account")).status_code == 302
    assert not fresh(outsider).has_usable_password()
    again = Client()
    again.post(reverse("account_login"), {"login": outsider.email, "password": PASSWORD})
    assert "_auth_user_id" not in again.session


def test_who_returns_gets_nothing_back_not_even_the_old_session(
    owner: User, team: Team, heir: User, admin: User, client_of: ClientOf
) -> None:
    role_grant(owner, Role.AUDITOR, by=None)
    client = client_of(owner)
    leave(owner, heir, admin)
    reactivate(fresh(owner), by=admin, reason="Came back")
    back = fresh(owner)
    assert back.is_active
    assert back.roles == frozenset()
    assert not back.has_usable_password()
    assert client.get(reverse("account")).status_code == 302


def test_signatures_stay(dpo: User, owner: User, admin: User, make_system: Any) -> None:
    submitted = submit_assessment(make_system(data_sensitivity="pii", risk_tier="high"), owner)
    signoff = sign("assessment", submitted.ref, Role.DPO, dpo)
    leave(dpo, None, admin)
    assert SignOff.objects.get(pk=signoff.pk).signer == dpo


def test_places_in_closed_teams_are_not_kept_for_a_return(deputy: User, outsider: User, admin: User) -> None:
    closed = make_team("team-closed", members=(outsider,))
    closed.is_active = False
    team_save(closed, by=None)
    leave(outsider, None, admin)
    assert not closed.memberships.filter(user=outsider).exists()


def test_a_reason_is_asked_for(outsider: User, admin: User) -> None:
    with pytest.raises(ValidationError, match="Say why"):
        deactivate(outsider, successors={}, by=admin, reason="  ")


# --- Who may -----------------------------------------------------------------------------------------------


def test_nobody_deactivates_themselves(admin: User) -> None:
    make_user("Second Admin", Role.ADMIN)
    with pytest.raises(PermissionDenied):
        deactivate(admin, successors={}, by=admin, reason="Bye")


@pytest.mark.parametrize("persona", ["lead", "auditor", "owner", "dpo"])
def test_only_administrators_deactivate(persona: str, outsider: User, request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        deactivate(outsider, successors={}, by=request.getfixturevalue(persona), reason="Bye")
    assert fresh(outsider).is_active


def test_of_two_who_deactivate_each_other_one_remains(admin: User) -> None:
    second = make_user("Second Admin", Role.ADMIN)
    make_user("Third Admin", Role.ADMIN)
    at_the_same_time = fresh(second)
    at_the_same_time.roles  # noqa: B018  (asked before the first one acts)
    leave(second, None, admin)
    with pytest.raises(PermissionDenied):
        leave(admin, None, at_the_same_time)
    assert fresh(admin).is_active


def test_an_invited_administrator_does_not_count_as_one_who_remains(admin: User) -> None:
    invited = make_user("Second Admin", Role.ADMIN)
    invited.set_unusable_password()
    invited.save()
    with pytest.raises(ValidationError, match="last administrator"):
        role_revoke(admin.role_grants.get(), by=None)


def test_the_account_of_commands_stays(admin: User) -> None:
    with pytest.raises(ValidationError, match="Commands run"):
        leave(command_line_account(), None, admin)


def test_the_back_office_leads_to_the_persons_page(admin: User, outsider: User, client_of: ClientOf) -> None:
    url = reverse("admin:accounts_user_change", args=[outsider.pk])
    values = {
        "email": outsider.email,
        "name": outsider.name,
        "role_grants-TOTAL_FORMS": "0",
        "role_grants-INITIAL_FORMS": "0",
    }
    assert reverse("person", args=[outsider.pk]) in client_of(admin).post(url, values).content.decode()
    assert fresh(outsider).is_active


# --- The page ----------------------------------------------------------------------------------------------


def test_the_page_hands_over_with_an_exception(
    owner: User, team: Team, heir: User, deputy: User, admin: User, client_of: ClientOf
) -> None:
    other = make_team("team-other", lead=owner)
    url = reverse("person-deactivate", args=[owner.pk])
    answer = client_of(admin).post(
        url,
        {
            "successor": heir.email,
            "reason": "Left",
            f"how-team-{team.pk}": "same",
            f"how-team-{other.pk}": "other",
            f"other-team-{other.pk}": deputy.name,
        },
    )
    assert answer.status_code == 302, answer.context["form"].errors
    team.refresh_from_db(), other.refresh_from_db()
    assert (team.lead, other.lead) == (heir, deputy)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"successor": ""}, "successor", "Lead of AI platform team must not be left without one"),
        ({"successor": "nobody@example.com"}, "successor", "Nobody active has this"),
        ({"reason": ""}, "reason", "required"),
        ({"successor": "owner@example.com"}, "how-team", "is the one who leaves"),
    ],
)
def test_what_is_missing_stands_beside_its_field(
    changed: dict[str, str],
    field: str,
    words: str,
    owner: User,
    heir: User,
    team: Team,
    admin: User,
    client_of: ClientOf,
) -> None:
    values = {"successor": heir.email, "reason": "Left", f"how-team-{team.pk}": "same"} | changed
    answer = client_of(admin).post(reverse("person-deactivate", args=[owner.pk]), values)
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert words in str(errors[f"how-team-{team.pk}" if field == "how-team" else field])
    assert fresh(owner).is_active


def test_a_team_that_came_meanwhile_is_not_overlooked(
    owner: User, heir: User, team: Team, admin: User, client_of: ClientOf
) -> None:
    client, url = client_of(admin), reverse("person-deactivate", args=[owner.pk])
    client.get(url)
    make_team("team-late", lead=owner)
    values = {"successor": heir.email, "reason": "Left", f"how-team-{team.pk}": "same"}
    assert client.post(url, values).status_code == 422
    assert fresh(owner).is_active
