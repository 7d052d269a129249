"""“Why is this blocked?”: the gate's answer in plain words, with who can do something about it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import role_grant, substitution_create
from aims.policy.policies import shipped
from registry import documents, gate
from registry.models import AISystem
from registry.reasons import Explanation, Point, explain
from registry.schema import Record
from registry.services import system_move, system_update
from tests.factories import make_user
from tests.lifecycle import Staff, sign, submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
MakeSystem = Callable[..., AISystem]


def explained(system: AISystem, user: User) -> Explanation:
    fresh = AISystem.objects.select_related("team__lead", "team__deputy").get(pk=system.pk)
    return explain(gate.judge(fresh), User.objects.get(pk=user.pk))


def point(points: list[Point], title: str) -> Point:
    return next(each for each in points if title in str(each.row["title"]))


def change(system: AISystem, by: User, **columns: object) -> None:
    current = AISystem.objects.select_related("team").get(pk=system.pk)
    for column, value in columns.items():
        setattr(current, column, value)
    record = Record.model_validate(documents.record_of(current))
    system_update(
        current, record, team=current.team, by=by, revision=current.revision, reason="It is so now."
    )


def test_a_rule_says_what_it_wants_why_and_who_can_help(make_system: MakeSystem, owner: User) -> None:
    system = make_system(contact="")
    told = point(explained(system, owner).rules, "has a contact")
    rule = next(rule for rule in shipped().rules if rule.id == "system-needs-contact")
    assert told.why == rule.description
    assert told.row["fix"] == rule.fix
    assert told.row["source"] == rule.source
    assert "Olga Owner or Dimitri Deputy" in told.who


def test_nothing_the_gate_says_is_left_out(make_system: MakeSystem, owner: User) -> None:
    system = make_system(
        data_sensitivity="pii", risk_tier="high", contact="", purpose="", version_pinned=False, base_model=""
    )
    answer = gate.judge(AISystem.objects.select_related("team").get(pk=system.pk))
    found = explained(system, owner)
    told = {each.row.get("rule") for each in [*found.rules, *found.signatures, *found.warnings]}
    assert {denial.rule for denial in answer.denials} <= told
    assert len(found.signatures) == len(answer.open_signatures)


def test_a_rule_that_only_asks_for_a_signature_stands_with_that_signature(
    make_system: MakeSystem, owner: User
) -> None:
    found = explained(make_system(data_sensitivity="pii", risk_tier="high"), owner)
    assert "high-risk-needs-dpo" not in {each.row["rule"] for each in found.rules}
    assert point(found.signatures, "Data protection officer").row["rule"] == "high-risk-needs-dpo"


def test_a_missing_signature_names_who_can_give_it(
    make_system: MakeSystem, owner: User, dpo: User, cto: User
) -> None:
    found = explained(make_system(data_sensitivity="pii"), owner)
    told = point(found.signatures, "Data protection officer")
    assert "Dora Protection" in told.who
    assert "personal data" in told.why


def test_a_substitute_is_named_too(make_system: MakeSystem, owner: User, dpo: User, outsider: User) -> None:
    today = timezone.localdate()
    substitution_create(
        holder=dpo,
        role=Role.DPO,
        substitute=outsider,
        starts=today,
        ends=today + dt.timedelta(3),
        reason="Leave",
    )
    found = explained(make_system(data_sensitivity="pii"), owner)
    assert "Dora Protection or Otto Outsider" in point(found.signatures, "Data protection officer").who


def test_who_wrote_part_of_it_is_not_named(make_system: MakeSystem, owner: User, cto: User) -> None:
    system = make_system()
    role_grant(owner, Role.CTO, by=None)  # and so could sign, had they not registered it
    told = point(explained(system, owner).signatures, "Chief technology officer")
    assert "Carl Technology" in told.who
    assert "Olga" not in told.who


def test_where_all_who_could_sign_wrote_part_of_it_that_is_said(make_system: MakeSystem, owner: User) -> None:
    system = make_system()
    role_grant(owner, Role.CTO, by=None)
    assert "nobody signs what they wrote" in point(explained(system, owner).signatures, "Chief").who


def test_where_nobody_holds_the_role_that_is_said(make_system: MakeSystem, owner: User) -> None:
    told = point(explained(make_system(), owner).signatures, "Chief technology officer")
    assert "Nobody holds the role" in told.who


def test_a_stale_signature_shows_what_changed(production_system: AISystem, owner: User) -> None:
    change(production_system, owner, base_model="letters-3")
    told = point(explained(production_system, owner).signatures, "Chief technology officer")
    ((difference),) = told.changes
    assert (difference["label"], difference["before"], difference["after"]) == (
        "Base model",
        "letters-2",
        "letters-3",
    )
    assert "Carl Technology" in told.row["fact"]


def test_what_was_sent_back_goes_to_the_team_first(
    production_system: AISystem, owner: User, cto: User
) -> None:
    change(production_system, owner, base_model="letters-3")
    sign("system", production_system.slug, Role.CTO, cto, "changes")
    assert point(explained(production_system, owner).signatures, "Chief").who.startswith("First ")


@pytest.mark.parametrize(
    ("decision", "words"),
    [("changes", "sent back by Dora Protection"), ("reject", "rejected by Dora Protection")],
)
def test_what_became_of_the_assessment_is_told(
    make_system: MakeSystem, owner: User, dpo: User, decision: str, words: str
) -> None:
    system = make_system()
    assert "Nobody has begun one" in point(explained(system, owner).rules, "assessment").now
    assessment = submit_assessment(system, owner)
    assert "submitted by Olga Owner" in point(explained(system, owner).rules, "assessment").now
    sign("assessment", assessment.ref, Role.DPO, dpo, decision)
    told = point(explained(system, owner).rules, "assessment").now
    assert words in told
    assert "“Read and agreed.”" in told


def test_signers_are_asked_once_there_is_an_assessment(
    make_system: MakeSystem, owner: User, dpo: User
) -> None:
    system = make_system()
    assert "once the assessment is approved" in explained(system, owner).steps[2].text
    sign("assessment", submit_assessment(system, owner).ref, Role.DPO, dpo)
    assert "under My work" in explained(system, owner).steps[2].text


def test_what_happens_next_goes_from_the_record_to_the_question(
    make_system: MakeSystem, owner: User, staff: Staff
) -> None:
    system = make_system(contact="")
    steps = explained(system, owner).steps
    assert [step.done for step in steps] == [False, False, False, False]
    assert "1" in steps[0].text or "One" in steps[0].text
    submit_assessment(system, owner)
    change(system, owner, contact="here@example.com")
    assert [step.done for step in explained(system, owner).steps] == [True, False, False, False]


def test_a_system_in_compliance_needs_no_steps(production_system: AISystem, owner: User) -> None:
    found = explained(production_system, owner)
    assert (found.rules, found.signatures, found.steps) == ([], [], [])


def test_a_retired_system_is_not_explained(make_system: MakeSystem, owner: User) -> None:
    system = make_system(contact="")
    system_move(system, "retire", by=owner, reason="Not needed.")
    assert explained(system, owner) == Explanation([], [], [], [])


def test_only_who_may_change_the_record_is_led_there(
    make_system: MakeSystem, owner: User, auditor: User
) -> None:
    system = make_system(contact="")
    assert point(explained(system, owner).rules, "contact").row["fix_url"].endswith("/edit/")
    assert point(explained(system, auditor).rules, "contact").row["fix_url"] == ""


@pytest.mark.parametrize("address", ["", "promotion/"])
def test_pages_that_show_the_gate_lead_there(
    client_of: ClientOf, make_system: MakeSystem, owner: User, address: str
) -> None:
    system = make_system()
    page = client_of(owner).get(f"{system.get_absolute_url()}{address}").content.decode()
    assert f"{system.get_absolute_url()}why/" in page


def test_the_page_says_it_all(client_of: ClientOf, production_system: AISystem, owner: User) -> None:
    change(production_system, owner, base_model="letters-3")
    page = client_of(owner).get(f"{production_system.get_absolute_url()}why/").content.decode()
    for words in ("Why it is asked", "Carl Technology", "Changed since: Base model", "What happens next"):
        assert words in page


def test_queries_do_not_grow_with_people_or_findings(
    client_of: ClientOf, production_system: AISystem, owner: User, staff: Staff
) -> None:
    def queries() -> int:
        client = client_of(owner)
        with CaptureQueriesContext(connection) as found:
            client.get(f"{production_system.get_absolute_url()}why/")
        return len(found)

    change(production_system, owner, base_model="letters-3")
    before = queries()
    for number in range(5):
        make_user(f"Officer {number}", Role.DPO, Role.CTO)
    change(production_system, owner, contact="", purpose="")
    assert queries() == before
    assert before <= 12, before


def test_a_stranger_learns_nothing(client_of: ClientOf, make_system: MakeSystem, stranger: User) -> None:
    answer: Any = client_of(stranger).get(f"{make_system().get_absolute_url()}why/")
    assert answer.status_code == 404
