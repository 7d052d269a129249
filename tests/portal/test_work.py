"""“My work”: what waits for a person, and nothing else."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.portal.work import Work
from assessments.models import Assessment
from assessments.services import begin
from registry import documents
from registry.models import AISystem
from registry.schema import Record
from registry.services import system_update
from tests import factories
from tests.lifecycle import Staff, approve_assessment, sign, submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def work_of(client: Client) -> Work:
    work: Work = client.get("/work/").context["work"]
    return work


# --- Owners -----------------------------------------------------------------------------------------------


def test_owner_sees_the_systems_of_the_team_with_what_blocks_them(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User
) -> None:
    system = make_system(name="Claims triage", data_sensitivity="pii")
    ((answer, summary),) = work_of(client_of(owner)).systems
    assert answer.system == system
    assert not answer.allows
    assert "block production" in summary["title"]


def test_owner_sees_no_systems_of_others(client_of: ClientOf, owner: User) -> None:
    factories.make_system()
    work = work_of(client_of(owner))
    assert (work.systems, work.systems_total) == ([], 0)


def test_retired_systems_are_nobodys_work(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User
) -> None:
    system = make_system()
    AISystem.objects.filter(pk=system.pk).update(stage="retired")
    assert work_of(client_of(owner)).systems_total == 0


def test_owner_without_systems_is_told_what_to_do(client_of: ClientOf, owner: User) -> None:
    text = client_of(owner).get("/work/").content.decode()
    assert "Your teams have no systems yet" in text
    assert f'href="{reverse("registry:imports")}"' in text


def test_owner_sees_drafts_of_the_team_and_no_others(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, stranger: User
) -> None:
    assessment = begin(make_system(), by=owner)
    begin(make_system(of=stranger.leads.get()), by=stranger)
    assert work_of(client_of(owner)).unfinished == [assessment]


def test_submitted_assessment_is_no_longer_the_owners_work(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User
) -> None:
    assessment = begin(make_system(), by=owner)
    Assessment.objects.filter(pk=assessment.pk).update(
        state="submitted", record={}, submitted_by=owner, submitted_at=timezone.now()
    )
    assert work_of(client_of(owner)).unfinished == []


# --- Signers ----------------------------------------------------------------------------------------------


def test_draft_waits_for_nobody(client_of: ClientOf, make_system: Callable[..., AISystem], dpo: User) -> None:
    make_system(data_sensitivity="pii")
    work = work_of(client_of(dpo))
    assert (list(work.waiting), work.waiting_total) == ([], 0)


@pytest.fixture
def ready(make_system: Callable[..., AISystem], owner: User, staff: Staff) -> AISystem:
    """A system whose assessment is approved: DPO, security and CTO have to sign."""
    system = make_system(name="Claims triage", data_sensitivity="pii", risk_tier="high")
    approve_assessment(submit_assessment(system, owner), staff)
    return system


def requests(client: Client) -> list[tuple[str, str]]:
    work = work_of(client)
    assert work.waiting_total == len(work.waiting)
    return [(entry.title, entry.request) for entry in work.waiting]


def test_submitted_assessment_waits_for_the_dpo_alone(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, dpo: User, cto: User
) -> None:
    system = make_system(name="Claims triage")
    assessment = submit_assessment(system, owner)
    asked = f"Decide about the impact assessment {assessment.ref}"
    assert requests(client_of(dpo)) == [("Claims triage", asked)]
    assert requests(client_of(cto)) == []


def test_assessed_system_waits_for_every_role_that_policy_asks(
    client_of: ClientOf, ready: AISystem, dpo: User, cto: User, security: User, auditor: User
) -> None:
    for person in (dpo, cto, security):
        assert requests(client_of(person)) == [("Claims triage", "Sign for production")]
    assert requests(client_of(auditor)) == []


def test_navigation_counts_what_waits(client_of: ClientOf, ready: AISystem, dpo: User, auditor: User) -> None:
    for person, number in ((dpo, 1), (auditor, 0)):
        assert client_of(person).get("/policies/").context["nav"][0].count == number


def test_every_request_opens(client_of: ClientOf, ready: AISystem, dpo: User) -> None:
    client = client_of(dpo)
    assert [client.get(entry.url).status_code for entry in work_of(client).waiting] == [200]


@pytest.mark.parametrize("decision", ["approve", "changes", "reject"])
def test_what_is_decided_no_longer_waits(
    client_of: ClientOf, ready: AISystem, dpo: User, cto: User, decision: str
) -> None:
    sign("system", ready.slug, Role.DPO, dpo, decision)
    assert requests(client_of(dpo)) == []
    assert requests(client_of(cto)) == [("Claims triage", "Sign for production")]


@pytest.mark.parametrize("decision", ["approve", "changes"])
def test_what_has_changed_since_waits_again(
    client_of: ClientOf, ready: AISystem, owner: User, dpo: User, decision: str
) -> None:
    sign("system", ready.slug, Role.DPO, dpo, decision)
    change(ready, owner, data_sensitivity="special_category")
    assert requests(client_of(dpo)) == [("Claims triage", "Sign for production")]


def change(system: AISystem, by: User, **columns: Any) -> None:
    system.refresh_from_db()
    for column, value in columns.items():
        setattr(system, column, value)
    record = Record.model_validate(documents.record_of(system))
    system_update(system, record, team=system.team, by=by, revision=system.revision, reason="As it is.")


def test_signer_with_nothing_waiting_is_told_what_will_come(client_of: ClientOf, dpo: User) -> None:
    assert "Nothing waits for your signature" in client_of(dpo).get("/work/").content.decode()


def test_person_who_signs_nothing_is_told_so(client_of: ClientOf, auditor: User) -> None:
    assert "Your roles sign nothing" in client_of(auditor).get("/work/").content.decode()


def test_own_decisions_of_the_last_days_are_listed(
    client_of: ClientOf, make_system: Callable[..., AISystem], dpo: User, cto: User
) -> None:
    system = make_system(data_sensitivity="pii")
    signoff = sign("system", system.slug, Role.DPO, dpo)
    assert work_of(client_of(dpo)).decided == [signoff]
    assert work_of(client_of(cto)).decided == []


def test_older_decisions_are_not(
    client_of: ClientOf, make_system: Callable[..., AISystem], dpo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = timezone.now() - dt.timedelta(days=8)
    with monkeypatch.context() as past:
        past.setattr(timezone, "now", lambda: then)
        sign("system", make_system(data_sensitivity="pii").slug, Role.DPO, dpo)
    assert work_of(client_of(dpo)).decided == []


def test_anonymous_is_sent_to_log_in(client: Client) -> None:
    assert "/accounts/login/" in client.get("/work/").url


# --- Cost -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", ["owner", "dpo"])
def test_queries_do_not_grow_with_the_work(
    request: pytest.FixtureRequest,
    client_of: ClientOf,
    make_system: Callable[..., AISystem],
    owner: User,
    persona: str,
) -> None:
    person = request.getfixturevalue(persona)

    def queries() -> int:
        client = client_of(person)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/work/").status_code == 200
        return len(captured)

    begin(make_system(data_sensitivity="pii"), by=owner)
    before = queries()
    for _number in range(5):
        begin(make_system(data_sensitivity="pii"), by=owner)
    assert queries() == before


def test_lists_are_bounded(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aims.portal.work.SHOWN", 2)
    for _number in range(3):
        make_system()
    response = client_of(owner).get("/work/")
    assert (len(response.context["work"].systems), response.context["work"].systems_total) == (2, 3)
    assert "The 2 of 3 that changed last" in response.content.decode()
