"""The demo company's story, as it is once told."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import DateTimeField
from django.utils import timezone

from aims.accounts.models import Substitution, Team, User
from aims.notifications.models import Notice
from aims.portal.demo.telling import tell
from aims.portal.models import SavedView
from aims.signoffs.models import SignOff
from aims.signoffs.waiting import number_waiting
from assessments.models import Assessment
from assessments.states import State
from registry import gate, snapshots
from registry.choices import Stage
from registry.models import AISystem, GateDecision, GateSnapshot, Obligation, Waiver

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def story(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Told once: no test of this module leaves a trace."""
    with django_db_blocker.unblock(), transaction.atomic():
        tell("open sesame please")
        yield
        transaction.set_rollback(True)


def stages() -> dict[str, str]:
    return dict(AISystem.objects.values_list("slug", "stage"))


STATES = {
    "application-screening": (Stage.ASSESSMENT, "deny"),
    "call-transcription": (Stage.PRODUCTION, "allow"),
    "claims-keyword-sorter": (Stage.RETIRED, "allow"),
    "claude-rag-assistant": (Stage.PRODUCTION, "deny"),
    "code-assistant": (Stage.PRODUCTION, "allow"),
    "household-fraud-score": (Stage.PRODUCTION, "deny"),
    "life-underwriting-price": (Stage.SUSPENDED, "deny"),
    "mail-document-extraction": (Stage.CANARY, "allow"),
    "marketing-segments": (Stage.DRAFT, "deny"),
    "motor-claims-triage": (Stage.ASSESSMENT, "deny"),
    "storm-claims-forecast": (Stage.PRODUCTION, "allow"),
    "website-chatbot": (Stage.APPROVED, "deny"),
}


def answer_about(slug: str) -> gate.Answer:
    return gate.judge(AISystem.objects.select_related("team").get(slug=slug))


def rules_against(slug: str) -> set[str]:
    return {denial.rule for denial in answer_about(slug).blockers}


def signatures(slug: str) -> dict[str, str]:
    return {signature.role.value: signature.state for signature in answer_about(slug).signatures}


def test_twelve_systems_stand_in_every_stage_and_the_gate_agrees() -> None:
    assert stages() == {slug: stage for slug, (stage, _verdict) in STATES.items()}
    assert set(stages().values()) == set(Stage.values)
    assert {slug: answer_about(slug).verdict for slug in STATES} == {
        slug: verdict for slug, (_stage, verdict) in STATES.items()
    }


def test_lists_know_what_the_gate_says_today() -> None:
    assert dict(AISystem.objects.values_list("slug", "snapshot__verdict")) == {
        slug: verdict for slug, (_stage, verdict) in STATES.items()
    }
    assert not snapshots.overtaken().exists()


def test_a_new_model_made_signatures_and_assessment_stale() -> None:
    assert signatures("claude-rag-assistant") == {"dpo": "stale", "cto": "stale", "security": "stale"}
    assert "assessment-current" in rules_against("claude-rag-assistant")
    assert Assessment.objects.newest().get(system__slug="claude-rag-assistant").state == State.DRAFT


def test_what_a_file_claimed_is_on_record_and_was_not_believed() -> None:
    first = AISystem.history.filter(slug="claude-rag-assistant").earliest()
    assert "not confirmed by the portal" in first.history_change_reason
    assert first.stage == Stage.DRAFT


def test_a_review_is_long_overdue() -> None:
    assert rules_against("household-fraud-score") == {"review-not-overdue"}
    due = dt.date.fromisoformat(answer_about("household-fraud-score").document["facts"]["review"]["due"])
    assert (timezone.localdate() - due).days > 120


def test_it_is_known_since_when_the_review_is_overdue(client: Any) -> None:
    client.force_login(User.objects.get(email="lead@example.com"))
    page = client.get("/").content.decode()
    due = dt.date.fromisoformat(answer_about("household-fraud-score").document["facts"]["review"]["due"])
    overdue = (timezone.localdate() - due).days
    assert any(f"{days} days" in page for days in range(overdue - 10, overdue + 1))


def test_one_is_suspended_with_a_reason_and_its_signature_taken_back() -> None:
    assert signatures("life-underwriting-price")["dpo"] == "missing"
    newest = AISystem.history.filter(slug="life-underwriting-price").latest()
    assert "smokers" in newest.history_change_reason


def test_one_was_rejected_and_refused_by_the_gate() -> None:
    assert Assessment.objects.newest().get(system__slug="application-screening").state == State.DECLINED
    decision = GateDecision.objects.get(system__slug="application-screening")
    assert decision.verdict == "deny"


def test_one_was_sent_back_for_changes() -> None:
    newest = Assessment.objects.newest().get(system__slug="website-chatbot")
    assert newest.state == State.CHANGES_REQUESTED


