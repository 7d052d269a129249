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
from registry.models import AISystem, Obligation, Waiver
from registry.schema import Record
from registry.services import system_move, system_update
from tests import factories
from tests.lifecycle import Staff, approve_assessment, sign, submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def work_of(client: Client) -> Work:
    work: Work = client.get("/work/").context["work"]
    return work


# --- Owners -----------------------------------------------------------------------------------------------


def tasks_of(client: Client, query: str = "") -> list[tuple[str, str]]:
    """(system, kind) of the tasks that the page lists, in its order."""
    rows = client.get(f"/work/{query}").context["work"].tasks.rows
    return [(row.task.system.name, row.task.kind) for row in rows]


def test_owner_sees_the_tasks_of_the_team(
    client_of: ClientOf, make_system: Callable[..., AISystem], deputy: User
) -> None:
    make_system(name="Claims triage", risk_tier="high")
    assert tasks_of(client_of(deputy)) == [
        ("Claims triage", "impact-assessment"),
        ("Claims triage", "log-policy"),
        ("Claims triage", "monitoring"),
    ]


def test_nobody_sees_tasks_of_systems_that_they_may_not_see(
    client_of: ClientOf, make_system: Callable[..., AISystem], stranger: User, outsider: User
) -> None:
    make_system()
    for person in (stranger, outsider):
        for scope in ("", "?scope=mine", "?scope=team", "?scope=all"):
            assert tasks_of(client_of(person), scope) == []


def test_a_task_that_one_was_given_is_not_seen_without_its_system(
    client_of: ClientOf, make_system: Callable[..., AISystem], outsider: User
) -> None:
    Obligation.objects.filter(system=make_system()).update(assignee=outsider, due=timezone.localdate())
    assert tasks_of(client_of(outsider), "?scope=mine") == []
    assert client_of(outsider).get("/account/").context["nav"][0].count == 0


def test_retired_systems_are_nobodys_work(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User
) -> None:
    system_move(make_system(), "retire", by=owner, reason="Replaced.")
    assert tasks_of(client_of(owner)) == []


def test_owner_without_systems_is_told_what_to_do(client_of: ClientOf, owner: User) -> None:
    text = client_of(owner).get("/work/").content.decode()
    assert "Your teams have no systems yet" in text
    assert f'href="{reverse("registry:imports")}"' in text


def test_lead_and_auditor_see_everybodys_tasks_at_once(
    client_of: ClientOf, make_system: Callable[..., AISystem], lead: User, auditor: User
) -> None:
    make_system(name="One")
    factories.make_system(name="Two")
    for person in (lead, auditor):
        assert {name for name, _kind in tasks_of(client_of(person))} == {"One", "Two"}


def test_auditor_cannot_act(
    client_of: ClientOf, make_system: Callable[..., AISystem], auditor: User, lead: User
) -> None:
    make_system()
    assert 'name="task"' not in client_of(auditor).get("/work/").content.decode()
    assert 'name="task"' in client_of(lead).get("/work/").content.decode()


@pytest.mark.parametrize("persona", ["oncall", "admin"])
def test_roles_without_tasks_are_told_so(
    request: pytest.FixtureRequest, client_of: ClientOf, make_system: Callable[..., AISystem], persona: str
) -> None:
    make_system()
    client = client_of(request.getfixturevalue(persona))
    assert "Your roles have no tasks" in client.get("/work/").content.decode()
    assert tasks_of(client, "?scope=all") == []


# --- Filters ----------------------------------------------------------------------------------------------


@pytest.fixture
def many(make_system: Callable[..., AISystem], owner: User, deputy: User) -> Client:
    """The owner's page about two systems: one late, one due soon, one given to the deputy, one waived."""
    today = timezone.localdate()
    make_system(name="Alpha")
    make_system(name="Beta")
    place = {f"{task.system.name} {task.kind}": task for task in Obligation.objects.select_related("system")}
    Obligation.objects.filter(pk=place["Alpha monitoring"].pk).update(due=today - dt.timedelta(days=1))
    Obligation.objects.filter(pk=place["Beta monitoring"].pk).update(
        due=today + dt.timedelta(days=7), assignee=deputy
    )
    Waiver.objects.create(
        obligation=place["Beta log-policy"],
        until=today,
        reason="Later.",
        requested_by=owner,
        document={},
        state="granted",
    )
    client = Client()
    client.force_login(owner, backend="aims.accounts.backends.RoleBackend")
    return client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?due=overdue", ["Alpha monitoring"]),
        ("?due=week", ["Beta monitoring"]),
        ("?due=later", ["Alpha impact-assessment", "Alpha log-policy", "Beta impact-assessment"]),
        ("?kind=monitoring", ["Alpha monitoring", "Beta monitoring"]),
        ("?kind=monitoring&q=beta", ["Beta monitoring"]),
        ("?state=waived", ["Beta log-policy"]),
        ("?state=met", ["Alpha data-governance", "Beta data-governance"]),
        ("?state=dropped", []),
        ("?assignee=nobody&kind=monitoring", ["Alpha monitoring"]),
        ("?scope=mine&kind=monitoring", ["Alpha monitoring"]),
        ("?assignee=me", []),
        ("?q=nothing+like+it", []),
        ("?q=platform+alpha&kind=monitoring", ["Alpha monitoring"]),
        ("?kind=nonsense&due=never&state=odd&assignee=x&scope=galaxy&sort=colour&q=beta",
         ["Beta impact-assessment", "Beta monitoring"]),
    ],
)  # fmt: skip
def test_filters(many: Client, query: str, found: list[str]) -> None:
    assert sorted(f"{name} {kind}" for name, kind in tasks_of(many, query)) == found


