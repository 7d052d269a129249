"""The account page: who I am, and handing a signing role over and back."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import Substitution, User
from aims.accounts.roles import Role
from aims.accounts.services import substitution_create
from tests.factories import forget_rights, make_user

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def days(count: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=count)


def handed_over(substitute: User, **changed: object) -> dict[str, object]:
    """What the form posts for a substitution of the DPO that begins today."""
    return {
        "role": "dpo",
        "substitute": str(substitute.pk),
        "starts": days(0).isoformat(),
        "ends": days(14).isoformat(),
        "reason": "Leave",
    } | changed


@pytest.fixture
def substitution(dpo: User, outsider: User) -> Substitution:
    return substitution_create(
        holder=dpo, role=Role.DPO, substitute=outsider, starts=days(0), ends=days(14), reason="Leave"
    )


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    answer = client.get(reverse("account"))
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_it_names_roles_and_teams(owner: User, client_of: ClientOf) -> None:
    page = client_of(owner).get(reverse("account")).content.decode()
    assert "Model owner" in page
    assert "team-ai-platform" in page


@pytest.mark.parametrize(
    ("persona", "offered"), [("dpo", True), ("cto", True), ("owner", False), ("admin", False)]
)
def test_only_holders_of_a_signing_role_hand_over(
    persona: str, offered: bool, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    page = client_of(request.getfixturevalue(persona)).get(reverse("account"))
    assert (page.context["form"] is not None) is offered


def test_handing_over_gives_the_role_from_the_first_day(
    dpo: User, outsider: User, client_of: ClientOf
) -> None:
    answer = client_of(dpo).post(reverse("substitution-create"), handed_over(outsider))
    assert answer.status_code == 302, answer.context["form"].errors
    forget_rights(outsider)
    assert Role.DPO in outsider.roles


def test_nobody_hands_over_what_they_do_not_hold(dpo: User, outsider: User, client_of: ClientOf) -> None:
    answer = client_of(dpo).post(reverse("substitution-create"), handed_over(outsider, role="cto"))
    assert answer.status_code == 422
    assert not Substitution.objects.exists()


def test_a_substitute_cannot_hand_the_role_on(
    substitution: Substitution, outsider: User, client_of: ClientOf
) -> None:
    answer = client_of(outsider).post(reverse("substitution-create"), handed_over(make_user("Third Person")))
    assert answer.status_code == 422
    assert Substitution.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ends": "2020-01-01", "starts": "2019-12-24"}, "in the past"),
        ({"reason": ""}, "required"),
        ({"starts": "2999-01-02", "ends": "2999-01-01"}, "before the first day"),
    ],
)
def test_what_makes_no_sense_is_said_and_not_kept(
    changed: dict[str, object], words: str, dpo: User, outsider: User, client_of: ClientOf
) -> None:
    answer = client_of(dpo).post(reverse("substitution-create"), handed_over(outsider, **changed))
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors)
    assert not Substitution.objects.exists()


def test_taking_back_ends_it_at_once(
    substitution: Substitution, dpo: User, outsider: User, client_of: ClientOf
) -> None:
    client_of(dpo).post(reverse("substitution-end", args=[substitution.pk]))
    assert Role.DPO not in outsider.roles
    assert substitution.history.latest().history_user == dpo


@pytest.mark.parametrize("persona", ["outsider", "admin", "cto"])
def test_only_the_holder_takes_back(
    persona: str, substitution: Substitution, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    person = request.getfixturevalue(persona)
    answer = client_of(person).post(reverse("substitution-end", args=[substitution.pk]))
    assert answer.status_code == 404
    substitution.refresh_from_db()
    assert substitution.ended_at is None


def test_the_substitute_sees_for_whom(
    substitution: Substitution, outsider: User, client_of: ClientOf
) -> None:
    assert "Dora Protection" in client_of(outsider).get(reverse("account")).content.decode()


@pytest.mark.parametrize("name", ["substitution-create", "substitution-end"])
def test_reading_changes_nothing(
    name: str, substitution: Substitution, dpo: User, client_of: ClientOf
) -> None:
    arguments = [substitution.pk] if name == "substitution-end" else []
    assert client_of(dpo).get(reverse(name, args=arguments)).status_code == 405
