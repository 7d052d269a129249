"""Tasks open, close, reopen and go by what policy asks and what the facts say. Nobody else moves them."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from registry import gate, obligations, snapshots
from registry.models import AISystem, Obligation
from registry.obligation_services import confirm
from registry.services import system_move, system_update
from tests.lifecycle import (
    Staff,
    approve_assessment,
    put_in_production,
    sign,
    sign_system,
    submit_assessment,
)

pytestmark = pytest.mark.django_db

RecordOf = Callable[..., Any]
MakeSystem = Callable[..., AISystem]


def states(system: AISystem) -> dict[str, str]:
    return dict(Obligation.objects.filter(system=system).values_list("kind", "state"))


def task(system: AISystem, kind: str) -> Obligation:
    return Obligation.objects.select_related("system__team").get(system=system, kind=kind)


def history(system: AISystem, kind: str) -> list[tuple[str, str]]:
    rows = Obligation.history.filter(id=task(system, kind).pk).order_by("history_id")
    return list(rows.values_list("state", "history_change_reason"))


@pytest.fixture
def edit(record_of: RecordOf) -> Callable[..., AISystem]:
    """Change parts of a system's record as its owner does."""

    def change(system: AISystem, **parts: Any) -> AISystem:
        system.refresh_from_db()
        record = record_of(system, **parts)
        return system_update(
            system,
            record,
            team=system.team,
            by=system.team.lead,
            revision=system.revision,
            reason="It is so.",
        )

    return change


# --- Opening -----------------------------------------------------------------------------------------------


def test_registering_a_system_opens_what_policy_asks(make_system: MakeSystem) -> None:
    system = make_system(provider="anthropic")
    assert states(system) == {
        "impact-assessment": "open",
        "data-governance": "met",  # the record of a test says what the model was trained on
        "log-policy": "open",
        "monitoring": "open",
        "supplier-review": "open",
    }


def test_a_task_says_why_for_whom_and_by_when(make_system: MakeSystem) -> None:
    opened = task(make_system(risk_tier="high"), "impact-assessment")
    assert opened.role == Role.OWNER
    assert opened.assignee is None
    assert "Nobody has assessed" in opened.why
    assert opened.due == timezone.localdate() + dt.timedelta(days=14)


def test_out_of_scope_systems_ask_for_nothing(make_system: MakeSystem) -> None:
    assert states(make_system(in_scope=False)) == {}


def test_signatures_are_asked_once_there_is_something_to_sign(
    make_system: MakeSystem, owner: User, staff: Staff
) -> None:
    system = make_system(data_sensitivity="pii")
    approve_assessment(submit_assessment(system, owner), staff)
    asked = states(system)
    assert (asked["sign-off-cto"], asked["sign-off-dpo"]) == ("open", "open")
    assert "sign-off-security" not in asked
    assert task(system, "sign-off-dpo").role == Role.DPO


# --- Closing and reopening ---------------------------------------------------------------------------------


def test_assessment_closes_its_task_and_a_material_change_reopens_it(
    make_system: MakeSystem, owner: User, staff: Staff, edit: Callable[..., AISystem]
) -> None:
    system = make_system()
    approve_assessment(submit_assessment(system, owner), staff)
    closed = task(system, "impact-assessment")
    assert closed.state == "met"
    assert closed.closed_at
    edit(system, classification={"data_sensitivity": "pii"})
    reopened = task(system, "impact-assessment")
    assert (reopened.state, reopened.closed_at) == ("open", None)
    assert "classification.data_sensitivity" in reopened.why
    assert [state for state, _reason in history(system, "impact-assessment")] == ["open", "met", "open"]


def test_the_record_closes_its_tasks(make_system: MakeSystem, edit: Callable[..., AISystem]) -> None:
    system = make_system()
    edit(system, data={"logs": {"captured": ["prompts"], "retention_days": 30, "readers": ["ops"]}})
    assert states(system)["log-policy"] == "met"
    edit(system, data={"logs": {"captured": ["prompts"], "retention_days": 30, "readers": []}})
    assert states(system)["log-policy"] == "open"
    assert "who may read" in task(system, "log-policy").why


