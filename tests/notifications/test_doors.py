"""How people choose what they hear of, the links in e-mails, the ladder and the inbox, through HTTP."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import User
from aims.notifications import unsubscribing
from aims.notifications.delivery import deliver
from aims.notifications.ladder import USUAL
from aims.notifications.models import Notice, Preferences, Rung
from aims.notifications.telling import tell
from registry.models import AISystem
from registry.notices import DECISION, TASK, of_system

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
EVENING = dt.datetime(2026, 12, 1, 22, 30, tzinfo=timezone.get_default_timezone())


def choices(**changed: Any) -> dict[str, Any]:
    """What the form sends where everything is as it usually is, but for what is changed."""
    kinds = ("decision", "task", "review", "ends", "suspended", "assessment", "tampering")
    return {
        **{f"kind-{kind}": "now" for kind in kinds},
        "digest_hour": "8",
        "quiet_from": "",
        "quiet_until": "",
    } | {name.replace("kind_", "kind-"): value for name, value in changed.items()}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.datetime], None]:
    """Sets the time."""

    def at(moment: dt.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    at(EVENING)
    return at


def say(person: User, title: str = "A task is due", kind: str = TASK.key, **parts: Any) -> None:
    tell([person], kind=kind, subject="test:1", title=title, **parts)


def mails() -> list[str]:
    return [letter.subject for letter in mail.outbox]


# --- How one hears of things -------------------------------------------------------------------------------


def test_what_was_chosen_is_kept_and_shown(client_of: ClientOf, owner: User) -> None:
    client = client_of(owner)
    answer = client.post(reverse("notice-preferences"), choices(kind_task="inbox", digest_hour="17"))
    assert answer.status_code == 302
    wish = Preferences.objects.get(user=owner)
    assert (wish.mode("task"), wish.mode("review"), wish.digest_hour) == ("inbox", "now", 17)
    form = client.get(reverse("notice-preferences")).context["form"]
    assert form["kind-task"].initial == "inbox"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"quiet_from": "22"}, "Quiet hours need a beginning and an end"),
        ({"quiet_from": "7", "quiet_until": "7"}, "Quiet hours end at another hour"),
        ({"kind_decision": "inbox"}, "inbox is not one of the available choices"),
        ({"digest_hour": "24"}, "24 is not one of the available choices"),
        ({"kind_task": "never"}, "never is not one of the available choices"),
    ],
)
def test_choices_that_make_no_sense_are_said_and_not_kept(
    client_of: ClientOf, owner: User, wrong: dict[str, str], says: str
) -> None:
    answer = client_of(owner).post(reverse("notice-preferences"), choices(**wrong))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Preferences.objects.exists()


def test_only_in_the_inbox_means_no_mail(client_of: ClientOf, owner: User) -> None:
    client_of(owner).post(reverse("notice-preferences"), choices(kind_task="inbox"))
    say(owner)
    deliver()
    assert mails() == []
    assert "A task is due" in client_of(owner).get(reverse("inbox")).content.decode()


def test_even_a_row_written_by_hand_does_not_switch_off_what_must_be(owner: User) -> None:
    Preferences.objects.create(user=owner, modes={"decision": "inbox"})
    say(owner, "Sign this", DECISION.key)
    deliver()
    assert mails() == ["Sign this"]


def test_quiet_hours_put_off_until_they_end(
    client_of: ClientOf, owner: User, clock: Callable[[dt.datetime], None]
) -> None:
    client_of(owner).post(reverse("notice-preferences"), choices(quiet_from="22", quiet_until="7"))
    say(owner)
    say(owner, "Sign this", DECISION.key)
    clock(EVENING + dt.timedelta(hours=8, minutes=29))  # 06:59
    deliver()
    assert mails() == []
    clock(EVENING + dt.timedelta(hours=8, minutes=30))  # 07:00
    deliver()
    assert mails() == ["2 notices: A task is due, …"]


def test_quiet_hours_chosen_later_hold_for_what_waits(
    client_of: ClientOf, owner: User, clock: Callable[[dt.datetime], None]
) -> None:
    say(owner)
    client_of(owner).post(reverse("notice-preferences"), choices(quiet_from="22", quiet_until="7"))
    deliver()
    assert mails() == []
    clock(EVENING + dt.timedelta(hours=9))
    deliver()
    assert mails() == ["A task is due"]


def test_a_day_s_digest_is_one_mail_at_the_hour(
    client_of: ClientOf, owner: User, clock: Callable[[dt.datetime], None]
) -> None:
    client_of(owner).post(reverse("notice-preferences"), choices(kind_task="digest", digest_hour="9"))
    say(owner, "First")
    clock(EVENING + dt.timedelta(hours=5))
    say(owner, "Second")
    deliver()
    assert mails() == []
    clock(EVENING + dt.timedelta(hours=10, minutes=30))  # 09:00
    deliver()
    deliver()
    assert mails() == ["2 notices: First, …"]
    assert "Second" in mail.outbox[0].body


# --- The ladder --------------------------------------------------------------------------------------------


def ladder(steps: list[tuple[str, str, str, str]], reason: str = "Less noise.") -> dict[str, str]:
    names = ("number", "side", "every", "audience")
    data = {"step-TOTAL_FORMS": str(len(steps)), "step-INITIAL_FORMS": "0", "reason": reason}
    for place, step in enumerate(steps):
        data |= {f"step-{place}-{name}": value for name, value in zip(names, step, strict=True)}
    return data


BEFORE = ("14", "before", "", "owner")


def test_the_administrator_changes_the_ladder_with_a_reason(client_of: ClientOf, admin: User) -> None:
    weekly = ("1", "after", "7", "lead")
    answer = client_of(admin).post(reverse("reminders"), ladder([BEFORE, weekly]))
    assert answer.status_code == 302
    assert set(Rung.objects.values_list("days", "every", "audience")) == {(-14, 0, "owner"), (1, 7, "lead")}
    change = Rung.history.latest("history_id")
    assert (change.history_user, change.history_change_reason) == (admin, "Less noise.")


@pytest.mark.parametrize(
    ("steps", "reason", "says"),
    [
        ([BEFORE], "  ", "Say why."),
        ([("", "before", "", "owner")], "Why not", "needs at least one step"),
        ([("1", "after", "", "owner")], "Why not", "reach the owner before the due date"),
        ([BEFORE, BEFORE], "Why not", "Two steps speak to the same people"),
        ([("14", "before", "7", "owner")], "Why not", "Only what is overdue is repeated"),
        ([("366", "before", "", "owner")], "Why not", "less than or equal to 365"),
        ([("14", "before", "", "everybody")], "Why not", "everybody is not one of the available choices"),
        ([(str(day), "before", "", "owner") for day in range(1, 14)], "Why not", "at most 12"),
    ],
)
def test_a_ladder_that_makes_no_sense_is_said_and_not_kept(
    client_of: ClientOf, admin: User, steps: list[Any], reason: str, says: str
) -> None:
    answer = client_of(admin).post(reverse("reminders"), ladder(steps, reason))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Rung.objects.exists()


def test_the_form_begins_with_the_usual_ladder(client_of: ClientOf, admin: User) -> None:
    forms = client_of(admin).get(reverse("reminders")).context["forms"]
    assert len([form for form in forms if form.initial]) == len(USUAL)


# --- Out of a kind of e-mails ------------------------------------------------------------------------------


def test_looking_at_the_way_out_changes_nothing(client: Client, owner: User) -> None:
    address = unsubscribing.address(owner, TASK.key)
    assert client.get(address).status_code == 200
    assert client.head(address).status_code == 200
    assert not Preferences.objects.exists()


def test_the_way_out_works_without_a_login(client: Client, owner: User) -> None:
    assert client.post(unsubscribing.address(owner, TASK.key)).status_code == 200
    say(owner)
    deliver()
    assert mails() == []


def test_one_click_of_a_mail_program_needs_no_token_of_a_form(owner: User) -> None:
    say(owner)
    deliver()
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    program = Client(enforce_csrf_checks=True)
    assert program.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Preferences.objects.get(user=owner).mode("task") == "inbox"


def test_there_is_no_way_out_of_what_one_must_sign(client: Client, owner: User) -> None:
    say(owner, "Sign this", DECISION.key)
    deliver()
    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers
    assert "/unsubscribe/" not in mail.outbox[0].body
    assert client.post(unsubscribing.address(owner, DECISION.key)).status_code == 404
    assert not Preferences.objects.exists()


def test_a_link_that_was_changed_is_none_of_ours(client: Client, owner: User) -> None:
    address = unsubscribing.address(owner, TASK.key)
    assert client.post(address[:-3] + "xy/").status_code == 404
    assert not Preferences.objects.exists()


# --- What others wrote, and what one may no longer see -----------------------------------------------------


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028"])
def test_a_title_begins_no_header(owner: User, end: str) -> None:
    say(owner, f"Due{end}Bcc: everybody@example.com{end}{end}Hello")
    deliver()
    made = mail.outbox[0].message()
    assert made["Bcc"] is None
    assert made["To"] == owner.email
    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].recipients() == [owner.email]


def test_a_title_is_text_on_the_page(client_of: ClientOf, owner: User) -> None:
    say(owner, "<script>alert(1)</script>", text="<img src=x onerror=alert(1)>")
    page = client_of(owner).get(reverse("inbox")).content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_what_one_may_no_longer_see_is_hidden_not_counted_and_not_mailed(
    client_of: ClientOf, make_system: Callable[..., AISystem], deputy: User
) -> None:
    say(deputy, "Secret project is late", scope=of_system(make_system().pk))
    notice = Notice.objects.get(recipient=deputy, subject="test:1")
    client = client_of(deputy)
    assert "Secret project is late" in client.get(reverse("inbox")).content.decode()

    deputy.memberships.all().delete()

    page = client.get(reverse("inbox"))
    assert "Secret project is late" not in page.content.decode()
    assert page.context["unread"] == 0
    assert client.post(reverse("notice-open", args=[notice.pk])).status_code == 404
    deliver()
    assert mails() == []


def test_a_link_out_of_the_portal_is_not_followed(client_of: ClientOf, owner: User) -> None:
    say(owner, url="//evil.example/")
    notice = Notice.objects.get(subject="test:1")
    assert client_of(owner).post(reverse("notice-open", args=[notice.pk]))["Location"] == reverse("inbox")


def test_somebody_else_s_notice_is_none_of_mine(client_of: ClientOf, owner: User, deputy: User) -> None:
    say(owner)
    notice = Notice.objects.get(subject="test:1")
    client = client_of(deputy)
    assert client.post(reverse("notice-open", args=[notice.pk])).status_code == 404
    client.post(reverse("inbox-read"))
    notice.refresh_from_db()
    assert notice.read_at is None
