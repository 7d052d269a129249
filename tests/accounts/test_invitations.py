"""Inviting people: an account first, an e-mail after it, and a link that works once."""

import datetime as dt
import smtplib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse

from aims.accounts import invitations
from aims.accounts.departures import deactivate
from aims.accounts.invitations import Invitee
from aims.accounts.models import Invitation, Team, User
from aims.accounts.roles import Role
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
NEW = {"password1": PASSWORD, "password2": PASSWORD}
DEAD_SERVER = "tests.accounts.test_invitations.DeadServer"


class DeadServer(BaseEmailBackend):
    """A mail server that is not there."""

    attempts = 0

    def open(self) -> bool:
        DeadServer.attempts += 1
        raise ConnectionRefusedError


class PickyServer(EmailBackend):
    """A mail server that takes nothing for the first address that it hears."""

    def send_messages(self, messages: Any) -> int:
        if messages[0].to == ["a0@example.com"]:
            raise smtplib.SMTPRecipientsRefused({})
        return super().send_messages(messages)


def invited(client: Client, people: str = "Nina New, nina@example.com", **rest: Any) -> Any:
    return client.post(reverse("people-invite"), {"people": people, **rest})


def link() -> str:
    """The path that the newest e-mail leads to."""
    [address] = [word for word in mail.outbox[-1].body.split() if "/invitation/" in word]
    return urlsplit(address).path


@pytest.fixture
def nina(admin: User, client_of: ClientOf) -> User:
    invited(client_of(admin))
    return User.objects.get(email="nina@example.com")


# --- Inviting ----------------------------------------------------------------------------------------------


def test_the_invited_get_what_was_chosen_and_one_friendly_mail(
    admin: User, team: Team, client_of: ClientOf
) -> None:
    answer = invited(client_of(admin), roles=["auditor"], teams=[team.slug])
    person = User.objects.get(email="nina@example.com")
    assert answer.headers["Location"] == reverse("person", args=[person.pk])
    assert person.roles == {Role.AUDITOR, Role.OWNER}
    [message] = mail.outbox
    assert message.to == ["nina@example.com"]
    assert message.subject == "Ada Admin invites you to the AIMS portal"
    assert "Hello Nina New" in message.body


@pytest.mark.parametrize(
    "line", ["Nina New, nina@example.com", "Nina New <Nina@Example.com>", "nina@example.com; Nina New"]
)
def test_lines_are_read_as_people_write_them(line: str, admin: User, client_of: ClientOf) -> None:
    invited(client_of(admin), line)
    assert User.objects.get(email="nina@example.com").name == "Nina New"


def test_several_at_once_each_with_a_mail_of_their_own(admin: User, client_of: ClientOf) -> None:
    invited(client_of(admin), "Nina, nina@example.com\n\nPaul, paul@example.com")
    assert [message.to for message in mail.outbox] == [["nina@example.com"], ["paul@example.com"]]


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ("Nina, nina@example.com\nPaul Paulsen", "Line 2"),
        ("nina@example", "Line 1"),
        ("a@example.com b@example.com", "needs one e-mail address"),
        ("Nina, nina@example.com\nNina, NINA@example.com", "stands here twice"),
        ("Somebody, dpo@example.com", "has an account: Dora Protection"),
        ("\n".join(f"p{number}@example.com" for number in range(51)), "at most 50"),
    ],
)
def test_one_wrong_line_and_nobody_is_invited(
    people: str, words: str, admin: User, dpo: User, client_of: ClientOf
) -> None:
    answer = invited(client_of(admin), people)
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["people"])
    assert User.objects.count() == 2
    assert not mail.outbox


def test_an_inviter_cannot_reach_themselves(admin: User, client_of: ClientOf) -> None:
    assert invited(client_of(admin), f"Me, {admin.email}", roles=["dpo"]).status_code == 422
    assert admin.granted_roles == {Role.ADMIN}


@pytest.mark.parametrize("persona", ["lead", "auditor", "owner"])
def test_only_administrators_invite(persona: str, request: pytest.FixtureRequest) -> None:
    by = request.getfixturevalue(persona)
    with pytest.raises(PermissionDenied):
        invitations.invite([Invitee("Nina", "nina@example.com")], by=by)
    assert not User.objects.filter(email="nina@example.com").exists()


# --- A mail server that does not answer --------------------------------------------------------------------


def test_an_account_is_whole_though_its_mail_failed_and_the_mail_is_sent_again(
    admin: User, client_of: ClientOf, settings: Any
) -> None:
    client = client_of(admin)
    settings.EMAIL_BACKEND = DEAD_SERVER
    page = client.post(
        reverse("people-invite"), {"people": "nina@example.com", "roles": ["auditor"]}, follow=True
    ).content.decode()
    person = User.objects.get(email="nina@example.com")
    assert "the e-mail could not be sent" in page
    assert "E-mail not sent" in page
    assert person.granted_roles == {Role.AUDITOR}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert (
        "is on its way"
        in client.post(reverse("invitation-send", args=[person.pk]), follow=True).content.decode()
    )
    assert Client().get(link()).status_code == 200


