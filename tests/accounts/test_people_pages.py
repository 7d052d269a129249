"""The pages of people and teams."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from aims.accounts.models import RoleGrant, Team, User
from aims.accounts.roles import Role
from aims.accounts.services import member_add
from tests.factories import make_system, make_team, make_user

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def names(answer: Any) -> list[str]:
    return [row.person.name for row in answer.context["listing"].rows]


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


# --- The list of people ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=dora", ["Dora Protection"]),
        ("q=dpo@example", ["Dora Protection"]),
        ("role=dpo", ["Dora Protection"]),
        ("role=owner", ["Dimitri Deputy", "Olga Owner"]),
        ("team=team-ai-platform&q=olga", ["Olga Owner"]),
        ("state=invited", ["Ida Invited"]),
        ("state=inactive", ["Gerd Gone"]),
        ("state=active&sort=-name", ["Olga Owner", "Dora Protection", "Dimitri Deputy", "Ada Admin"]),
        ("q=zebra", []),
        ("role=nonsense&state=x&q=dora", ["Dora Protection"]),
    ],
)
def test_the_list_is_narrowed_by_its_address(
    query: str, found: list[str], admin: User, dpo: User, owner: User, client_of: ClientOf
) -> None:
    invited = make_user("Ida Invited")
    invited.set_unusable_password()
    invited.save()
    make_user("Gerd Gone", is_active=False)
    assert names(client_of(admin).get(f"{reverse('people')}?{query}")) == found


def test_the_queries_of_the_pages_do_not_grow_with_the_people(
    admin: User, owner: User, team: Team, client_of: ClientOf
) -> None:
    client = client_of(admin)
    urls = [
        reverse("people"),
        reverse("person", args=[owner.pk]),
        reverse("person-deactivate", args=[owner.pk]),
        reverse("registry:person-access", args=[owner.pk]),
        reverse("substitutions"),
        reverse("teams"),
        reverse("team", args=[team.slug]),
        reverse("team-edit", args=[team.slug]),
        reverse("people-invite"),
    ]
    make_system(team)
    few = {url: queries(client, url) for url in urls}
    for number in range(8):
        person = make_user("", Role.AUDITOR, Role.ONCALL)
        make_system(make_team(f"team-more-{number}", lead=owner, deputy=person))
        member_add(team, person, by=None)
    assert {url: queries(client, url) for url in urls} == few
    assert max(few.values()) <= 12, few


# --- One person --------------------------------------------------------------------------------------------


def test_everybody_may_read_their_own_page_and_only_that(
    outsider: User, dpo: User, client_of: ClientOf
) -> None:
    client = client_of(outsider)
    assert client.get(outsider.get_absolute_url()).status_code == 200
    assert client.get(dpo.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("persona", ["auditor", "admin"])
def test_who_may_not_act_sees_no_button(
    persona: str, dpo: User, admin: User, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    page = client_of(request.getfixturevalue(persona)).get(dpo.get_absolute_url()).content.decode()
    for words in ("Give the role", "Take the role back", "Deactivate"):
        assert (words in page) is (persona == "admin")


def test_a_role_is_given_and_taken_with_a_reason_on_record(
    admin: User, outsider: User, client_of: ClientOf
) -> None:
    client = client_of(admin)
    client.post(reverse("role-give", args=[outsider.pk]), {"role": "oncall", "reason": "New shift"})
    assert outsider.role_grants.get().role == "oncall"
    page = client.get(outsider.get_absolute_url()).content.decode()
    assert "New shift" in page
    assert "given by Ada Admin" in page
    take = reverse("role-take", args=[outsider.pk, "oncall"])
    client.post(take, {"reason": ""})
    assert outsider.role_grants.exists()
    client.post(take, {"reason": "Shift over"})
    newest = RoleGrant.history.first()
    assert (newest.history_type, newest.history_change_reason) == ("-", "Shift over")


@pytest.mark.parametrize("role", ["dpo", "admin"])
def test_nobody_touches_their_own_roles(role: str, admin: User, client_of: ClientOf) -> None:
    client = client_of(admin)
    give = client.post(reverse("role-give", args=[admin.pk]), {"role": "dpo", "reason": "Mine"})
    take = client.post(reverse("role-take", args=[admin.pk, role]), {"reason": "Mine"})
    assert (give.status_code, take.status_code) == (403, 403)
    assert [grant.role for grant in admin.role_grants.all()] == ["admin"]


def test_taking_the_last_signing_role_warns(admin: User, dpo: User, client_of: ClientOf) -> None:
    answer = client_of(admin).post(
        reverse("role-take", args=[dpo.pk, "dpo"]), {"reason": "New duty"}, follow=True
    )
    assert "waits for nobody" in answer.content.decode()


def test_who_was_reactivated_is_let_in_by_an_invitation(
    admin: User, outsider: User, client_of: ClientOf
) -> None:
    client = client_of(admin)
    client.post(reverse("person-deactivate", args=[outsider.pk]), {"reason": "Left"})
    assert "deactivated" in client.get(outsider.get_absolute_url()).content.decode()
    client.post(reverse("person-reactivate", args=[outsider.pk]), {"reason": "Back"})
    assert "Send an invitation" in client.get(outsider.get_absolute_url()).content.decode()


# --- Teams -------------------------------------------------------------------------------------------------


def test_members_read_the_page_of_their_team_and_no_other(
    owner: User, team: Team, client_of: ClientOf
) -> None:
    other = make_team("team-far")
    client = client_of(owner)
    assert client.get(team.get_absolute_url()).status_code == 200
    assert client.get(other.get_absolute_url()).status_code == 404


def test_a_team_is_made_with_lead_and_deputy_as_members(
    admin: User, dpo: User, owner: User, client_of: ClientOf
) -> None:
    answer = client_of(admin).post(
        reverse("team-new"),
        {"name": "New team", "slug": "team-new", "lead": "Dora Protection", "deputy": owner.email},
    )
    assert answer.status_code == 302, answer.context["form"].errors
    made = Team.objects.get(slug="team-new")
    assert set(made.memberships.values_list("user", flat=True)) == {dpo.pk, owner.pk}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"lead": "nobody@example.com"}, "lead"),
        ({"slug": "new"}, "slug"),
        ({"slug": "team-ai-platform"}, "slug"),
        ({"deputy": "dpo@example.com"}, "__all__"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_with_a_team_stands_beside_its_field(
    changed: dict[str, str], field: str, admin: User, dpo: User, team: Team, client_of: ClientOf
) -> None:
    values = {"name": "New team", "slug": "team-new", "lead": dpo.email} | changed
    answer = client_of(admin).post(reverse("team-new"), values)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_an_administrator_does_not_make_themselves_an_owner(
    admin: User, team: Team, client_of: ClientOf
) -> None:
    client = client_of(admin)
    values = {"name": team.name, "lead": admin.email, "is_active": "on"}
    assert client.post(reverse("team-edit", args=[team.slug]), values).status_code == 422
    added = client.post(reverse("team-member-add", args=[team.slug]), {"person": admin.email})
    assert added.status_code == 422
    assert not team.memberships.filter(user=admin).exists()


def test_a_team_that_owns_systems_is_not_switched_off(admin: User, team: Team, client_of: ClientOf) -> None:
    make_system(team)
    answer = client_of(admin).post(
        reverse("team-edit", args=[team.slug]), {"name": team.name, "lead": team.lead.email}
    )
    assert "The team still owns 1 system" in str(answer.context["form"].errors["is_active"])


def test_members_come_and_go_but_not_the_lead(
    admin: User, team: Team, outsider: User, client_of: ClientOf
) -> None:
    client = client_of(admin)
    client.post(reverse("team-member-add", args=[team.slug]), {"person": outsider.name})
    assert team.memberships.filter(user=outsider).exists()
    for person in (outsider, team.lead):
        client.post(reverse("team-member-remove", args=[team.slug, person.pk]))
    assert not team.memberships.filter(user=outsider).exists()
    assert team.memberships.filter(user=team.lead).exists()


def test_two_people_of_one_name_are_told_apart_by_address(
    admin: User, team: Team, client_of: ClientOf
) -> None:
    for number in (1, 2):
        make_user("Anna Same", email=f"anna{number}@example.com")
    answer = client_of(admin).post(reverse("team-member-add", args=[team.slug]), {"person": "Anna Same"})
    assert "Several people are called that" in answer.content.decode()
