"""What happens to a system and its assessment is told to those whom it concerns, once."""

from collections.abc import Callable

import pytest

from aims.accounts.models import User
from aims.notifications.models import Notice
from assessments import services as assessments
from registry import services, snapshots
from registry.models import AISystem
from tests.lifecycle import submit_assessment

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