def test_a_server_that_is_not_there_is_asked_once(admin: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = DEAD_SERVER
    DeadServer.attempts = 0
    made = invitations.invite([Invitee("A", f"a{number}@example.com") for number in range(5)], by=admin)
    assert invitations.send(made) == made
    assert DeadServer.attempts == 1


def test_one_address_that_is_refused_keeps_no_mail_from_the_others(admin: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.accounts.test_invitations.PickyServer"
    made = invitations.invite([Invitee("A", f"a{number}@example.com") for number in range(3)], by=admin)
    assert invitations.send(made) == made[:1]
    assert [message.to for message in mail.outbox] == [["a1@example.com"], ["a2@example.com"]]
    assert [bool(row.sent_at) for row in Invitation.objects.order_by("user__email")] == [False, True, True]


# --- The link ----------------------------------------------------------------------------------------------


def test_before_the_link_is_used_nobody_logs_in(nina: User, client: Client) -> None:
    for password in ("", "!", PASSWORD, nina.password):
        client.post(reverse("account_login"), {"login": nina.email, "password": password})
        assert "_auth_user_id" not in client.session


def test_the_way_round_by_a_forgotten_password_is_closed(nina: User, client: Client) -> None:
    mail.outbox.clear()
    client.post(reverse("account_reset_password"), {"email": nina.email})
    assert not mail.outbox


def test_looking_uses_nothing_up(nina: User, client: Client) -> None:
    for _look in range(3):
        assert client.get(link()).status_code == 200
    assert not nina.has_usable_password()


def test_the_password_logs_in_at_once_and_later(nina: User, client: Client) -> None:
    assert client.post(link(), NEW).headers["Location"] == reverse("work")
    assert client.session["_auth_user_id"] == str(nina.pk)
    other = Client()
    other.post(reverse("account_login"), {"login": nina.email, "password": PASSWORD})
    assert other.session["_auth_user_id"] == str(nina.pk)


def test_a_weak_password_is_refused_in_words(nina: User, client: Client) -> None:
    answer = client.post(link(), {"password1": "short", "password2": "short"})
    assert answer.status_code == 422
    assert "too short" in answer.content.decode()


def test_the_link_works_once(nina: User, client: Client) -> None:
    client.post(link(), NEW)
    other = {"password1": "quite another phrase", "password2": "quite another phrase"}
    assert Client().post(link(), other).status_code == 410
    nina.refresh_from_db()
    assert nina.check_password(PASSWORD)


def test_the_link_has_an_end(nina: User, client: Client) -> None:
    early = nina.invitation.invited_at - dt.timedelta(days=30)
    Invitation.objects.update(invited_at=early, expires_at=early + invitations.GOOD_FOR)
    answer = client.post(link(), NEW)
    assert answer.status_code == 410
    assert "Ask Ada Admin to send it again" in answer.content.decode()


def test_a_new_mail_ends_the_link_of_the_old_one(nina: User, admin: User, client_of: ClientOf) -> None:
    old = link()
    client_of(admin).post(reverse("invitation-send", args=[nina.pk]))
    assert Client().post(old, NEW).status_code == 404
    assert Client().post(link(), NEW).status_code == 302


def test_a_page_that_was_open_when_the_invitation_was_renewed_sets_nothing(nina: User, admin: User) -> None:
    older = invitations.find(link().split("/")[2])
    assert older
    invitations.renew(nina, by=admin)
    with pytest.raises(PermissionDenied):
        invitations.accept(older, password=PASSWORD)


def test_the_link_does_not_replace_a_password_that_came_otherwise(nina: User, client: Client) -> None:
    nina.set_password("quite another phrase")
    nina.save()
    assert client.post(link(), NEW).status_code == 410
    nina.refresh_from_db()
    assert nina.check_password("quite another phrase")


def test_an_invitation_taken_back_opens_nothing(nina: User, admin: User, client_of: ClientOf) -> None:
    client_of(admin).post(reverse("invitation-revoke", args=[nina.pk]))
    assert Client().post(link(), NEW).status_code == 410
    nina.invitation.refresh_from_db()
    assert nina.invitation.history.latest().history_user == admin


def test_a_deactivated_account_is_not_opened_by_its_invitation(nina: User, admin: User) -> None:
    deactivate(nina, successors={}, by=admin, reason="Never came")
    assert Client().post(link(), NEW).status_code == 410


@pytest.mark.parametrize("token", ["x", "WyJ4Il0:1:2", "a:b:c"])
def test_a_mangled_link_says_what_to_do(token: str, client: Client) -> None:
    answer = client.get(reverse("invitation", args=[token]))
    assert answer.status_code == 404
    assert "newest e-mail" in answer.content.decode()


def test_who_can_log_in_is_not_invited_again(admin: User, dpo: User) -> None:
    with pytest.raises(ValidationError):
        invitations.renew(dpo, by=admin)


def test_the_history_keeps_no_address(nina: User) -> None:
    rows = [*nina.history.values(), *Invitation.history.values()]
    assert "nina" not in str(rows).lower()
