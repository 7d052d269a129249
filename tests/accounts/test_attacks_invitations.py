"""Invitations under hostile input, and links that went to the wrong address."""

from collections.abc import Callable

import pytest
from django.test import Client

from aims.accounts import departures, invitations
from aims.accounts.models import User
from tests.page_forms import posted

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.mark.parametrize("address", [f"{'a' * 245}@example.com", f"{'a' * 290}@example.com"])
def test_an_address_that_is_too_long_is_said_in_the_form(
    address: str, admin: User, client_of: ClientOf
) -> None:
    response = client_of(admin).post("/people/invite/", {"people": address})
    assert response.status_code == 422
    assert "too long" in response.text
    assert not User.objects.filter(email__startswith="aaa").exists()


def test_a_line_without_end_is_not_searched_for_an_address(admin: User, client_of: ClientOf) -> None:
    """The search takes time by the square of the length: minutes for a line of this kind."""
    response = client_of(admin).post("/people/invite/", {"people": "x" * 1_000 + ", paula@example.com"})
    assert response.status_code == 422
    assert "needs one e-mail address" in response.text


def test_a_link_to_a_wrong_address_opens_nothing_once_the_address_is_put_right(
    admin: User, client_of: ClientOf
) -> None:
    (sent,) = invitations.invite([invitations.Invitee("Paula", "puala@example.com")], by=admin)
    link = f"/invitation/{invitations.token_of(sent)}/"
    client, address = client_of(admin), f"/admin/accounts/user/{sent.pk}/change/"
    shown = posted(client.get(address).text, holding="email")
    assert client.post(address, shown | {"email": "paula@example.com"}).status_code == 302
    assert Client().get(link).status_code == 404


def test_an_address_longer_than_a_name_can_be_is_invited(admin: User, client_of: ClientOf) -> None:
    response = client_of(admin).post("/people/invite/", {"people": f"{'a' * 240}@example.com"})
    assert response.status_code == 302


def test_a_nul_in_the_reason_does_not_stop_a_return(admin: User, outsider: User, client_of: ClientOf) -> None:
    departures.deactivate(outsider, successors={}, by=admin, reason="left")
    response = client_of(admin).post(f"/people/{outsider.pk}/reactivate/", {"reason": "back\0"})
    assert response.status_code == 302
    assert outsider.history.first().history_change_reason == "back"


@pytest.mark.parametrize("team", ["9" * 30, "-1", "no-such-team", "\0"])
def test_a_forged_team_is_refused_in_the_form(team: str, admin: User, client_of: ClientOf) -> None:
    values = {"people": "Paula Person, paula@example.com", "teams": team}
    assert client_of(admin).post("/people/invite/", values).status_code == 422
    assert not User.objects.filter(email="paula@example.com").exists()
