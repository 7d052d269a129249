"""Registering, editing and moving systems."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from aims.accounts.services import member_add
from registry import documents, gate, stages
from registry.choices import Stage
from registry.errors import Conflict, ReasonNeeded, WrongStage
from registry.models import AISystem
from registry.schema import Record, parse_record
from registry.services import system_create, system_move, system_update
from registry.yaml_document import read
from tests.factories import forget_rights
from tests.lifecycle import approve_assessment, sign_system, submit_assessment

pytestmark = pytest.mark.django_db


def test_a_record_goes_in_and_comes_out_unchanged(article_record: bytes, team: Any, owner: Any) -> None:
    record = parse_record(read(article_record))
    system = system_create(record, team=team, by=owner)
    system.refresh_from_db()
    expected = record.document()
    claimed = expected["governance"]
    for key in ("impact_assessment_id", "last_reviewed"):
        del claimed[key]
    claimed["approved_by"] = []
    expected["lifecycle"]["stage"] = "draft"
    assert documents.record_of(system) == expected


def test_an_edit_counts_a_revision_and_says_who_and_why(
    make_system: Callable[..., AISystem], owner: Any, record_of: Any
) -> None:
    system = make_system()
    changed = system_update(
        system,
        record_of(system, name="New name"),
        team=system.team,
        by=owner,
        revision=1,
        reason="Renamed by marketing",
    )
    assert changed.revision == 2
    newest = AISystem.history.filter(id=system.pk).first()
    assert (newest.name, newest.history_user, newest.history_change_reason) == (
        "New name",
        owner,
        "Renamed by marketing",
    )


def test_an_edit_that_changes_nothing_leaves_no_trace(
    make_system: Callable[..., AISystem], owner: Any, record_of: Any
) -> None:
    system = make_system()
    before = AISystem.history.count()
    unchanged = system_update(system, record_of(system), team=system.team, by=owner, revision=1)
    assert (unchanged.revision, AISystem.history.count()) == (1, before)


def test_an_edit_of_an_older_revision_is_a_conflict(
    make_system: Callable[..., AISystem], owner: Any, deputy: Any, record_of: Any
) -> None:
    system = make_system()
    mine, theirs = record_of(system, name="Mine"), record_of(system, name="Theirs")
    system_update(system, theirs, team=system.team, by=deputy, revision=1)
    with pytest.raises(Conflict) as conflict:
        system_update(system, mine, team=system.team, by=owner, revision=1)
    assert conflict.value.current.name == "Theirs"
    system.refresh_from_db()
    assert system.name == "Theirs"


def test_a_stranger_cannot_edit(make_system: Callable[..., AISystem], outsider: Any, record_of: Any) -> None:
    system = make_system()
    with pytest.raises(PermissionDenied):
        system_update(system, record_of(system, name="X"), team=system.team, by=outsider, revision=1)


def test_a_system_cannot_be_pushed_to_a_team_of_others(
    make_system: Callable[..., AISystem], make_team: Any, owner: Any, record_of: Any
) -> None:
    system, other = make_system(), make_team(slug="team-other")
    with pytest.raises(PermissionDenied):
        system_update(system, record_of(system), team=other, by=owner, revision=1)


def test_a_material_change_in_production_asks_for_a_reason(
    production_system: AISystem, owner: Any, record_of: Any
) -> None:
    system = production_system
    raised = record_of(system, classification={"data_sensitivity": "special_category"})
    with pytest.raises(ReasonNeeded):
        system_update(system, raised, team=system.team, by=owner, revision=system.revision)
    system_update(
        system, raised, team=system.team, by=owner, revision=system.revision, reason="Health data turned up"
    )
    answer = gate.judge(AISystem.objects.select_related("team").get(pk=system.pk))
    assert {signature.state for signature in answer.signatures if signature.signoff} == {"stale"}
    assert answer.verdict == "deny"


def test_an_immaterial_change_in_production_needs_no_reason_and_keeps_signatures(
    production_system: AISystem, owner: Any, record_of: Any
) -> None:
    system = production_system
    system_update(
        system, record_of(system, name="Nicer name"), team=system.team, by=owner, revision=system.revision
    )
    assert gate.judge(AISystem.objects.select_related("team").get(pk=system.pk)).allows


@pytest.mark.parametrize("transition", stages.TRANSITIONS.values(), ids=stages.TRANSITIONS)
@pytest.mark.parametrize("stage", [stage for stage in Stage if stage != Stage.PRODUCTION])
def test_a_transition_starts_only_from_its_stages(
    make_system: Callable[..., AISystem], owner: Any, stage: Stage, transition: stages.Transition
) -> None:
    system = make_system()
    AISystem.objects.filter(pk=system.pk).update(stage=stage)
    if stage in transition.sources:
        moved = system_move(system, transition.name, by=owner, reason="Because")
        assert moved.done is not transition.gated
        assert moved.system.stage == (stage if transition.gated else transition.target)
    else:
        with pytest.raises(WrongStage):
            system_move(system, transition.name, by=owner, reason="Because")


MAY = {
    "assess": {"owner", "deputy", "lead"},
    "approve": {"owner", "deputy", "lead"},
    "canary": {"owner", "deputy", "lead"},
    "promote": {"owner", "deputy", "lead"},
    "resume": {"owner", "deputy", "lead"},
    "rework": {"owner", "deputy", "lead"},
    "rollback": {"owner", "deputy", "lead", "oncall"},
    "suspend": {"owner", "deputy", "lead", "oncall", "dpo", "cto", "security"},
    "retire": {"owner", "deputy", "lead"},
    "reopen": {"owner", "deputy", "lead"},
}


@pytest.mark.parametrize("name", stages.TRANSITIONS)
@pytest.mark.parametrize(
    "who", ["owner", "deputy", "lead", "dpo", "cto", "security", "auditor", "oncall", "admin", "outsider"]
)
def test_a_transition_is_open_to_its_roles_alone(
    make_system: Callable[..., AISystem], request: pytest.FixtureRequest, name: str, who: str
) -> None:
    person = request.getfixturevalue(who)
    system = make_system()
    transition = stages.TRANSITIONS[name]
    source = sorted(transition.sources - {Stage.PRODUCTION})[0]
    AISystem.objects.filter(pk=system.pk).update(stage=source)
    if who in MAY[name]:
        system_move(system, name, by=person, reason="Because")
    else:
        with pytest.raises(PermissionDenied):
            system_move(system, name, by=person, reason="Because")


def test_suspending_needs_a_reason(production_system: AISystem, oncall: Any) -> None:
    with pytest.raises(ReasonNeeded):
        system_move(production_system, "suspend", by=oncall)
    moved = system_move(production_system, "suspend", by=oncall, reason="Leaks prompts")
    assert moved.system.stage == Stage.SUSPENDED


def test_the_way_back_from_suspension_leads_through_the_gate(
    production_system: AISystem, oncall: Any, owner: Any
) -> None:
    system = production_system
    system_move(system, "suspend", by=oncall, reason="Leaks prompts")
    back = system_move(system, "resume", by=owner, reason="Mended")
    assert back.done
    assert back.decision is not None
    assert back.decision.verdict == "allow"
    assert back.system.stage == Stage.PRODUCTION


def test_retiring_sets_the_day(make_system: Callable[..., AISystem], owner: Any) -> None:
    moved = system_move(make_system(), "retire", by=owner, reason="Replaced")
    assert moved.system.decommission_date is not None


def test_the_gate_judges_a_staging_record_as_if_in_production(
    make_system: Callable[..., AISystem], owner: Any
) -> None:
    system = make_system(environment="staging", data_sensitivity="pii", risk_tier="high")
    rules = {denial.rule for denial in gate.judge(system).denials}
    assert {"pii-needs-assessment", "high-risk-needs-dpo", "production-needs-review-date"} <= rules


def test_a_new_system_is_a_draft_whatever_the_record_says(team: Any, owner: Any) -> None:
    record = Record.model_validate(
        {"id": "a", "name": "A", "owner": team.slug, "lifecycle": {"stage": "production"}}
    )
    assert system_create(record, team=team, by=owner).stage == Stage.DRAFT


def test_who_signed_does_not_ask_for_production(make_system: Callable[..., AISystem], staff: Any) -> None:
    """A member of the owning team who is also CTO signs, or asks; not both (requester is not approver)."""
    member_add(staff["owner"].memberships.get().team, staff["cto"], by=None)
    forget_rights(staff["cto"])
    system = make_system()
    approve_assessment(submit_assessment(system, staff["owner"]), staff)
    sign_system(system, staff)
    with pytest.raises(PermissionDenied, match="You signed this system"):
        system_move(system, "promote", by=staff["cto"])
    assert system_move(system, "promote", by=staff["owner"]).done
