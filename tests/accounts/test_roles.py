"""Giving and taking roles."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from aims.accounts.models import RoleGrant, User
from aims.accounts.roles import Role
from aims.accounts.services import member_remove, role_grant, role_revoke

pytestmark = pytest.mark.django_db


def test_nobody_gives_themselves_a_role(admin: User) -> None:
    with pytest.raises(PermissionDenied):
        role_grant(admin, Role.DPO, by=admin)
    assert not RoleGrant.objects.filter(user=admin, role=Role.DPO).exists()


def test_the_administrators_own_page_has_no_room_for_a_further_role(admin: User, client_of: Any) -> None:
    client = client_of(admin)
    own = client.get(reverse("admin:accounts_user_change", args=[admin.pk]))
    assert b"role_grants-__prefix__-role" not in own.content


def test_a_role_of_somebody_else_can_be_given_on_their_page(admin: User, dpo: User, client_of: Any) -> None:
    page = client_of(admin).get(reverse("admin:accounts_user_change", args=[dpo.pk]))
    assert b"role_grants-__prefix__-role" in page.content


def test_taking_a_role_leaves_who_did_it_in_the_history(admin: User, dpo: User) -> None:
    role_revoke(dpo.role_grants.get(), by=admin)
    newest = RoleGrant.history.first()
    assert (newest.history_type, newest.history_user) == ("-", admin)


def test_the_lead_of_a_team_stays_its_member(team: Any, admin: User) -> None:
    with pytest.raises(ValidationError):
        member_remove(team.memberships.get(user=team.lead), by=admin)


def test_an_administrator_cannot_set_the_password_of_somebody_who_signs(
    admin: User, dpo: User, auditor: User, client_of: Any
) -> None:
    client = client_of(admin)
    new = {"password1": "a-new-password-42", "password2": "a-new-password-42"}
    refused = client.post(reverse("admin:auth_user_password_change", args=[dpo.pk]), new)
    assert refused.status_code == 403
    assert client.post(reverse("admin:auth_user_password_change", args=[auditor.pk]), new).status_code == 302
    dpo.refresh_from_db(), auditor.refresh_from_db()
    assert not dpo.check_password("a-new-password-42")
    assert auditor.check_password("a-new-password-42")
