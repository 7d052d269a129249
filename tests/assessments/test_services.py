"""What becomes of an assessment: every state, every action, every role; and what signatures bring about."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from aims.accounts import services as people
from aims.accounts.models import Team, User
from aims.accounts.roles import Role
from assessments import services
from assessments.errors import Conflict, Incomplete, WrongState
from assessments.models import Assessment
from assessments.schema import Content
from assessments.states import State
from registry import gate
from registry.choices import Stage
from registry.models import AISystem
from registry.schema import Record
from registry.services import system_create, system_move
from tests.assessments.conftest import fresh, take_back
from tests.factories import forget_rights
from tests.lifecycle import Staff, complete_content, sign

ACTIONS: dict[str, Callable[[Assessment, User], Any]] = {
    "save": lambda assessment, by: services.save(
        assessment,
        complete_content(affected_parties=[{"key": "workers"}]),
        by=by,
        revision=assessment.revision,
    ),
    "submit": lambda assessment, by: services.submit(assessment, by=by),
    "withdraw": lambda assessment, by: services.withdraw(assessment, by=by),
    "new_version": lambda assessment, by: services.new_version(assessment, by=by),
}
POSSIBLE = {
    State.DRAFT: {"save", "submit"},
    State.CHANGES_REQUESTED: {"save", "submit"},
    State.SUBMITTED: {"withdraw"},
    State.APPROVED: {"new_version"},
    State.DECLINED: {"new_version"},
    State.REVOKED: set(),  # here a newer version is open already
}
WRITERS = {"owner", "deputy", "lead"}
OTHERS = {"dpo", "cto", "security", "auditor", "external_auditor", "oncall", "admin", "outsider", "stranger"}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", State)
def test_every_state_action_and_role(
    state: State, action: str, in_state: Callable[[State], Assessment], request: pytest.FixtureRequest
) -> None:
    assessment = in_state(state)
    outcomes = {}
    for role in sorted(WRITERS | OTHERS):
        person = request.getfixturevalue(role)
        try:
            with transaction.atomic():
                ACTIONS[action](fresh(assessment), person)
                outcomes[role] = "done"
                transaction.set_rollback(True)
        except (PermissionDenied, WrongState) as error:
            outcomes[role] = type(error).__name__
    allowed = "done" if action in POSSIBLE[state] else "WrongState"
    assert outcomes == dict.fromkeys(WRITERS, allowed) | dict.fromkeys(OTHERS, "PermissionDenied")


# --- Beginning -------------------------------------------------------------------------------------------


def test_the_first_draft_takes_over_what_the_record_says(
    make_system: Callable[..., AISystem], owner: User
) -> None:
    system = make_system(purpose="reading claims", affected_parties=["claimants"], regions=["eu-west-1"])
    content = services.begin(system, by=owner).parsed
    assert content.context.purpose == "reading claims"
    assert "eu-west-1" in content.context.environment
    assert content.affected_parties[0].description == "claimants"


def test_beginning_moves_a_draft_system_to_assessment(system: AISystem, owner: User) -> None:
    services.begin(system, by=owner)
    system.refresh_from_db()
    assert system.stage == Stage.ASSESSMENT


def test_beginning_twice_leads_to_the_same_draft(system: AISystem, owner: User) -> None:
    assert services.begin(system, by=owner) == services.begin(system, by=owner)


def test_a_retired_system_is_not_assessed(system: AISystem, owner: User) -> None:
    system_move(system, "retire", by=owner, reason="Replaced.")
    with pytest.raises(WrongState, match="retired"):
        services.begin(system, by=owner)


def test_references_of_a_year_have_no_gaps(
    make_system: Callable[..., AISystem], owner: User, stranger: User
) -> None:
    year = dt.datetime.now(dt.UTC).year
    assert services.begin(make_system(), by=owner).ref == f"IA-{year}-001"
    with pytest.raises(PermissionDenied):
        services.begin(make_system(), by=stranger)
    with transaction.atomic():
        services.begin(make_system(), by=owner)
        transaction.set_rollback(True)
    assert services.begin(make_system(), by=owner).ref == f"IA-{year}-002"


def test_a_new_version_starts_from_the_decided_one(approved: Assessment, owner: User) -> None:
    following = services.new_version(approved, by=owner)
    assert (following.ref, following.version, following.state) == (approved.ref, 2, State.DRAFT)
    assert following.content == approved.content
    assert (following.sha256, following.record) == ("", None)


# --- Writing ---------------------------------------------------------------------------------------------


def test_saving_the_same_again_writes_nothing(draft: Assessment, owner: User) -> None:
    rows = draft.history.count()
    assert services.save(draft, draft.parsed, by=owner, revision=draft.revision).revision == draft.revision
    assert draft.history.count() == rows


def test_history_knows_who_wrote_what(draft: Assessment, deputy: User) -> None:
    services.save(draft, with_purpose("Something else"), by=deputy, revision=draft.revision)
    row = draft.history.first()
    assert row.history_user == deputy
    assert row.content["context"]["purpose"] == "Something else"


def with_purpose(text: str) -> Content:
    context = complete_content().context.model_dump() | {"purpose": text}
    return complete_content(context=context)


def test_two_people_on_different_fields_both_keep_theirs(
    draft: Assessment, owner: User, deputy: User
) -> None:
    seen = draft.revision
    services.save(draft, with_purpose("By the owner"), by=owner, revision=seen)
    mine = complete_content(affected_parties=[{"key": "workers", "description": "By the deputy"}])
    saved = services.save(draft, mine, by=deputy, revision=seen).parsed
    assert saved.context.purpose == "By the owner"
    assert saved.affected_parties[0].description == "By the deputy"


def test_two_people_on_the_same_field_conflict_and_nothing_is_written(
    draft: Assessment, owner: User, deputy: User
) -> None:
    seen = draft.revision
    services.save(draft, with_purpose("By the owner"), by=owner, revision=seen)
    with pytest.raises(Conflict) as caught:
        services.save(draft, with_purpose("By the deputy"), by=deputy, revision=seen)
    (clash,) = caught.value.clashes
    assert (clash.path, clash.mine, clash.theirs) == ("context.purpose", "By the deputy", "By the owner")
    assert fresh(draft).parsed.context.purpose == "By the owner"


def test_a_revision_that_never_was_is_refused(draft: Assessment, owner: User) -> None:
    with pytest.raises(WrongState, match="too old"):
        services.save(draft, with_purpose("?"), by=owner, revision=999)


# --- Submitting ------------------------------------------------------------------------------------------


def test_an_incomplete_one_is_not_submitted_and_says_what_is_missing(system: AISystem, owner: User) -> None:
    begun = services.begin(system, by=owner)
    with pytest.raises(Incomplete) as caught:
        services.submit(begun, by=owner)
    assert "context.intended_users" in [entry.field for entry in caught.value.missing]
    assert fresh(begun).state == State.DRAFT


def test_submitting_keeps_the_record_as_it_is_now(submitted: Assessment, owner: User) -> None:
    assert submitted.record is not None
    assert submitted.record["classification"]["data_sensitivity"] == "pii"
    assert submitted.submitted_by == owner


def test_submitting_notes_who_has_to_approve(submitted: Assessment) -> None:
    assert submitted.open_roles == fresh(submitted).open_roles == "|dpo|"


# --- Deciding --------------------------------------------------------------------------------------------


def test_approval_binds_the_digest_of_what_was_signed(submitted: Assessment, dpo: User) -> None:
    signoff = sign("assessment", submitted.ref, "dpo", dpo)
    approved = fresh(submitted)
    assert (approved.state, approved.sha256) == (State.APPROVED, signoff.sha256)
    assert approved.approved_at == signoff.signed_at
    assert signoff.document["content"] == approved.content


def test_with_two_roles_the_second_signature_approves(
    make_system: Callable[..., AISystem], staff: Staff
) -> None:
    system = make_system(risk_tier="critical")
    begun = services.begin(system, by=staff["owner"])
    services.save(begun, complete_content(), by=staff["owner"], revision=begun.revision)
    services.submit(begun, by=staff["owner"])
    sign("assessment", begun.ref, "security", staff["security"])
    assert (fresh(begun).state, fresh(begun).open_roles) == (State.SUBMITTED, "|dpo|")
    sign("assessment", begun.ref, "dpo", staff["dpo"])
    assert (fresh(begun).state, fresh(begun).open_roles) == (State.APPROVED, "")


def test_an_approval_of_what_it_was_before_an_edit_does_not_count(
    make_system: Callable[..., AISystem], staff: Staff
) -> None:
    owner = staff["owner"]
    begun = services.begin(make_system(risk_tier="critical"), by=owner)
    begun = services.save(begun, complete_content(), by=owner, revision=begun.revision)
    services.submit(begun, by=owner)
    sign("assessment", begun.ref, "security", staff["security"])
    back = services.withdraw(begun, by=owner)
    services.save(back, with_purpose("Something else"), by=owner, revision=back.revision)
    services.submit(back, by=owner)
    sign("assessment", begun.ref, "dpo", staff["dpo"])
    assert (fresh(begun).state, fresh(begun).open_roles) == (State.SUBMITTED, "|security|")


def test_changes_asked_for_lead_back_to_the_writer_and_to_a_new_decision(
    submitted: Assessment, owner: User, dpo: User
) -> None:
    sign("assessment", submitted.ref, "dpo", dpo, "changes")
    sent_back = fresh(submitted)
    assert sent_back.state == State.CHANGES_REQUESTED
    services.save(sent_back, with_purpose("Clearer"), by=owner, revision=sent_back.revision)
    services.submit(sent_back, by=owner)
    sign("assessment", submitted.ref, "dpo", dpo)
    assert fresh(submitted).state == State.APPROVED


def test_who_wrote_any_of_it_cannot_decide(draft: Assessment, owner: User, deputy: User) -> None:
    people.role_grant(deputy, Role.DPO, by=None)
    forget_rights(deputy)
    services.save(draft, with_purpose("By the deputy"), by=deputy, revision=draft.revision)
    services.submit(draft, by=owner)
    with pytest.raises(PermissionDenied, match="You wrote or submitted"):
        sign("assessment", draft.ref, "dpo", deputy)


def test_a_withdrawn_approval_puts_the_version_back_to_decision(submitted: Assessment, dpo: User) -> None:
    signoff = sign("assessment", submitted.ref, "dpo", dpo)
    take_back(signoff, dpo)
    again = fresh(submitted)
    assert (again.state, again.sha256, again.approved_at) == (State.SUBMITTED, "", None)
    assert again.open_roles == "|dpo|"
    sign("assessment", submitted.ref, "dpo", dpo)
    assert fresh(submitted).state == State.APPROVED


def test_a_withdrawn_rejection_puts_the_version_back_to_decision(submitted: Assessment, dpo: User) -> None:
    take_back(sign("assessment", submitted.ref, "dpo", dpo, "reject"), dpo)
    assert fresh(submitted).state == State.SUBMITTED


def test_a_new_version_does_not_keep_an_approval_from_being_withdrawn(
    submitted: Assessment, owner: User, dpo: User
) -> None:
    signoff = sign("assessment", submitted.ref, "dpo", dpo)
    services.new_version(submitted, by=owner)
    take_back(signoff, dpo)
    assert fresh(submitted).state == State.REVOKED
    assert not Assessment.objects.current().exists()


def test_the_gate_learns_of_an_approval_and_of_its_end(
    system: AISystem, submitted: Assessment, dpo: User
) -> None:
    signoff = sign("assessment", submitted.ref, "dpo", dpo)
    system.refresh_from_db()
    assert system.snapshot.awaited_roles
    take_back(signoff, dpo)
    system.snapshot.refresh_from_db()
    assert not system.snapshot.awaited_roles


def test_an_author_of_the_assessment_cannot_sign_the_system(
    draft: Assessment, deputy: User, staff: Staff
) -> None:
    people.role_grant(deputy, Role.CTO, by=None)
    forget_rights(deputy)
    services.save(draft, with_purpose("By the deputy"), by=deputy, revision=draft.revision)
    services.submit(draft, by=staff["owner"])
    sign("assessment", draft.ref, "dpo", staff["dpo"])
    with pytest.raises(PermissionDenied, match="You wrote or submitted"):
        sign(gate.SUBJECT, draft.system.slug, "cto", deputy)


def test_the_newest_approved_version_counts(approved: Assessment, staff: Staff) -> None:
    following = services.new_version(approved, by=staff["owner"])
    assert Assessment.objects.current().get() == approved
    services.save(following, with_purpose("Newer"), by=staff["owner"], revision=following.revision)
    services.submit(following, by=staff["owner"])
    assert Assessment.objects.current().get() == approved
    sign("assessment", following.ref, "dpo", staff["dpo"])
    assert Assessment.objects.current().get() == following
    assert fresh(approved).superseded_by() == following


def test_an_assessment_can_be_begun_of_a_record_that_says_next_to_nothing(team: Team, owner: User) -> None:
    record = Record(id="bare", name="Bare", owner=team.slug)
    system = system_create(record, team=team, by=owner)
    assert services.begin(system, by=owner).parsed.context.purpose == ""
