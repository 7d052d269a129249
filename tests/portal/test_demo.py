"""`manage.py demo`: what it says, when it stays away, and that it can be run again on any day."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from aims.accounts.models import User
from aims.portal.demo.clock import at
from aims.portal.demo.people import PEOPLE
from registry.choices import Stage
from registry.models import AISystem
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def demo(**options: Any) -> str:
    out = io.StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def said() -> str:
    return demo()


def stages() -> dict[str, str]:
    return dict(AISystem.objects.values_list("slug", "stage"))


@pytest.mark.parametrize("day", ["2027-01-03", "2028-02-29", "2027-05-03"])
def test_the_story_can_begin_on_any_day(day: str) -> None:
    """On a Sunday after holidays, on a leap day, on a Monday after a weekend with a holiday."""
    today = dt.datetime.fromisoformat(f"{day}T06:00+00:00")
    with at(today):
        demo()
        assert set(stages().values()) == set(Stage.values)
        assert AISystem.history.latest().history_date < today


def test_it_says_a_password_that_opens_every_account(said: str) -> None:
    password = said.splitlines()[0].rpartition(" ")[2]
    assert all(user.check_password(password) for user in User.objects.filter(is_active=True))
    assert all(person.email in said for person in PEOPLE if person.does)


def test_the_password_is_kept_where_only_we_read_it(said: str, home: Path) -> None:
    file = home / "demo-password"
    assert file.read_text().strip() in said
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_second_time_changes_nothing(said: str) -> None:
    before = stages()
    assert demo() == said
    assert stages() == before
    assert User.objects.count() == len(PEOPLE)


def test_the_environment_sets_the_password_also_later(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMS_DEMO_PASSWORD", "open sesame please")
    assert "open sesame please" in demo()
    assert User.objects.get(email="cto@example.com").check_password("open sesame please")
    monkeypatch.delenv("AIMS_DEMO_PASSWORD")
    assert demo() == said
    assert not User.objects.get(email="cto@example.com").check_password("open sesame please")


def test_it_stays_out_of_a_portal_with_people_of_its_own() -> None:
    make_user("Somebody Real", email="somebody@company.invalid")
    with pytest.raises(CommandError, match="people of its own"):
        demo()
    assert demo(if_empty=True) == ""
    assert not AISystem.objects.exists()