def test_filter_by_a_person(many: Client, deputy: User) -> None:
    assert tasks_of(many, f"?assignee={deputy.pk}") == [("Beta", "monitoring")]
    text = many.get(f"/work/?assignee={deputy.pk}").content.decode()
    assert f'<option value="{deputy.pk}" selected>Dimitri Deputy</option>' in text


def test_sorted_by_due_date_unless_asked_otherwise(many: Client) -> None:
    assert [kind for _name, kind in tasks_of(many)][:2] == ["monitoring", "monitoring"]
    assert next(name for name, _kind in tasks_of(many, "?sort=-system")) == "Beta"
    assert next(kind for _name, kind in tasks_of(many, "?sort=kind")) == "impact-assessment"
    assert tasks_of(many, "?sort=assignee")[0] == ("Beta", "monitoring")


def test_a_filter_that_finds_nothing_can_be_cleared(many: Client) -> None:
    text = many.get("/work/?q=zebra").content.decode()
    assert "No task matches" in text
    assert 'href="?scope=team"' in text


def test_the_list_as_it_is_filtered_is_a_file(many: Client) -> None:
    answer = many.get("/work/?kind=monitoring&due=overdue&format=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert "Alpha" in lines[1]
    assert "Monitoring in place" in lines[1]


def test_a_file_holds_no_others_tasks(many: Client, client_of: ClientOf, stranger: User) -> None:
    answer = client_of(stranger).get("/work/?scope=all&format=csv")
    assert len(b"".join(answer.streaming_content).splitlines()) == 1  # type: ignore[attr-defined]


def test_navigation_counts_own_tasks_that_are_due_within_a_week(
    many: Client, client_of: ClientOf, deputy: User, lead: User
) -> None:
    assert many.get("/account/").context["nav"][0].count == 1  # the late one; the other is the deputy's
    assert client_of(deputy).get("/account/").context["nav"][0].count == 1
    assert client_of(lead).get("/account/").context["nav"][0].count == 0


def test_a_long_list_has_pages(
    client_of: ClientOf, make_system: Callable[..., AISystem], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.obligation_list.PAGE_SIZE", 2)
    make_system()
    assert len(tasks_of(client_of(owner))) == 2
    assert len(tasks_of(client_of(owner), "?page=2")) == 1


# --- Assessments ------------------------------------------------------------------------------------------


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


def test_a_signature_stands_once_as_a_decision_with_its_due_date(
    client_of: ClientOf, ready: AISystem, dpo: User
) -> None:
    client = client_of(dpo)
    (entry,) = work_of(client).waiting
    assert entry.due == timezone.localdate() + dt.timedelta(days=7)
    assert tasks_of(client) == []
    assert ("Claims triage", "sign-off-dpo") in tasks_of(client, "?scope=all")


def test_a_waived_signature_still_waits_for_who_signs(
    client_of: ClientOf, ready: AISystem, dpo: User, owner: User
) -> None:
    task = Obligation.objects.get(system=ready, kind="sign-off-dpo")
    Waiver.objects.create(
        obligation=task,
        until=timezone.localdate(),
        reason="Later.",
        requested_by=owner,
        document={},
        state="granted",
    )
    assert requests(client_of(dpo)) == [("Claims triage", "Sign for production")]


def test_own_decisions_of_the_last_days_are_listed(
    client_of: ClientOf, make_system: Callable[..., AISystem], dpo: User, cto: User
) -> None:
    system = make_system(data_sensitivity="pii")
    signoff = sign("system", system.slug, Role.DPO, dpo)
    assert list(client_of(dpo).get("/work/?show=decided").context["page"]) == [signoff]
    assert list(client_of(cto).get("/work/?show=decided").context["page"]) == []


def test_older_decisions_are_not(
    client_of: ClientOf, make_system: Callable[..., AISystem], dpo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = timezone.now() - dt.timedelta(days=8)
    with monkeypatch.context() as past:
        past.setattr(timezone, "now", lambda: then)
        sign("system", make_system(data_sensitivity="pii").slug, Role.DPO, dpo)
    assert "No decisions this week" in client_of(dpo).get("/work/?show=decided").content.decode()


def test_anonymous_is_sent_to_log_in(client: Client) -> None:
    assert "/accounts/login/" in client.get("/work/").url


# --- Cost -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", ["owner", "dpo", "lead"])
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
        client.get("/work/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/work/").status_code == 200
        assert len(captured) <= 12
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
        begin(make_system(), by=owner)
    response = client_of(owner).get("/work/")
    work = response.context["work"]
    assert (len(work.unfinished), work.unfinished_total) == (2, 3)
    assert "The first 2 of 3" in response.content.decode()
