"""The first visit to an empty portal."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import command_line_account
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ANSWERS = {
    "name": "Ada First",
    "email": "Ada@Example.com",
    "password1": "a long enough phrase",
    "password2": "a long enough phrase",
}


@pytest.fixture(autouse=True)
def asked_for(settings: Any) -> None:
    settings.AIMS_WELCOME = True


def test_the_root_leads_there(client: Client) -> None:
    assert client.get("/").headers["Location"] == reverse("welcome")


def test_the_first_visitor_becomes_administrator_and_goes_on_to_the_first_steps(client: Client) -> None:
    answer = client.post(reverse("welcome"), ANSWERS)
    assert answer.headers["Location"] == reverse("start")
    person = User.objects.get(email="ada@example.com")
    assert person.granted_roles == {Role.ADMIN, Role.LEAD}
    assert client.get(reverse("start")).status_code == 200


def test_there_is_no_second_first_visitor(client: Client) -> None:
    make_user()
    assert client.get(reverse("welcome")).status_code == 404
    assert client.post(reverse("welcome"), ANSWERS).status_code == 404
    assert User.objects.count() == 1


def test_the_account_of_commands_is_not_somebody(client: Client) -> None:
    command_line_account()
    assert client.get(reverse("welcome")).status_code == 200


def test_it_is_not_there_unless_asked_for(client: Client, settings: Any) -> None:
    settings.AIMS_WELCOME = False
    assert client.post(reverse("welcome"), ANSWERS).status_code == 404
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"password2": "something else"}, "password2"),
        ({"password1": "short", "password2": "short"}, "password2"),
        ({"password1": "ada@example.com", "password2": "ada@example.com"}, "password2"),
        ({"email": "nobody"}, "email"),
        ({"name": ""}, "name"),
    ],
)
def test_wrong_answers_are_said_at_the_field(changed: dict[str, str], field: str, client: Client) -> None:
    answer = client.post(reverse("welcome"), ANSWERS | changed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not User.objects.exists()


def test_a_form_from_elsewhere_is_refused() -> None:
    assert Client(enforce_csrf_checks=True).post(reverse("welcome"), ANSWERS).status_code == 403
