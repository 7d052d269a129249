"""Assessments in every state, brought there by the people who have to."""

from collections.abc import Callable

import pytest

from aims.accounts.models import User
from aims.signoffs import services as signoffs
from aims.signoffs import subjects
from aims.signoffs.models import SignOff
from assessments import services
from assessments.models import Assessment
from assessments.states import State
from registry.models import AISystem
from tests.factories import PASSWORD
from tests.lifecycle import Staff, complete_content, sign


@pytest.fixture
def system(make_system: Callable[..., AISystem]) -> AISystem:
    return make_system(name="Claims triage", data_sensitivity="pii", risk_tier="high")


@pytest.fixture
def draft(system: AISystem, owner: User) -> Assessment:
    """Begun by its owner, and complete."""
    begun = services.begin(system, by=owner)
    return services.save(begun, complete_content(), by=owner, revision=begun.revision)


@pytest.fixture
def submitted(draft: Assessment, owner: User) -> Assessment:
    return services.submit(draft, by=owner)


@pytest.fixture
def approved(submitted: Assessment, dpo: User) -> Assessment:
    sign("assessment", submitted.ref, "dpo", dpo)
    return fresh(submitted)


@pytest.fixture
def in_state(draft: Assessment, staff: Staff) -> Callable[[State], Assessment]:
    """state -> the first version of the assessment, in it."""

    def bring(state: State) -> Assessment:
        if state == State.DRAFT:
            return draft
        services.submit(draft, by=staff["owner"])
        decision = {
            State.CHANGES_REQUESTED: "changes",
            State.APPROVED: "approve",
            State.REVOKED: "approve",
            State.DECLINED: "reject",
        }.get(state)
        if decision:
            signoff = sign("assessment", draft.ref, "dpo", staff["dpo"], decision)
            if state == State.REVOKED:
                services.new_version(draft, by=staff["owner"])
                take_back(signoff, staff["dpo"])
        return fresh(draft)

    return bring


def fresh(assessment: Assessment) -> Assessment:
    return Assessment.objects.select_related("system__team").get(pk=assessment.pk)


def take_back(signoff: SignOff, by: User) -> SignOff:
    kind = subjects.kind("assessment")
    assert kind
    return signoffs.withdraw(kind, signoff, reason="I was wrong.", password=PASSWORD, by=by)
