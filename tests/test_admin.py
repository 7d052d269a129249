"""The back office: who opens what, and that no door of it goes around the services."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from aims.accounts.models import Team, User
from aims.accounts.roles import Role
from registry.choices import Stage
from registry.models import AISystem, SystemException
from registry.services import system_move
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def change_url(obj: Any) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def list_url(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture
def system(make_system: Callable[..., AISystem]) -> AISystem:
    return make_system(slug="post-sorter", name="Post sorter")


@pytest.fixture
def foreign(make_system: Callable[..., AISystem], make_team: Callable[..., Team]) -> AISystem:
    """A system of another team."""
    return make_system(make_team("team-elsewhere"), slug="elsewhere", name="Elsewhere")


def posted(client: Client, system: AISystem, **changed: Any) -> dict[str, Any]:
    """What a browser sends from the change form, with some fields changed."""
    form = client.get(change_url(system)).context["adminform"].form
    values = {bound.html_name: "" if (value := bound.value()) is None else value for bound in form}
    for box in ("in_scope", "version_pinned"):
        if not values.get(box):
            values.pop(box, None)
    return values | changed


# --- Who comes in ------------------------------------------------------------------------------------------

INSIDE = {"owner", "deputy", "lead", "auditor", "admin"}
OUTSIDE = {"dpo", "cto", "security", "oncall", "outsider", "external_auditor"}


@pytest.mark.parametrize("persona", sorted(INSIDE | OUTSIDE))
def test_the_table_of_roles_says_who_enters(
    persona: str, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    answer = client_of(request.getfixturevalue(persona)).get("/admin/")
    assert answer.status_code == (200 if persona in INSIDE else 302)


def test_the_portals_login_is_the_only_way_in(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_who_may_not_enter_is_told_so(dpo: User, client_of: ClientOf) -> None:
    assert client_of(dpo).get("/admin/", follow=True).status_code == 403


def test_nothing_can_be_deleted_and_nothing_be_done_in_bulk(rf: Any, admin_user_request: Any) -> None:
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label in ("auth", "account"):  # not in the table of roles: closed to everybody
            assert not model_admin.has_module_permission(admin_user_request), model
        else:
            assert not model_admin.has_delete_permission(admin_user_request), model
            assert not model_admin.get_actions(admin_user_request), model


@pytest.fixture
def admin_user_request(rf: Any, admin: User) -> Any:
    request = rf.get("/admin/")
    request.user = admin
    return request


@pytest.mark.parametrize("persona", sorted(INSIDE))
def test_every_list_and_form_that_is_offered_opens(
    persona: str, request: pytest.FixtureRequest, client_of: ClientOf, system: AISystem, make_decision: Any
) -> None:
    make_decision(system)
    client = client_of(request.getfixturevalue(persona))
    offered = client.get("/admin/").context["available_apps"]
    for model in (model for app in offered for model in app["models"]):
        listed = client.get(model["admin_url"])
        assert listed.status_code == 200
        if model["add_url"]:
            assert client.get(model["add_url"]).status_code == 200
        for obj in listed.context["cl"].queryset[:2]:
            assert client.get(change_url(obj)).status_code == 200


@pytest.fixture
def make_decision(owner: User) -> Callable[[AISystem], Any]:
    """A refusal of the gate, on record."""

    def make(system: AISystem) -> Any:
        system_move(system, "assess", by=owner)
        return system_move(system, "promote", by=owner).decision

    return make


# --- Systems -----------------------------------------------------------------------------------------------


def test_owners_see_only_their_systems(
    owner: User, client_of: ClientOf, system: AISystem, foreign: AISystem
) -> None:
    page = client_of(owner).get(list_url(AISystem)).content.decode()
    assert "Post sorter" in page
    assert "Elsewhere" not in page


@pytest.mark.parametrize("path", ["change/", "history/"])
def test_another_teams_system_is_not_there_for_an_owner(
    path: str, owner: User, client_of: ClientOf, foreign: AISystem
) -> None:
    answer = client_of(owner).get(change_url(foreign).replace("change/", path))
    assert answer.status_code in (302, 403)
    assert b"Elsewhere" not in client_of(owner).get(change_url(foreign), follow=True).content


def test_another_teams_old_versions_are_not_there_either(
    owner: User, client_of: ClientOf, foreign: AISystem
) -> None:
    url = reverse("admin:registry_aisystem_simple_history", args=[foreign.pk, foreign.history.get().pk])
    assert client_of(owner).get(url).status_code == 403


def test_an_edit_goes_through_the_service(owner: User, client_of: ClientOf, system: AISystem) -> None:
    client = client_of(owner)
    answer = client.post(change_url(system), posted(client, system, purpose="sorting mail", reason="Clearer"))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    system.refresh_from_db()
    assert (system.purpose, system.revision, system.edited_by) == ("sorting mail", 2, owner)
    newest = system.history.latest()
    assert (newest.history_user, newest.history_change_reason) == (owner, "Clearer")


def test_one_edit_makes_one_row_of_history(owner: User, client_of: ClientOf, system: AISystem) -> None:
    client = client_of(owner)
    client.post(change_url(system), posted(client, system, purpose="sorting mail"))
    assert system.history.count() == 2


def test_a_new_system_starts_as_a_draft(
    owner: User, client_of: ClientOf, team: Team, system: AISystem
) -> None:
    client = client_of(owner)
    values = posted(client, system, slug="second", name="Second", stage="production", seen="")
    answer = client.post(reverse("admin:registry_aisystem_add"), values)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert AISystem.objects.get(slug="second").stage == Stage.DRAFT


def test_the_schema_speaks_beside_the_field(owner: User, client_of: ClientOf, system: AISystem) -> None:
    client = client_of(owner)
    values = posted(client, system, rag_sources='[{"name": "kb", "colour": "red"}]')
    errors = client.post(change_url(system), values).context["adminform"].form.errors
    assert "colour" in str(errors["rag_sources"])


def test_an_edit_of_an_old_page_is_refused_in_words(
    owner: User, client_of: ClientOf, system: AISystem
) -> None:
    client = client_of(owner)
    values = posted(client, system, purpose="mine")
    client.post(change_url(system), posted(client, system, purpose="theirs"))
    answer = client.post(change_url(system), values)
    assert answer.status_code == 200
    assert "while you were editing" in str(answer.context["adminform"].form.non_field_errors())
    system.refresh_from_db()
    assert system.purpose == "theirs"


def test_a_system_cannot_be_handed_to_a_strangers_team(
    owner: User, client_of: ClientOf, system: AISystem, foreign: AISystem
) -> None:
    client = client_of(owner)
    errors = (
        client.post(change_url(system), posted(client, system, team=foreign.team_id))
        .context["adminform"]
        .form.errors
    )
    assert "team" in errors


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.DRAFT, Stage.ASSESSMENT}))
def test_what_is_approved_or_further_is_for_reading(
    stage: Stage, owner: User, client_of: ClientOf, system: AISystem, rf: Any
) -> None:
    model_admin = admin.site._registry[AISystem]
    request = rf.get("/")
    request.user = owner
    system.stage = stage
    assert not model_admin.has_change_permission(request, system)
    assert model_admin.has_view_permission(request, system)


def test_a_retired_system_refuses_what_is_posted(owner: User, client_of: ClientOf, system: AISystem) -> None:
    client = client_of(owner)
    values = posted(client, system, purpose="something else")
    system_move(system, "retire", by=owner, reason="Replaced")
    assert client.post(change_url(system), values).status_code == 403


@pytest.mark.parametrize("persona", ["auditor", "admin"])
def test_who_may_only_look_sees_no_button(
    persona: str, request: pytest.FixtureRequest, client_of: ClientOf, system: AISystem
) -> None:
    client = client_of(request.getfixturevalue(persona))
    page = client.get(change_url(system))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert client.post(change_url(system), {"purpose": "mine"}).status_code == 403


def test_an_old_version_cannot_be_brought_back(owner: User, client_of: ClientOf, system: AISystem) -> None:
    client = client_of(owner)
    first = system.history.get()
    values = posted(client, system)
    client.post(change_url(system), posted(client, system, purpose="sorting mail"))
    url = reverse("admin:registry_aisystem_simple_history", args=[system.pk, first.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, values).status_code == 403
    system.refresh_from_db()
    assert system.purpose == "sorting mail"


def test_the_stage_is_no_field(owner: User, client_of: ClientOf, system: AISystem) -> None:
    client = client_of(owner)
    client.post(change_url(system), posted(client, system, stage="production", stage_decision="1"))
    system.refresh_from_db()
    assert system.stage == Stage.DRAFT


# --- Decisions ---------------------------------------------------------------------------------------------


def test_decisions_of_other_teams_systems_are_not_listed(
    owner: User, stranger: User, client_of: ClientOf, system: AISystem, make_decision: Any
) -> None:
    decision = make_decision(system)
    assert client_of(owner).get(list_url(type(decision))).context["cl"].result_count == 1
    assert client_of(stranger).get(list_url(type(decision))).context["cl"].result_count == 0


# --- People ------------------------------------------------------------------------------------------------


def test_a_new_person_can_log_in(admin: User, client_of: ClientOf) -> None:
    answer = client_of(admin).post(
        reverse("admin:accounts_user_add"),
        {
            "email": "New@Example.com",
            "name": "Nadia New",
            "password1": "a long enough phrase",
            "password2": "a long enough phrase",
        },
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert User.objects.get(email="new@example.com").check_password("a long enough phrase")


def test_roles_are_given_and_taken_with_a_trace(admin: User, client_of: ClientOf) -> None:
    person = make_user("Paula Person", Role.AUDITOR)
    grant = person.role_grants.get()
    answer = client_of(admin).post(
        change_url(person),
        {
            "email": person.email,
            "name": person.name,
            "is_active": "on",
            "role_grants-TOTAL_FORMS": "2",
            "role_grants-INITIAL_FORMS": "1",
            "role_grants-0-id": grant.pk,
            "role_grants-0-user": person.pk,
            "role_grants-0-DELETE": "on",
            "role_grants-1-user": person.pk,
            "role_grants-1-role": "oncall",
        },
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert [entry.role for entry in person.role_grants.all()] == ["oncall"]
    trail = grant.history.model.objects.order_by("history_id").values_list(
        "role", "history_type", "history_user"
    )
    assert list(trail)[-2:] == [("auditor", "-", admin.pk), ("oncall", "+", admin.pk)]


def values_of(person: User, **changed: Any) -> dict[str, Any]:
    """What the page of a person posts."""
    return {
        "email": person.email,
        "name": person.name,
        "is_active": "on",
        "role_grants-TOTAL_FORMS": "0",
        "role_grants-INITIAL_FORMS": "0",
    } | changed


def test_nobody_else_changes_the_address_of_somebody_who_signs(
    admin: User, dpo: User, auditor: User, client_of: ClientOf
) -> None:
    """A new password would be mailed to it: whoever gets that signs as them."""
    client = client_of(admin)
    answer = client.post(change_url(dpo), values_of(dpo, email="mine@example.com"))
    assert "signs, so nobody else changes" in str(answer.context["adminform"].form.errors)
    assert client.post(change_url(dpo), values_of(dpo, name="Dora Newname")).status_code == 302
    dpo.refresh_from_db()
    assert (dpo.email, dpo.name) == ("dpo@example.com", "Dora Newname")
    assert client.post(change_url(auditor), values_of(auditor, email="aldo@example.com")).status_code == 302
    last = auditor.history.first()
    assert (last.history_user, last.history_change_reason) == (admin, "E-mail address changed")


def test_the_last_administrator_keeps_the_role(admin: User, client_of: ClientOf) -> None:
    grant = admin.role_grants.get()
    taken = {
        "role_grants-TOTAL_FORMS": "1",
        "role_grants-INITIAL_FORMS": "1",
        "role_grants-0-id": grant.pk,
        "role_grants-0-user": admin.pk,
        "role_grants-0-DELETE": "on",
    }
    answer = client_of(admin).post(change_url(admin), values_of(admin, **taken))
    assert answer.status_code == 200
    assert "is the last administrator who can log in" in answer.content.decode()
    assert admin.role_grants.exists()


def test_nobody_switches_off_their_own_account(admin: User, client_of: ClientOf) -> None:
    values = {
        "email": admin.email,
        "name": admin.name,
        "role_grants-TOTAL_FORMS": "0",
        "role_grants-INITIAL_FORMS": "0",
    }
    answer = client_of(admin).post(change_url(admin), values)
    assert "is_active" in answer.context["adminform"].form.errors


def test_no_hash_is_shown_and_a_new_password_can_be_set(admin: User, client_of: ClientOf) -> None:
    person = make_user("Paula Person")
    client = client_of(admin)
    page = client.get(change_url(person)).content.decode()
    url = reverse("admin:auth_user_password_change", args=[person.pk])
    assert url in page
    assert person.password not in page
    assert "md5" not in page
    client.post(url, {"password1": "a long enough phrase", "password2": "a long enough phrase"})
    person.refresh_from_db()
    assert person.check_password("a long enough phrase")
    assert LogEntry.objects.filter(object_id=str(person.pk), user=admin).exists()


def test_the_auditor_sees_people_but_changes_none(auditor: User, client_of: ClientOf) -> None:
    person = make_user("Paula Person")
    client = client_of(auditor)
    assert client.get(change_url(person)).status_code == 200
    assert client.post(change_url(person), {"name": "Other"}).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[person.pk])).status_code == 403


def test_a_teams_lead_is_made_a_member(lead: User, client_of: ClientOf) -> None:
    person = make_user("Paula Person")
    answer = client_of(lead).post(
        reverse("admin:accounts_team_add"),
        {"slug": "team-new", "name": "New team", "lead": person.pk, "is_active": "on"},
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert Team.objects.get(slug="team-new").memberships.get().user == person


def test_a_lead_does_not_leave_the_team_by_the_list_of_members(
    admin: User, client_of: ClientOf, team: Team
) -> None:
    place = team.memberships.get(user=team.lead)
    answer = client_of(admin).post(
        change_url(team),
        {
            "name": team.name,
            "lead": team.lead_id,
            "deputy": team.deputy_id,
            "is_active": "on",
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "1",
            "memberships-0-id": place.pk,
            "memberships-0-team": team.pk,
            "memberships-0-DELETE": "on",
        },
    )
    assert answer.status_code == 200
    assert team.memberships.filter(user=team.lead).exists()


def test_an_exception_opens_one_system_until_its_day(
    admin: User, outsider: User, client_of: ClientOf, system: AISystem
) -> None:
    permission = Permission.objects.get(codename="view_aisystem", content_type__app_label="registry")
    answer = client_of(admin).post(
        reverse("admin:registry_systemexception_add"),
        {
            "user": outsider.pk,
            "content_object": system.pk,
            "permission": permission.pk,
            "until": "2999-12-31",
            "reason": "Helps with the audit",
        },
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert list(AISystem.objects.visible_to(outsider)) == [system]
    entry = SystemException.objects.get()
    assert entry.history.get().history_user == admin


def test_a_team_that_owns_systems_is_not_switched_off(
    admin: User, client_of: ClientOf, system: AISystem
) -> None:
    team = system.team
    posted = {
        "name": "Another name",
        "lead": team.lead_id,
        "deputy": team.deputy_id or "",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    answer = client_of(admin).post(change_url(team), posted, follow=True)
    assert answer.status_code == 200
    assert "The team still owns" in answer.content.decode()
    team.refresh_from_db()
    assert (team.is_active, team.name) == (True, system.team.name)
