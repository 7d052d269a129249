"""What people do about tasks: confirm, assign, remind. In bulk too, but nothing is decided in bulk."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.notifications.delivery import deliver
from aims.notifications.models import Notice
from registry.errors import WrongTask
from registry.models import AISystem, Confirmation, Obligation
from registry.obligation_services import assign, confirm, remind
from registry.services import system_move
from registry.urls import urlpatterns
from tests import factories
from tests.lifecycle import Staff, approve_assessment, submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def task_of(system: AISystem, kind: str = "monitoring") -> Obligation:
    return Obligation.objects.select_related("system__team").get(system=system, kind=kind)


@pytest.fixture
def task(make_system: Callable[..., AISystem]) -> Obligation:
    return task_of(make_system(name="Claims triage"))


@pytest.fixture
def others(stranger: User) -> Obligation:
    """A task of another team."""
    return task_of(factories.make_system(stranger.leads.get()))


# --- Confirming --------------------------------------------------------------------------------------------


def post_confirmation(client: Client, task: Obligation, **fields: Any) -> HttpResponse:
    data = {"on": timezone.localdate().isoformat(), "in_place": "yes", "note": "Board AI-7, alarms tested."}
    return client.post(reverse("registry:obligation-confirm", args=[task.pk]), data | fields)


def test_owner_confirms_and_the_task_closes(client_of: ClientOf, task: Obligation, owner: User) -> None:
    assert post_confirmation(client_of(owner), task).status_code == 302
    task.refresh_from_db()
    assert task.state == "met"
    assert Confirmation.objects.get().by == owner


def test_what_is_not_in_place_reopens(client_of: ClientOf, task: Obligation, owner: User) -> None:
    post_confirmation(client_of(owner), task)
    post_confirmation(client_of(owner), task, in_place="no", note="The board is gone.")
    task.refresh_from_db()
    assert task.state == "open"


def test_an_old_check_closes_nothing(client_of: ClientOf, task: Obligation, owner: User) -> None:
    long_ago = timezone.localdate() - dt.timedelta(days=181)
    post_confirmation(client_of(owner), task, on=long_ago.isoformat())
    task.refresh_from_db()
    assert task.state == "open"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("on", "2199-01-01", "cannot lie in the future"),
        ("on", "yesterday", "Enter a valid date"),
        ("in_place", "", "This field is required"),
        ("note", " ", "Say what was checked"),
    ],
)
def test_a_wrong_confirmation_is_told(
    client_of: ClientOf, task: Obligation, owner: User, field: str, value: str, says: str
) -> None:
    answer = post_confirmation(client_of(owner), task, **{field: value})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Confirmation.objects.exists()


def test_what_the_record_says_is_not_confirmed_by_word(
    make_system: Callable[..., AISystem], owner: User
) -> None:
    with pytest.raises(WrongTask, match="not by a word"):
        confirm(
            task_of(make_system(), "log-policy"),
            on=timezone.localdate(),
            in_place=True,
            note="It is fine.",
            by=owner,
        )


def test_what_policy_no_longer_asks_is_not_confirmed(task: Obligation, owner: User) -> None:
    system_move(task.system, "retire", by=owner, reason="Replaced.")
    with pytest.raises(WrongTask, match="no longer asks"):
        confirm(task, on=timezone.localdate(), in_place=True, note="It is fine.", by=owner)


@pytest.mark.parametrize(
    "statement", ["UPDATE registry_confirmation SET note = 'x'", "DELETE FROM registry_confirmation"]
)
def test_the_database_keeps_what_was_confirmed(task: Obligation, owner: User, statement: str) -> None:
    confirm(task, on=timezone.localdate(), in_place=True, note="It is fine.", by=owner)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


# --- Assigning ---------------------------------------------------------------------------------------------


def post_assign(client: Client, tasks: list[Obligation], **fields: Any) -> HttpResponse:
    data = {"task": [str(task.pk) for task in tasks], **fields}
    return client.post(reverse("registry:obligations-assign"), data)


def test_bulk_assigning_asks_to_whom_first(
    client_of: ClientOf, task: Obligation, owner: User, deputy: User, stranger: User
) -> None:
    answer = post_assign(client_of(owner), [task])
    people = list(answer.context["people"])
    assert people == [deputy, owner]
    task.refresh_from_db()
    assert task.assignee is None


def test_bulk_assigning_gives_them_all(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, deputy: User
) -> None:
    tasks = [task_of(make_system()) for _number in range(3)]
    answer = post_assign(client_of(owner), tasks, assignee=str(deputy.pk), next="/work/?due=later")
    assert answer["Location"] == "/work/?due=later"
    assert set(Obligation.objects.filter(assignee=deputy)) == set(tasks)
    row = Obligation.history.filter(id=tasks[0].pk).first()
    assert (row.history_user, row.history_change_reason, row.assignee) == (owner, "Assigned", deputy)


def test_back_to_nobody_by_name(task: Obligation, owner: User, deputy: User) -> None:
    assign([task], to=deputy, by=owner)
    assert assign([task], to=None, by=owner) == 1
    assert assign([task], to=None, by=owner) == 0  # and no second row of history
    assert Obligation.history.filter(id=task.pk).count() == 3


def test_nobody_outside_of_the_team_is_given_its_tasks(task: Obligation, owner: User, stranger: User) -> None:
    with pytest.raises(WrongTask, match="cannot be given all of these"):
        assign([task], to=stranger, by=owner)


def test_a_signing_roles_task_goes_to_its_holders(
    make_system: Callable[..., AISystem], owner: User, staff: Staff, lead: User
) -> None:
    system = make_system()
    approve_assessment(submit_assessment(system, owner), staff)
    signature = task_of(system, "sign-off-cto")
    with pytest.raises(PermissionDenied):
        assign([signature], to=staff["cto"], by=owner)
    with pytest.raises(WrongTask):
        assign([signature], to=staff["dpo"], by=lead)
    assert assign([signature], to=staff["cto"], by=lead) == 1


def test_others_tasks_do_not_exist_for_a_bulk_step(
    client_of: ClientOf, task: Obligation, others: Obligation, owner: User, deputy: User
) -> None:
    assert post_assign(client_of(owner), [task, others], assignee=str(deputy.pk)).status_code == 404
    assert not Obligation.objects.filter(assignee__isnull=False).exists()


@pytest.mark.parametrize("persona", ["auditor", "dpo", "oncall", "admin"])
def test_who_only_reads_assigns_nothing(
    request: pytest.FixtureRequest, client_of: ClientOf, task: Obligation, deputy: User, persona: str
) -> None:
    client = client_of(request.getfixturevalue(persona))
    assert post_assign(client, [task], assignee=str(deputy.pk)).status_code == 403


def test_what_is_done_is_not_assigned(
    make_system: Callable[..., AISystem], owner: User, deputy: User
) -> None:
    with pytest.raises(WrongTask, match="not open any more"):
        assign([task_of(make_system(), "data-governance")], to=deputy, by=owner)


def test_nothing_ticked_is_told(client_of: ClientOf, owner: User) -> None:
    answer = client_of(owner).post(reverse("registry:obligations-assign"), follow=True)
    assert "Tick at least one task first" in answer.content.decode()


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_a_bulk_step_never_leads_elsewhere(
    client_of: ClientOf, task: Obligation, owner: User, deputy: User, next_page: str
) -> None:
    answer = post_assign(client_of(owner), [task], assignee=str(deputy.pk), next=next_page)
    assert answer["Location"] == "/work/"


@pytest.mark.parametrize("key", ["x", "-1", "9" * 30, "٣"])
def test_a_key_that_is_none(client_of: ClientOf, owner: User, key: str) -> None:
    assert client_of(owner).post(reverse("registry:obligations-assign"), {"task": key}).status_code == 404


# --- Reminding ---------------------------------------------------------------------------------------------


def recipients(task: Obligation) -> set[User]:
    """Who was told of the task by somebody."""
    asked = Notice.objects.filter(subject=f"registry.obligation:{task.pk}", occasion__startswith="asked:")
    return {notice.recipient for notice in asked}


def mailed() -> dict[str, EmailMessage]:
    """Address -> the letter that reminds of tasks, once the deliverer has been."""
    deliver()
    return {letter.to[0]: letter for letter in mail.outbox if "reminds you" in str(letter.body)}


def test_one_letter_to_each_person_with_links(
    make_system: Callable[..., AISystem], owner: User, deputy: User, lead: User
) -> None:
    tasks = [task_of(make_system(name=f"System {number}")) for number in range(3)]
    assign(tasks[:1], to=deputy, by=owner)
    done = remind(tasks, by=lead)
    assert (done.sent, done.people) == (3, 2)
    letters = mailed()
    assert set(letters) == {owner.email, deputy.email}
    assert letters[owner.email].subject.startswith("2 notices: ")
    assert f"http://127.0.0.1:8000/work/{tasks[1].pk}/" in letters[owner.email].body
    assert f"/work/{tasks[0].pk}/" not in letters[owner.email].body


def test_what_is_rolled_back_was_never_told(task: Obligation, lead: User) -> None:
    with transaction.atomic():
        remind([task], by=lead)
        transaction.set_rollback(True)
    assert recipients(task) == set()


def test_reminding_of_many_takes_no_more_queries(
    make_system: Callable[..., AISystem], lead: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    tasks = [task_of(make_system(name=f"System {number}")) for number in range(12)]
    with CaptureQueriesContext(connection) as of_two:
        remind(tasks[:2], by=lead)
    with django_assert_max_num_queries(len(of_two)):
        remind(tasks[2:], by=lead)


def test_once_a_day_is_enough(
    task: Obligation, lead: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remind([task], by=lead).sent == 1
    again = remind([task], by=owner)
    assert (again.sent, again.already) == (0, 1)
    tomorrow = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert remind([task], by=lead).sent == 1
    assert Notice.objects.filter(occasion__startswith="asked:").count() == 2
    reasons = Obligation.history.filter(id=task.pk).values_list("history_change_reason", flat=True)
    assert list(reasons).count("Reminded") == 2


def test_a_signature_is_reminded_of_by_the_owner_to_all_who_hold_the_role(
    make_system: Callable[..., AISystem], make_user: Callable[..., User], owner: User, staff: Staff
) -> None:
    system = make_system()
    approve_assessment(submit_assessment(system, owner), staff)
    second, left = make_user("Second CTO", Role.CTO), make_user("Former CTO", Role.CTO)
    User.objects.filter(pk=left.pk).update(is_active=False)
    task = task_of(system, "sign-off-cto")
    remind([task], by=owner)
    assert recipients(task) == {staff["cto"], second}
    assert set(Notice.objects.filter(occasion__startswith="asked:").values_list("kind", flat=True)) == {
        "decision"
    }


def test_whoever_left_the_team_is_not_told(task: Obligation, owner: User, deputy: User) -> None:
    assign([task], to=deputy, by=owner)
    deputy.memberships.all().delete()
    remind([task], by=owner)
    assert recipients(task) == {owner}


def test_what_is_done_is_not_reminded_of(make_system: Callable[..., AISystem], owner: User) -> None:
    done = remind([task_of(make_system(), "data-governance")], by=owner)
    assert (done.sent, done.closed) == (0, 1)


def test_a_role_that_nobody_holds(make_system: Callable[..., AISystem], owner: User, staff: Staff) -> None:
    system = make_system()
    approve_assessment(submit_assessment(system, owner), staff)
    staff["cto"].role_grants.all().delete()
    done = remind([task_of(system, "sign-off-cto")], by=owner)
    assert (done.sent, done.nobodys) == (0, 1)


def test_strangers_remind_nobody(
    client_of: ClientOf, task: Obligation, stranger: User, auditor: User
) -> None:
    data = {"task": str(task.pk)}
    address = reverse("registry:obligations-remind")
    assert client_of(stranger).post(address, data).status_code == 404
    assert client_of(auditor).post(address, data).status_code == 403
    task.refresh_from_db()
    assert task.reminded_at is None


def test_nothing_is_approved_in_bulk() -> None:
    """No address takes several subjects and a decision: those that take several assign and remind."""
    assert {pattern.name for pattern in urlpatterns if "obligations" in str(pattern.name)} == {
        "obligations-assign",
        "obligations-remind",
    }


# --- The page ----------------------------------------------------------------------------------------------


def test_the_page_shows_only_what_one_may_do(
    client_of: ClientOf, task: Obligation, owner: User, auditor: User
) -> None:
    def names(user: User) -> set[str]:
        context = client_of(user).get(task.get_absolute_url()).context
        return {name for name in ("may_confirm", "may_waive", "may_assign", "may_remind") if context[name]}

    assert names(owner) == {"may_confirm", "may_waive", "may_assign", "may_remind"}
    assert names(auditor) == set()


def test_the_page_of_a_strangers_task_does_not_exist(
    client_of: ClientOf, task: Obligation, stranger: User, outsider: User
) -> None:
    for person in (stranger, outsider):
        assert client_of(person).get(task.get_absolute_url()).status_code == 404


def test_history_is_told_in_words(client_of: ClientOf, task: Obligation, owner: User, deputy: User) -> None:
    assign([task], to=deputy, by=owner)
    events = client_of(owner).get(task.get_absolute_url()).context["events"]
    assert [event["actor"] for event in events] == ["Olga Owner", "by itself"]
    assert events[0]["changes"] == [
        {"label": "Assigned to", "before": "nobody by name", "after": "Dimitri Deputy"}
    ]


def test_the_system_page_lists_its_tasks(client_of: ClientOf, task: Obligation, owner: User) -> None:
    context = client_of(owner).get(task.system.get_absolute_url()).context
    assert "Monitoring in place" in [row.title for row in context["tasks"].open]
    assert [row.title for row in context["tasks"].done] == ["Data governance check"]