def test_a_draft_has_half_a_record() -> None:
    assert {"classification-complete", "assessment-approved"} <= rules_against("marketing-segments")


def test_a_substitute_signed_in_the_days_that_were_theirs() -> None:
    signoff = SignOff.objects.get(on_behalf_of__isnull=False)
    substitution = Substitution.objects.get(substitute=signoff.signer)
    assert substitution.starts <= timezone.localdate(signoff.signed_at) <= substitution.ends


def test_somebody_left_and_somebody_else_took_over() -> None:
    leaver = User.objects.get(email="former-deputy@example.com")
    assert not leaver.is_active
    assert not leaver.has_usable_password()
    assert Team.objects.get(slug="team-claims").deputy == User.objects.get(email="claims-deputy@example.com")


def test_tasks_are_open_met_overdue_given_to_somebody_and_waived() -> None:
    tasks = Obligation.objects.all()
    assert set(tasks.values_list("state", flat=True)) == set(Obligation.State.values)
    late = tasks.filter(state=Obligation.State.OPEN, due__lt=timezone.localdate())
    assert late.exists()
    assert tasks.filter(assignee__isnull=False).count() >= 3
    assert list(Waiver.objects.values_list("state", flat=True)) == [Waiver.State.GRANTED]


def test_an_external_auditor_sees_one_system() -> None:
    person = User.objects.get(email="external@example.com")
    assert [str(system) for system in AISystem.objects.visible_to(person)] == [
        "Price proposal for life insurance"
    ]


@pytest.mark.parametrize("view", ["Out of compliance", "High risk with health data", "Sent back"])
def test_saved_views_show_something(client: Any, view: str) -> None:
    saved = SavedView.objects.get(name=view)
    client.force_login(saved.owner)
    assert client.get(saved.get_absolute_url()).context["page"].paginator.count > 0


@pytest.mark.parametrize("login", ["dpo", "cto", "security"])
def test_something_waits_for_everybody_who_signs(login: str) -> None:
    assert number_waiting(User.objects.get(email=f"{login}@example.com")) > 0


def moments() -> Iterator[tuple[str, dt.datetime]]:
    """Every moment that the demo left in the database, but for projections of today."""
    for model in apps.get_models():
        if model is GateSnapshot:
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, DateTimeField):
                for moment in model._default_manager.values_list(field.name, flat=True):
                    if moment is not None:
                        yield f"{model._meta.label}.{field.name}", moment


def test_months_of_history_lie_in_the_past_in_working_hours() -> None:
    told = list(moments())
    assert {name: moment for name, moment in told if moment >= timezone.now()} == {}
    local = [(name, timezone.localtime(moment)) for name, moment in told]
    assert [(name, moment) for name, moment in local if moment.weekday() > 4] == []
    assert [(name, moment) for name, moment in local if not 8 <= moment.hour < 18] == []
    days = {moment.date() for _name, moment in local}
    assert (max(days) - min(days)).days > 250
    assert (timezone.localdate() - max(days)).days < 8


def test_what_was_decided_was_there_before() -> None:
    """Signatures follow what they sign, decisions follow signatures, in time as in the table."""
    for model, moment in ((SignOff, "signed_at"), (GateDecision, "decided_at")):
        found = list(model._default_manager.order_by("pk").values_list(moment, flat=True))
        assert found == sorted(found)
    for assessment in Assessment.objects.filter(state=State.APPROVED):
        assert assessment.submitted_at
        assert assessment.approved_at
        assert assessment.created_at < assessment.submitted_at < assessment.approved_at
    for system in AISystem.objects.filter(stage_decision__isnull=False).select_related("stage_decision"):
        assert system.stage_decision
        entered = SignOff.objects.filter(
            subject_kind=gate.SUBJECT, subject_id=system.pk, signed_at__lt=system.stage_decision.decided_at
        )
        assert entered.exists()


def test_measures_that_are_not_done_have_a_day_after_the_writing() -> None:
    for assessment in Assessment.objects.filter(version=1):
        assert all(
            measure.due is not None and measure.due > assessment.created_at.date()
            for measure in assessment.parsed.mitigations
            if measure.state != "done"
        )


def test_an_assessment_waits_for_the_dpo(client: Any) -> None:
    client.force_login(User.objects.get(email="dpo@example.com"))
    assert "Motor claims triage" in client.get("/work/").content.decode()


@pytest.mark.parametrize("login", ["lead", "dpo", "cto", "owner", "claims"])
def test_inboxes_hold_what_was_read_and_what_waits(login: str) -> None:
    inbox = Notice.objects.visible_to(User.objects.get(email=f"{login}@example.com"))
    assert inbox.filter(read_at__isnull=False).exists()
    assert 1 <= inbox.unread().count() <= 15


def test_nothing_of_the_story_is_mailed_by_a_mail_server() -> None:
    assert not Notice.objects.filter(mail=Notice.Mail.WAITING).exists()
