"""A task waits only by signature, until a day, and never by the word of who asked. No gate opens by it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import role_grant
from aims.signoffs import services as signoffs
from aims.signoffs import subjects
from aims.signoffs.models import SignOff
from aims.signoffs.waiting import number_waiting, waiting_for
from registry import gate
from registry.errors import ReasonNeeded, WrongTask
from registry.models import AISystem, Obligation, Waiver
from registry.obligation_services import confirm, waiver_request
from tests.factories import PASSWORD, forget_rights
from tests.lifecycle import Staff, sign

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


@pytest.fixture
def task(make_system: Callable[..., AISystem]) -> Obligation:
    """Policy asks CTO and security officer to sign a waiver of it."""
    system = make_system(name="Claims triage", provider="anthropic")
    return Obligation.objects.get(system=system, kind="supplier-review")


@pytest.fixture
def waiver(task: Obligation, owner: User) -> Waiver:
    return waiver_request(
        task, until=TODAY() + dt.timedelta(days=20), reason="The report comes later.", by=owner
    )


def waits(task: Obligation, on: dt.date | None = None) -> bool:
    return not Obligation.objects.to_do(on or TODAY()).filter(pk=task.pk).exists()


def grant(waiver: Waiver, staff: Staff) -> list[SignOff]:
    return [sign("waiver", str(waiver.pk), role, staff[role]) for role in ("cto", "security")]


def test_a_request_alone_waives_nothing(task: Obligation, waiver: Waiver) -> None:
    assert not waits(task)
    assert waiver.open_roles == "|cto|security|"


def test_it_waits_for_the_roles_that_policy_names(
    waiver: Waiver, cto: User, security: User, dpo: User
) -> None:
    for person, number in ((cto, 1), (security, 1), (dpo, 0)):
        assert number_waiting(person) == number
    (entry,) = waiting_for(cto)
    assert entry.request == "Decide whether “Supplier review” may wait"


def test_one_signature_of_two_waives_nothing(task: Obligation, waiver: Waiver, staff: Staff) -> None:
    sign("waiver", str(waiver.pk), "cto", staff["cto"])
    assert not waits(task)
    assert number_waiting(staff["cto"]) == 0
    assert number_waiting(staff["security"]) == 1


def test_all_signatures_waive_until_the_day(task: Obligation, waiver: Waiver, staff: Staff) -> None:
    grant(waiver, staff)
    assert waits(task)
    assert waits(task, waiver.until)
    assert not waits(task, waiver.until + dt.timedelta(days=1))


def test_a_waiver_opens_no_gate(task: Obligation, waiver: Waiver, staff: Staff) -> None:
    before = gate.judge(task.system).as_dict()
    grant(waiver, staff)
    assert gate.judge(task.system).as_dict() == before


def test_a_signature_that_is_withdrawn_ends_it(task: Obligation, waiver: Waiver, staff: Staff) -> None:
    signoff = grant(waiver, staff)[0]
    kind = subjects.kind("waiver")
    assert kind
    signoffs.withdraw(kind, signoff, reason="I was wrong.", password=PASSWORD, by=staff["cto"])
    waiver.refresh_from_db()
    assert waiver.state == "ended"
    assert not waits(task)


def test_a_signature_withdrawn_before_it_counts_is_asked_again(waiver: Waiver, staff: Staff) -> None:
    signoff = sign("waiver", str(waiver.pk), "cto", staff["cto"])
    kind = subjects.kind("waiver")
    assert kind
    signoffs.withdraw(kind, signoff, reason="Too early.", password=PASSWORD, by=staff["cto"])
    waiver.refresh_from_db()
    assert (waiver.state, waiver.open_roles) == ("asked", "|cto|security|")


@pytest.mark.parametrize("decision", ["reject", "changes"])
def test_who_does_not_agree_ends_the_request(
    task: Obligation, waiver: Waiver, staff: Staff, decision: str
) -> None:
    sign("waiver", str(waiver.pk), "cto", staff["cto"], decision)
    waiver.refresh_from_db()
    assert waiver.state == "refused"
    assert number_waiting(staff["security"]) == 0
    with pytest.raises(PermissionDenied, match="has been decided"):
        sign("waiver", str(waiver.pk), "security", staff["security"])
    assert not waits(task)


def test_who_asked_does_not_sign(waiver: Waiver, owner: User) -> None:
    role_grant(owner, Role.CTO, by=None)
    forget_rights(owner)
    with pytest.raises(PermissionDenied, match="You wrote or submitted"):
        sign("waiver", str(waiver.pk), "cto", owner)


def test_what_is_done_meanwhile_needs_no_waiver(
    task: Obligation, waiver: Waiver, owner: User, staff: Staff
) -> None:
    confirm(task, on=TODAY(), in_place=True, note="Contract read.", by=owner)
    assert number_waiting(staff["cto"]) == 0
    with pytest.raises(PermissionDenied, match="not open any more"):
        sign("waiver", str(waiver.pk), "cto", staff["cto"])


def test_it_ends_with_the_opening_that_it_was_about(
    task: Obligation, waiver: Waiver, owner: User, staff: Staff
) -> None:
    """Done, and opened anew on other grounds: nobody has signed that these may wait."""
    grant(waiver, staff)
    assert waits(task)
    confirm(task, on=TODAY(), in_place=True, note="Contract read.", by=owner)
    confirm(task, on=TODAY(), in_place=False, note="The contract has ended.", by=owner)
    assert not waits(task)


def test_a_request_about_an_earlier_opening_is_not_decided(
    task: Obligation, waiver: Waiver, owner: User, staff: Staff
) -> None:
    confirm(task, on=TODAY(), in_place=True, note="Contract read.", by=owner)
    confirm(task, on=TODAY(), in_place=False, note="The contract has ended.", by=owner)
    assert number_waiting(staff["cto"]) == 0
    with pytest.raises(PermissionDenied, match="opened anew"):
        sign("waiver", str(waiver.pk), "cto", staff["cto"])


def test_a_new_request_replaces_the_open_one(task: Obligation, waiver: Waiver, owner: User) -> None:
    second = waiver_request(task, until=TODAY(), reason="A day is enough.", by=owner)
    waiver.refresh_from_db()
    assert (waiver.state, second.state) == ("ended", "asked")


def test_policy_sets_the_longest(task: Obligation, owner: User) -> None:
    for days in (-1, 91):
        with pytest.raises(WrongTask, match="90 days at most"):
            waiver_request(task, until=TODAY() + dt.timedelta(days=days), reason="Later.", by=owner)
    waiver_request(task, until=TODAY() + dt.timedelta(days=90), reason="Later.", by=owner)


def test_it_needs_a_reason(task: Obligation, owner: User) -> None:
    with pytest.raises(ReasonNeeded):
        waiver_request(task, until=TODAY(), reason=" ", by=owner)


def test_only_open_tasks_can_be_waived(make_system: Callable[..., AISystem], owner: User) -> None:
    done = Obligation.objects.get(system=make_system(), kind="data-governance")
    with pytest.raises(WrongTask, match="not open"):
        waiver_request(done, until=TODAY(), reason="Later.", by=owner)


@pytest.mark.parametrize("persona", ["stranger", "dpo", "auditor"])
def test_only_the_owner_and_the_lead_ask(
    request: pytest.FixtureRequest, task: Obligation, persona: str
) -> None:
    with pytest.raises(PermissionDenied):
        waiver_request(task, until=TODAY(), reason="Later.", by=request.getfixturevalue(persona))


def test_history_names_who_did_what(waiver: Waiver, staff: Staff, owner: User) -> None:
    grant(waiver, staff)
    rows = Waiver.history.filter(id=waiver.pk).order_by("history_id")
    assert [(row.state, row.history_user) for row in rows] == [
        ("asked", owner),
        ("asked", staff["cto"]),
        ("granted", staff["security"]),
    ]


# --- Through the pages -------------------------------------------------------------------------------------


def test_the_page_says_that_it_opens_no_gate(
    client_of: Callable[[User], Client], task: Obligation, owner: User
) -> None:
    assert "It opens no gate" in client_of(owner).get(task.get_absolute_url()).content.decode()


def test_asking_on_the_page(client_of: Callable[[User], Client], task: Obligation, owner: User) -> None:
    data = {"until": TODAY().isoformat(), "reason": "The board comes tomorrow."}
    answer = client_of(owner).post(reverse("registry:obligation-waive", args=[task.pk]), data, follow=True)
    assert "Waits for signatures" in answer.content.decode()
    assert Waiver.objects.get().requested_by == owner


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"until": "", "reason": "Later."}, "This field is required"),
        ({"until": "2199-01-01", "reason": "Later."}, "90 days at most"),
        ({"until": TODAY().isoformat(), "reason": ""}, "Say why the task can wait"),
    ],
)
def test_wrong_answers_are_told(
    client_of: Callable[[User], Client], task: Obligation, owner: User, data: dict[str, Any], says: str
) -> None:
    answer = client_of(owner).post(reverse("registry:obligation-waive", args=[task.pk]), data)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Waiver.objects.exists()


def test_the_decision_page_shows_all_that_is_signed(
    client_of: Callable[[User], Client], waiver: Waiver, cto: User
) -> None:
    text = client_of(cto).get(f"/decisions/waiver/{waiver.pk}/").content.decode()
    for part in (
        "Supplier review",
        "Claims triage",
        "The report comes later.",
        "Olga Owner",
        "opens no gate",
    ):
        assert part in text


@pytest.mark.parametrize("key", ["0", "99999999999999999999", "x", "٣"])
def test_no_such_waiver(client_of: Callable[[User], Client], cto: User, key: str) -> None:
    assert client_of(cto).get(f"/decisions/waiver/{key}/").status_code == 404


def test_a_strangers_waiver_does_not_exist(
    client_of: Callable[[User], Client], waiver: Waiver, stranger: User
) -> None:
    assert client_of(stranger).get(f"/decisions/waiver/{waiver.pk}/").status_code == 404
