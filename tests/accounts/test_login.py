"""Logging in: through allauth, by e-mail address, with limits, and nobody signs up."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from aims.accounts.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make_user("Paula Person")


def log_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post(reverse("account_login"), {"login": email, "password": password}).status_code


@pytest.mark.parametrize("spelling", ["paula.person@example.com", "Paula.Person@Example.COM"])
def test_the_address_counts_in_any_case(spelling: str, person: User, client: Client) -> None:
    assert log_in(client, spelling) == 302
    assert client.session["_auth_user_id"] == str(person.pk)


def test_a_wrong_password_does_not_log_in(person: User, client: Client) -> None:
    assert log_in(client, person.email, "wrong") == 200
    assert "_auth_user_id" not in client.session


def test_guessing_is_stopped_even_for_the_right_password(person: User, client: Client) -> None:
    for _attempt in range(12):
        log_in(client, person.email, "wrong")
    log_in(client, person.email)
    assert "_auth_user_id" not in client.session


def test_who_is_switched_off_does_not_come_in(person: User, client: Client) -> None:
    person.is_active = False
    person.save()
    log_in(client, person.email)
    assert "_auth_user_id" not in client.session


def test_who_is_switched_off_while_logged_in_is_out(person: User, client: Client) -> None:
    log_in(client, person.email)
    person.is_active = False
    person.save()
    assert client.get(reverse("account")).status_code == 302


def test_signing_up_is_closed(client: Client) -> None:
    form = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    client.post(reverse("account_signup"), form)
    assert not User.objects.exists()


def test_the_address_cannot_be_changed_by_oneself() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("account_email")


def test_a_forgotten_password_is_set_anew_by_mail(person: User, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": person.email})
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    page = client.get("/" + link.split("/", 3)[3], follow=True)
    answer = client.post(
        page.redirect_chain[-1][0],
        {"password1": "another long phrase", "password2": "another long phrase"},
    )
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.check_password("another long phrase")


def test_asking_for_a_strangers_password_does_not_tell_whether_they_exist(
    person: User, client: Client
) -> None:
    known = client.post(reverse("account_reset_password"), {"email": person.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )


def test_changing_the_password_asks_for_the_old_one(person: User, client: Client) -> None:
    client.force_login(person)
    form = {"oldpassword": "wrong", "password1": "another long phrase", "password2": "another long phrase"}
    client.post(reverse("account_change_password"), form)
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


OPEN = ["account_login", "account_logout", "account_inactive", "account_signup", "account_reset_password"]


@pytest.mark.parametrize("name", sorted({*OPEN} - {"account_logout"}))
def test_pages_before_the_login_open_without_one(name: str, client: Client) -> None:
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(
    "name", ["account_change_password", "account_set_password", "account_reauthenticate"]
)
def test_pages_about_ones_own_password_need_a_login(name: str, client: Client) -> None:
    assert client.get(reverse(name)).headers["Location"].startswith(reverse("account_login"))


def test_no_other_page_of_allauth_is_there() -> None:
    names = {
        name for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith("account_")
    }
    assert names == {
        *OPEN,
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
    }
