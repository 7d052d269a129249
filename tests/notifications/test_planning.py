"""Reminders: what is due is told once, to whom it concerns, and mailed once."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core import mail
from django.utils import timezone

from aims.accounts.models import User
from aims.notifications.delivery import deliver
from aims.notifications.ladder import USUAL, Step, rungs_reached
from aims.notifications.models import Notice
from aims.notifications.planning import plan
from aims.notifications.unsubscribing import unsubscribe
from registry.models import AISystem, Obligation
from registry.notices import TASK

pytestmark = pytest.mark.django_db
DUE = dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("days", "reached"),
    [
        (-31, {}),
        (-30, {"owner": -30}),
        (-15, {"owner": -30}),
        (-14, {"owner": -14}),
        (-7, {"owner": -7}),
        (-2, {"owner": -7}),
        (-1, {"owner": -1}),
        (0, {"owner": -1}),
        (1, {"owner": 1}),
        (7, {"owner": 1, "lead": 7}),
        (8, {"owner": 8, "lead": 7}),
        (20, {"owner": 15, "lead": 7}),
        (21, {"owner": 15, "lead": 7, "cto": 21}),
        (22, {"owner": 22, "lead": 7, "cto": 21}),
    ],
)
def test_only_the_newest_rung_counts(days: int, reached: dict[str, int]) -> None:
    assert rungs_reached(DUE, DUE + dt.timedelta(days=days), USUAL) == reached


def test_a_rung_before_the_thing_came_up_was_never_there() -> None:
    steps = [Step(-14, 0, "owner"), Step(-7, 0, "owner")]
    on = DUE - dt.timedelta(days=10)
    assert rungs_reached(DUE, on, steps, since=DUE - dt.timedelta(days=14)) == {}
    assert rungs_reached(DUE, on, steps, since=DUE - dt.timedelta(days=15)) == {"owner": -14}


@pytest.fixture
def task(make_system: Callable[..., AISystem]) -> Obligation:
    return Obligation.objects.filter(system=make_system(), state="open").earliest("due")


def test_planning_twice_tells_once_and_mails_once(task: Obligation, owner: User, deputy: User) -> None:
    late = task.due + dt.timedelta(days=3)
    plan(late)
    assert plan(late) == 0
    told = Notice.objects.filter(subject=f"registry.obligation:{task.pk}")
    assert {notice.recipient for notice in told} == {owner, deputy}
    deliver()
    deliver()
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([owner.email, deputy.email])


def test_after_three_days_without_a_planner_there_is_one_reminder(task: Obligation, owner: User) -> None:
    plan(task.due - dt.timedelta(days=1))
    plan(task.due + dt.timedelta(days=9))
    occasions = Notice.objects.filter(subject=f"registry.obligation:{task.pk}", recipient=owner)
    assert [occasion[10:] for occasion in occasions.order_by("pk").values_list("occasion", flat=True)] == [
        "-1",
        "+8",
    ]


def test_who_is_switched_off_hears_nothing(task: Obligation, owner: User, deputy: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)
    plan(task.due + dt.timedelta(days=1))
    told = Notice.objects.filter(subject=f"registry.obligation:{task.pk}")
    assert [notice.recipient for notice in told] == [deputy]


def test_whoever_unsubscribes_meanwhile_gets_no_mail(task: Obligation, owner: User, deputy: User) -> None:
    plan(task.due + dt.timedelta(days=1))
    for kind in ("task", "review", "ends"):
        unsubscribe(owner, TASK.__class__(kind, kind, ""))
    deliver()
    assert owner.email not in {letter.to[0] for letter in mail.outbox}
    assert Notice.objects.filter(recipient=owner, mail="dropped").exists()


def test_a_mail_about_a_system_no_longer_seen_is_dropped(task: Obligation, owner: User, deputy: User) -> None:
    plan(task.due + dt.timedelta(days=1))
    owner.memberships.all().delete()
    deliver()
    assert owner.email not in {letter.to[0] for letter in mail.outbox}
    assert not Notice.objects.visible_to(User.objects.get(pk=owner.pk)).exists()


def test_a_dead_process_s_mail_has_its_turn_again(task: Obligation, owner: User) -> None:
    plan(task.due + dt.timedelta(days=1))
    Notice.objects.update(deliver_after=timezone.now() - dt.timedelta(seconds=1), attempts=1)
    assert deliver().mails == 2