def test_signature_closes_its_task_and_going_stale_reopens_it(
    make_system: MakeSystem, owner: User, staff: Staff, edit: Callable[..., AISystem]
) -> None:
    system = make_system()
    approve_assessment(submit_assessment(system, owner), staff)
    sign_system(system, staff)
    assert states(system)["sign-off-cto"] == "met"
    edit(system, model={"base_model": "letters-3"})
    assert states(system)["sign-off-cto"] == "open"
    assert "changed since" in task(system, "sign-off-cto").why


def test_what_a_role_sent_back_is_the_owners_turn(
    make_system: MakeSystem, owner: User, staff: Staff, edit: Callable[..., AISystem]
) -> None:
    system = make_system()
    approve_assessment(submit_assessment(system, owner), staff)
    sign("system", system.slug, Role.CTO, staff["cto"], "changes")
    assert task(system, "sign-off-cto").role == Role.OWNER
    edit(system, classification={"purpose": "sorting parcels"})
    assert task(system, "sign-off-cto").role == Role.CTO


def test_everything_a_live_system_needs_is_met(production_system: AISystem) -> None:
    found = states(production_system)
    assert {kind for kind, state in found.items() if state == "open"} == {"log-policy", "monitoring"}


def test_confirmation_closes_until_it_is_too_old(
    make_system: MakeSystem, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = make_system()
    today = timezone.localdate()
    confirm(task(system, "monitoring"), on=today, in_place=True, note="Seen on the board.", by=owner)
    assert states(system)["monitoring"] == "met"
    assert AISystem.objects.get(pk=system.pk).snapshot.holds_until == today + dt.timedelta(days=180)
    later = timezone.now() + dt.timedelta(days=181)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert snapshots.renew() == 1
    assert states(system)["monitoring"] == "open"


def test_a_date_that_changes_nothing_renews_nothing(
    make_system: MakeSystem, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = make_system()
    confirm(
        task(system, "monitoring"),
        on=timezone.localdate(),
        in_place=True,
        note="Seen on the board.",
        by=owner,
    )
    later = timezone.now() + dt.timedelta(days=180)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert snapshots.renew() == 0


def test_assessment_is_due_again_before_its_review(
    make_system: MakeSystem, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = put_in_production(make_system(), staff)
    for days, state in ((334, "met"), (335, "open")):
        later = timezone.now() + dt.timedelta(days=days)
        with monkeypatch.context() as future:
            future.setattr(timezone, "now", lambda later=later: later)
            snapshots.renew()
            assert states(system)["impact-assessment"] == state


# --- Dropping ----------------------------------------------------------------------------------------------


def test_retired_systems_drop_their_tasks_and_reopened_ones_ask_again(
    make_system: MakeSystem, owner: User
) -> None:
    system = make_system()
    system_move(system, "retire", by=owner, reason="Replaced.")
    assert set(states(system).values()) == {"dropped"}
    system_move(system, "reopen", by=owner, reason="Needed after all.")
    assert states(system)["monitoring"] == "open"
    assert states(system)["data-governance"] == "met"


def test_another_provider_asks_for_no_supplier_review(
    make_system: MakeSystem, edit: Callable[..., AISystem]
) -> None:
    system = make_system(provider="anthropic")
    edit(system, model={"provider": "in-house"})
    assert states(system)["supplier-review"] == "dropped"
    assert history(system, "supplier-review")[-1] == ("dropped", "Dropped: policy no longer asks for it")


def test_a_system_that_is_taken_away_takes_its_untouched_tasks_along(
    make_system: MakeSystem, owner: User
) -> None:
    untouched, touched = make_system(), make_system()
    untouched.delete()
    confirm(task(touched, "monitoring"), on=timezone.localdate(), in_place=True, note="Seen.", by=owner)
    with pytest.raises(ProtectedError):
        touched.delete()


# --- History -----------------------------------------------------------------------------------------------


def test_history_says_that_it_happened_by_itself(make_system: MakeSystem) -> None:
    row = Obligation.history.get(id=task(make_system(), "monitoring").pk)
    assert (row.history_user, row.history_type) == (None, "+")
    assert row.history_change_reason == "Opened: policy asks for it"


def test_history_is_the_row_as_it_was_written(make_system: MakeSystem) -> None:
    opened = task(make_system(), "monitoring")
    row = Obligation.history.get(id=opened.pk)
    for field in Obligation._meta.concrete_fields:
        assert getattr(row, field.attname) == getattr(opened, field.attname), field.name


# --- Cost --------------------------------------------------------------------------------------------------


def test_nothing_is_written_where_nothing_changed(make_system: MakeSystem) -> None:
    answers = gate.judge_all([make_system(), make_system()])
    with CaptureQueriesContext(connection) as captured:
        obligations.sync(answers.values())
    assert [query["sql"].split()[0] for query in captured] == ["SELECT", "SELECT"]


def test_queries_do_not_grow_with_the_systems(make_system: MakeSystem) -> None:
    def queries(number: int) -> int:
        answers = gate.judge_all([make_system() for _place in range(number)])
        Obligation.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            obligations.sync(answers.values())
        return len(captured)

    assert queries(8) == queries(1)


# --- A company's own process -------------------------------------------------------------------------------

OWN = """package ai.obligations

kinds contains {
	"kind": "works-council",
	"title": "Works council is informed",
	"todo": "Tell the works council what the system does with employees.",
	"control": "A.5.4",
	"valid_days": 30,
}

asked contains {"kind": "works-council", "why": "It affects employees.", "days": 5, "assignee": "owner"} if {
	in_charge
	"employees" in input.record.classification.affected_parties
}
"""


@pytest.fixture
def own_policies(tmp_path: Path, settings: Any) -> Path:
    """The shipped policies and one file of a company; nothing in Python."""
    folder = tmp_path / "policies"
    shutil.copytree(django_settings.AIMS_POLICIES, folder)
    (folder / "ai" / "works_council.rego").write_text(OWN)
    settings.AIMS_POLICIES = folder
    return folder


def test_a_company_adds_a_task_in_rego_alone(
    make_system: MakeSystem, owner: User, own_policies: Path
) -> None:
    system = make_system(affected_parties=["employees"])
    own = task(system, "works-council")
    assert own.due == timezone.localdate() + dt.timedelta(days=5)
    assert obligations.kind_of("works-council").title == "Works council is informed"
    confirm(own, on=timezone.localdate(), in_place=True, note="Minutes of 3 May.", by=owner)
    assert states(system)["works-council"] == "met"
    assert "works-council" not in states(make_system())


def test_a_new_policy_opens_its_tasks_for_systems_that_are_there(
    make_system: MakeSystem, settings: Any, tmp_path: Path
) -> None:
    system = make_system(affected_parties=["employees"])
    assert "works-council" not in states(system)
    folder = tmp_path / "new"
    shutil.copytree(django_settings.AIMS_POLICIES, folder)
    (folder / "ai" / "works_council.rego").write_text(OWN)
    settings.AIMS_POLICIES = folder
    snapshots.renew()
    assert states(system)["works-council"] == "open"


def test_a_task_that_policy_no_longer_knows_keeps_its_name(make_system: MakeSystem) -> None:
    assert obligations.kind_of("works-council").title == "Works council"


def test_an_answer_that_cannot_be_read_changes_nothing(
    make_system: MakeSystem, settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    system = make_system()
    folder = tmp_path / "broken"
    shutil.copytree(django_settings.AIMS_POLICIES, folder)
    broken = (
        'package ai.obligations\n\nasked contains {"kind": "x", "why": "y", "days": 1, "assignee": "boss"}\n'
    )
    (folder / "ai" / "broken.rego").write_text(broken)
    settings.AIMS_POLICIES = folder
    before = states(system)
    snapshots.renew()
    assert states(system) == before
    assert "boss" in caplog.text
