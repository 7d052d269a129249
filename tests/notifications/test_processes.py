"""Reminders are neither lost nor told twice: real planners and deliverers, at once and killed."""

import datetime as dt
import time
from email import message_from_bytes

from django.utils import timezone

from tests.jobs.conftest import Database
from tests.notifications.conftest import READERS
from tests.processes import Installation, until

LEASE = "2"


def due(made: Installation, day: dt.date) -> None:
    (made.home / "due").write_text(day.isoformat())


def together(made: Installation, number: int) -> None:
    """Let so many processes go on that wait for each other."""
    until(lambda: len(list(made.home.glob("ready-*"))) == number, f"{number} processes have come so far")
    (made.home / "go").touch()


def test_four_planners_at_once_tell_everybody_once(portal: Installation) -> None:
    due(portal, timezone.localdate() + dt.timedelta(days=7))
    portal.variables["AIMS_TEST_TOGETHER"] = "1"
    planners = [portal.start("manage.py", "reminders", "plan") for _ in range(4)]

    together(portal, 4)

    assert [planner.wait(20) for planner in planners] == [0] * 4, portal.log()
    told = Database(portal).rows("SELECT COUNT(*), COUNT(DISTINCT recipient_id) FROM notifications_notice")
    assert told == [(READERS, READERS)]


def test_mails_survive_three_of_five_deliverers_killed_in_the_middle(portal: Installation) -> None:
    data = Database(portal)
    due(portal, timezone.localdate() + dt.timedelta(days=7))
    portal.manage("reminders", "plan")
    portal.variables["AIMS_TEST_TOGETHER"] = "1"
    doomed = []
    for place in ("before", "after", "after"):
        portal.variables["AIMS_TEST_HALT"] = place
        doomed.append(portal.start("manage.py", "reminders", "deliver", "--lease", LEASE))
    del portal.variables["AIMS_TEST_HALT"]
    others = [portal.start("manage.py", "reminders", "deliver", "--lease", LEASE) for _ in range(2)]

    together(portal, 5)
    until(lambda: len(list(portal.home.glob("halted-*"))) == 3, "three are in the middle of a mail")
    for deliverer in doomed:
        portal.kill(deliverer)
    assert [deliverer.wait(20) for deliverer in others] == [0, 0], portal.log()
    del portal.variables["AIMS_TEST_TOGETHER"]
    time.sleep(float(LEASE))  # what the dead had taken is free again
    portal.manage("reminders", "deliver")

    states = data.rows("SELECT mail, COUNT(*), COUNT(mailed_at) FROM notifications_notice GROUP BY mail")
    assert states == [("sent", READERS, READERS)]
    mails = [message_from_bytes(path.read_bytes()) for path in (portal.home / "mail").glob("*.eml")]
    assert len({mail["Message-ID"] for mail in mails}) == len({mail["To"] for mail in mails}) == READERS
    # Only what two had sent and not said when they died went out again, under the same Message-ID.
    sent = (portal.home / "sent").read_text().split()
    assert len(sent) == READERS + 2
    assert len(set(sent)) == READERS


def test_three_days_without_a_scheduler_bring_one_reminder_of_the_newest_step(portal: Installation) -> None:
    """Two steps fell into those days, one day before and one day late: only the second is told."""
    data = Database(portal)
    today = timezone.localdate()
    due(portal, today - dt.timedelta(days=1))
    before = today - dt.timedelta(days=3)
    portal.manage("reminders", "plan", "--date", before.isoformat())
    told = "SELECT COUNT(*) FROM notifications_notice"
    assert data.rows(told) == [(READERS,)]
    first = portal.embedded_worker()
    until(lambda: data.rows("SELECT 1 FROM jobs_jobschedule WHERE name='reminders'"), "there is a schedule")
    portal.kill(first)
    data.rows("DELETE FROM jobs_jobrun")  # what it did as soon as it came up belongs to no day away
    data.rows("DELETE FROM notifications_notice WHERE occasion NOT LIKE '%-7'")
    data.rows(f"UPDATE jobs_jobschedule SET since='{before} 00:00:00'")
    data.rows(f"UPDATE django_celery_beat_periodictask SET last_run_at='{before} 00:00:00'")

    portal.embedded_worker()
    until(lambda: data.rows(told) == [(2 * READERS,)], "everybody is reminded again")
    until(lambda: "done" in data.states("reminders"), "the run is over")
    portal.manage("reminders", "plan")

    newest = data.rows("SELECT occasion, COUNT(*) FROM notifications_notice GROUP BY occasion ORDER BY 2, 1")
    day = (today - dt.timedelta(days=1)).isoformat()
    assert sorted(newest) == [(f"{day}+1", READERS), (f"{day}-7", READERS)]
