"""The demo company, as `manage.py demo` leaves it."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from aims.accounts.models import User
from aims.portal.demo.people import PEOPLE
from registry import gate
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


def test_systems_stand_at_four_points_of_the_way(said: str) -> None:
    assert stages() == {
        "claude-rag-assistant": Stage.DRAFT,
        "medical-report-summary": Stage.DRAFT,
        "motor-claims-triage": Stage.ASSESSMENT,
        "storm-claims-forecast": Stage.PRODUCTION,
    }


def test_the_one_in_production_complies(said: str) -> None:
    answer = gate.judge(AISystem.objects.get(slug="storm-claims-forecast"))
    assert answer.allows
    assert not answer.warnings


def test_the_articles_record_is_blocked_by_what_the_article_asks(said: str) -> None:
    answer = gate.judge(AISystem.objects.get(slug="claude-rag-assistant"))
    assert {"pii-needs-assessment", "high-risk-needs-dpo", "production-needs-review-date"} <= {
        denial.rule for denial in answer.blockers
    }


def test_an_assessment_waits_for_the_dpo(said: str, client: Any) -> None:
    client.force_login(User.objects.get(email="dpo@example.com"))
    assert "Motor claims triage" in client.get("/work/").content.decode()


def test_it_says_a_password_that_opens_every_account(said: str) -> None:
    password = said.splitlines()[0].rpartition(" ")[2]
    assert all(user.check_password(password) for user in User.objects.all())
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
