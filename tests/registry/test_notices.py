"""What happens to a system and its assessment is told to those whom it concerns, once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import substitution_create
from aims.notifications.models import Notice
from aims.notifications.planning import plan
from assessments import services as assessments
from assessments.notices import reviews
from registry import services, snapshots
from registry.models import AISystem, Blocker
from registry.notices import decisions_wait
from tests.lifecycle import Staff, approve_assessment, submit_assessment
from tests.registry.test_blockers import raise_sensitivity

pytestmark = pytest.mark.django_db


def told(person: User) -> list[tuple[str, str]]:
    return list(Notice.objects.filter(recipient=person).order_by("pk").values_list("kind", "title"))


def test_who_decides_hears_of_a_submitted_assessment_once(
    make_system: Callable[..., AISystem], owner: User, dpo: User, cto: User
) -> None:
    submitted = submit_assessment(make_system(name="Fraud"), owner)

    assert told(dpo) == [("decision", f"{submitted.ref} of Fraud waits for your decision")]
    assert told(owner) == []
    snapshots.refresh_by_id([submitted.system_id])
    assert len(told(dpo)) == 1


def test_the_author_hears_what_became_of_it(
    make_system: Callable[..., AISystem], owner: User, dpo: User
) -> None:
    submitted = submit_assessment(make_system(name="Fraud"), owner)

    assessments.move(submitted, "request_changes", by=dpo, reason="Who reads the logs?")

    assert told(owner) == [("assessment", f"Changes are asked of {submitted.ref}, Fraud")]
    assert Notice.objects.get(recipient=owner).text == "Who reads the logs?"


def test_who_signs_hears_that_a_system_waits_and_the_team_that_it_is_suspended(
    production_system: AISystem, owner: User, dpo: User, oncall: User
) -> None:
    assert ("decision", f"{production_system.name} waits for your signature") in told(dpo)

    services.system_move(production_system, "suspend", by=oncall, reason="Wrong answers")

    suspended = Notice.objects.filter(kind="suspended")
    team = production_system.team
    assert {notice.recipient_id for notice in suspended} == {
        person.pk for person in (team.lead, team.deputy) if person
    }
    assert "Wrong answers" in suspended[0].text


def test_a_signature_that_went_stale_is_told_to_who_signs(
    production_system: AISystem, owner: User, dpo: User, record_of: Any
) -> None:
    Notice.objects.all().delete()

    raise_sensitivity(production_system, owner, record_of)

    notice = Notice.objects.get(recipient=dpo, kind="decision", title__contains="your signature")
    assert "It has changed since it was last signed." in notice.text


def test_both_are_reminded_that_a_substitution_ends(cto: User, make_user: Callable[..., User]) -> None:
    second = make_user("Second", Role.DPO)
    today = timezone.localdate()
    substitution_create(
        holder=cto,
        role=Role.CTO,
        substitute=second,
        starts=today,
        ends=today + dt.timedelta(days=20),
        reason="Leave",
    )
    plan(today)
    assert not Notice.objects.filter(kind="ends").exists()
    plan(today + dt.timedelta(days=14))
    titles = {notice.recipient: notice.title for notice in Notice.objects.filter(kind="ends")}
    assert set(titles) == {cto, second}
    assert "Second for you" in titles[cto]


def test_an_assessment_is_to_be_looked_at_again(
    make_system: Callable[..., AISystem], owner: User, staff: Staff
) -> None:
    approved = approve_assessment(submit_assessment(make_system(), owner), staff)
    again = approved.content["decision"]["review_date"]
    day = dt.date.fromisoformat(again)
    subject = f"assessments.assessment:{approved.pk}"

    plan(day - dt.timedelta(days=31))
    assert not Notice.objects.filter(kind="review", subject=subject).exists()
    plan(day - dt.timedelta(days=30))

    told = Notice.objects.filter(kind="review", subject=subject)
    assert {notice.recipient for notice in told} == {approved.system.team.lead, approved.system.team.deputy}
    assert {notice.due for notice in told} == {day}


def test_a_newer_version_takes_the_older_one_s_reminders_away(
    make_system: Callable[..., AISystem], owner: User, staff: Staff
) -> None:
    first = approve_assessment(submit_assessment(make_system(), owner), staff)
    second = approve_assessment(submit_assessment(first.system, owner), staff)
    far = dt.date(2099, 1, 1)
    assert [due.subject for due in reviews(far)] == [f"assessments.assessment:{second.pk}"]


def test_many_systems_that_begin_to_wait_take_no_more_queries(
    make_system: Callable[..., AISystem], dpo: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    def waiting(number: int) -> list[Blocker]:
        systems = [make_system() for _ in range(number)]
        return [
            Blocker(system=system, cause="signature:dpo", awaited=True, since=timezone.now())
            for system in systems
        ]

    few, many = waiting(2), waiting(12)
    with CaptureQueriesContext(connection) as queries:
        decisions_wait(few)
    with django_assert_max_num_queries(len(queries)):
        decisions_wait(many)
    assert Notice.objects.filter(recipient=dpo, kind="decision").count() == 14
