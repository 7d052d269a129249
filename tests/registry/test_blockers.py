"""What blocks a system, and since when: the rows that lists and the overview count."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from registry import facts, gate, snapshots
from registry.models import AISystem, Blocker, GateSnapshot
from registry.services import system_move, system_update
from tests.lifecycle import Staff, approve_assessment, sign, submit_assessment

pytestmark = pytest.mark.django_db

MONTH_AGO = timezone.now() - dt.timedelta(days=30)


def causes(system: AISystem) -> set[str]:
    return set(system.blocked_by.values_list("cause", flat=True))


def signature(system: AISystem, role: str) -> Blocker:
    return system.blocked_by.get(cause=f"signature:{role}")


@pytest.fixture
def assessed(make_system: Callable[..., AISystem], owner: User, staff: Staff) -> AISystem:
    """Approved by its assessment; DPO, security and CTO have to sign."""
    system = make_system(data_sensitivity="pii", risk_tier="high")
    approve_assessment(submit_assessment(system, owner), staff)
    return AISystem.objects.select_related("team").get(pk=system.pk)


def test_the_rows_are_what_the_gate_says(make_system: Callable[..., AISystem]) -> None:
    system = make_system(data_sensitivity="pii")
    answer = gate.judge(system)
    assert causes(system) == {denial.rule for denial in answer.blockers} | {
        f"signature:{signature.role}" for signature in answer.open_signatures
    }
    assert len(causes(system)) == system.snapshot.blockers


def test_nothing_blocks_a_system_in_order(production_system: AISystem) -> None:
    assert causes(production_system) == set()


def test_a_draft_waits_for_no_signature(make_system: Callable[..., AISystem]) -> None:
    assert not make_system().blocked_by.filter(awaited=True).exists()


def test_an_assessed_system_waits_for_its_signatures(assessed: AISystem) -> None:
    assert {row.cause for row in assessed.blocked_by.filter(awaited=True)} == {
        "signature:dpo",
        "signature:cto",
        "signature:security",
    }


def test_what_blocks_on_keeps_its_moment(assessed: AISystem, dpo: User) -> None:
    assessed.blocked_by.update(since=MONTH_AGO)
    sign("system", assessed.slug, Role.DPO, dpo)
    assert not assessed.blocked_by.filter(cause="signature:dpo").exists()
    assert signature(assessed, "cto").since == MONTH_AGO


def test_a_signature_that_goes_stale_waits_from_then_on(
    production_system: AISystem, owner: User, record_of: Any
) -> None:
    AISystem.objects.filter(pk=production_system.pk).update(updated_at=MONTH_AGO)
    raise_sensitivity(production_system, owner, record_of)
    row = signature(production_system, "dpo")
    assert (row.state, row.awaited) == ("stale", True)
    assert timezone.now() - row.since < dt.timedelta(minutes=5)


def test_what_a_role_sent_back_blocks_but_waits_for_the_owner(
    assessed: AISystem, owner: User, dpo: User, record_of: Any
) -> None:
    assessed.blocked_by.update(since=MONTH_AGO)
    sign("system", assessed.slug, Role.DPO, dpo, "changes")
    row = signature(assessed, "dpo")
    assert (row.state, row.awaited) == ("changes", False)
    Blocker.objects.filter(pk=row.pk).update(since=MONTH_AGO)
    raise_sensitivity(assessed, owner, record_of)
    row.refresh_from_db()
    assert row.awaited, "the owner has answered: it is the role's turn again"
    assert row.since > MONTH_AGO


def test_nobody_is_asked_about_a_retired_system(assessed: AISystem, owner: User) -> None:
    system_move(assessed, "retire", by=owner, reason="Replaced.")
    assert causes(assessed) == set()
    snapshot = GateSnapshot.objects.get(pk=assessed.pk)
    assert (snapshot.review_due, snapshot.residual) == (None, "")


def test_a_gate_that_cannot_decide_is_a_blocker(
    make_system: Callable[..., AISystem], monkeypatch: pytest.MonkeyPatch
) -> None:
    system = make_system()

    def broken(systems: Any) -> Any:
        raise RuntimeError("down")

    monkeypatch.setitem(facts._providers, "assessment", broken)
    snapshots.refresh_by_id([system.pk])
    assert "error" in causes(system)


def test_the_snapshot_knows_the_next_review_and_the_residual_risk(assessed: AISystem) -> None:
    snapshot = GateSnapshot.objects.get(pk=assessed.pk)
    assert snapshot.review_due == timezone.localdate() + dt.timedelta(days=365)
    assert snapshot.residual == "low"


def test_a_portal_that_never_judged_takes_the_last_change_for_the_moment(assessed: AISystem) -> None:
    """As after the migration that made the table."""
    Blocker.objects.all().delete()
    GateSnapshot.objects.update(policy_revision="")
    AISystem.objects.filter(pk=assessed.pk).update(updated_at=MONTH_AGO)
    assert snapshots.renew() == AISystem.objects.count()
    assert signature(assessed, "dpo").since == MONTH_AGO


def test_renewing_many_costs_no_more_queries_than_one(make_system: Callable[..., AISystem]) -> None:
    def queries() -> int:
        GateSnapshot.objects.update(policy_revision="")
        Blocker.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            snapshots.renew()
        return len(captured)

    make_system()
    before = queries()
    for _number in range(4):
        make_system(data_sensitivity="pii")
    assert queries() == before


def raise_sensitivity(system: AISystem, by: User, record_of: Any) -> None:
    system = AISystem.objects.select_related("team").get(pk=system.pk)
    record = record_of(system, classification={"data_sensitivity": "special_category"})
    system_update(
        system, record, team=system.team, by=by, revision=system.revision, reason="Health data turned up."
    )
