"""The content security policy stands on every answer, with its one exception for the admin."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from aims.accounts.models import User
from registry.models import AISystem

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]

STRICT = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'"
)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/work/",
        "/systems/",
        "/systems/claims-triage/",
        "/assessments/",
        "/import/",
        "/policies/",
        "/policies/ai/signoffs.rego",
        "/controls/",
        "/controls/A.2.2/",
        "/decisions/system/claims-triage/",
        "/account/",
        "/accounts/login/",
        "/healthz",
        "/schemas/ai-system.json",
        "/nowhere/",
    ],
)
def test_portal_is_strict(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, address: str
) -> None:
    call_command("load_catalogue", verbosity=0)
    make_system(slug="claims-triage")
    response = client_of(owner).get(address)
    assert response.status_code in (200, 302, 404)
    assert response["Content-Security-Policy"] == STRICT
    assert "camera=()" in response["Permissions-Policy"]


def test_refusals_are_strict_too(client_of: ClientOf, outsider: User) -> None:
    response = client_of(outsider).get("/policies/")
    assert response.status_code == 403
    assert response["Content-Security-Policy"] == STRICT


def test_admin_alone_may_style_inline(client_of: ClientOf, admin: User) -> None:
    policy = client_of(admin).get("/admin/")["Content-Security-Policy"]
    assert policy == STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    assert "script-src 'self';" in policy


@pytest.mark.parametrize(
    "address", ["/work/", "/policies/", "/controls/", "/decisions/system/claims-triage/"]
)
def test_pages_carry_nothing_that_the_policy_forbids(
    client_of: ClientOf, make_system: Callable[..., AISystem], dpo: User, address: str
) -> None:
    call_command("load_catalogue", verbosity=0)
    make_system(slug="claims-triage", data_sensitivity="pii")
    text = client_of(dpo).get(address).content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text
    assert " onclick=" not in text
