"""Addresses and cookies that nobody types."""

from collections.abc import Callable

import pytest
from django.test import Client

from aims.accounts.models import User
from registry.models import AISystem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/systems/?q=a%00b",
        "/assessments/?q=%00",
        "/controls/?q=%00",
        "/controls/%00/",
        "/decisions/system/a%00b/",
        "/admin/registry/aisystem/?stage__exact=%00",
    ],
)
def test_a_nul_in_the_address_is_a_bad_request(
    address: str, lead: User, client_of: Callable[[User], Client]
) -> None:
    response = client_of(lead).get(address)
    assert response.status_code == 400
    assert "could not make sense of that" in response.text


def test_a_nul_in_a_cookie_is_a_bad_request(db: None, client: Client) -> None:
    cookie = 'sessionid="\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'
    assert client.get("/systems/", headers={"cookie": cookie}).status_code == 400


@pytest.mark.parametrize("version", ["last", "1e9", "²", "-1", "x" * 300, "9" * 30])
def test_a_version_of_history_that_cannot_be_is_not_found(
    version: str, lead: User, make_system: Callable[..., AISystem], client_of: Callable[[User], Client]
) -> None:
    address = f"/admin/registry/aisystem/{make_system().pk}/history/{version}/"
    assert client_of(lead).get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/work/", "/systems/", "/systems/{}/", "/systems/{}/record.yaml", "/import/", "/account/", "/nowhere/"],
)
def test_nobody_else_keeps_a_persons_pages(
    address: str, owner: User, make_system: Callable[..., AISystem], client_of: Callable[[User], Client]
) -> None:
    response = client_of(owner).get(address.format(make_system().slug))
    assert response["Cache-Control"] == "private, no-store"


def test_what_is_public_may_be_kept(db: None, client: Client) -> None:
    assert "public" in client.get("/schemas/ai-system.json")["Cache-Control"]
