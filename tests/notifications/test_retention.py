"""What was read long ago is cleared away, but nothing that the planner still has to know."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils import timezone

from aims.accounts.models import User
from aims.notifications.jobs import prune_notices
from aims.notifications.models import Notice
from aims.notifications.planning import plan
from aims.notifications.telling import tell
from registry.models import AISystem, Obligation

pytestmark = pytest.mark.django_db

YEARS_AGO = timezone.now() - dt.timedelta(days=800)


@pytest.fixture
def notice(owner: User) -> Notice:
    """An old one that was read at once."""
    tell([owner], kind="task", subject="test:1", title="Long ago")
    Notice.objects.update(created_at=YEARS_AGO, read_at=YEARS_AGO, mail="sent", mailed_at=YEARS_AGO)
    return Notice.objects.get()


def test_what_was_read_long_ago_is_cleared_away(notice: Notice) -> None:
    assert prune_notices() == "1 notice removed"
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "kept",
    [
        {"read_at": None},
        {"read_at": timezone.now() - dt.timedelta(days=364)},
        {"mail": "waiting", "mailed_at": None, "deliver_after": timezone.now()},
    ],
    ids=["unread", "read within a year", "still to be mailed"],
)
def test_the_rest_stays(notice: Notice, kept: dict[str, object]) -> None:
    Notice.objects.update(**kept)
    assert prune_notices() == "0 notices removed"


def test_nobody_is_told_again_because_a_notice_was_cleared_away(
    make_system: Callable[..., AISystem], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Obligation.objects.filter(system=make_system(), state="open").earliest("due")
    late = timezone.now() + (task.due - timezone.localdate()) + dt.timedelta(days=400)
    monkeypatch.setattr(timezone, "now", lambda: late)
    assert plan() > 0
    Notice.objects.update(created_at=YEARS_AGO, read_at=YEARS_AGO, mail="none", mailed_at=None)
    prune_notices()
    assert plan() == 0
