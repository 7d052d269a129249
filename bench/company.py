"""A large company for measurements: systems with history, assessments, signatures, many in production.

Rows are written in bulk, past the services, which would take an hour; what the database guards is guarded
here too, so every system in production has its decision.
"""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from aims.accounts import services as people
from aims.accounts.models import Team, TeamMembership, User
from aims.accounts.roles import Role
from aims.policy.policies import shipped
from aims.signoffs.models import SignOff
from aims.signoffs.subjects import canonical, digest
from assessments.approval import signed_document
from assessments.models import Assessment
from registry import documents, gate, snapshots
from registry.choices import DataSensitivity, EuAiActTier, RiskTier, Stage
from registry.models import AISystem, GateDecision, Obligation, Waiver

SIGNERS = (Role.DPO, Role.CTO, Role.SECURITY)
REVISIONS = 3
BATCH = 1000
TEAM = 10
"""People of a team, its lead among them: 2,000 where there are 10,000 systems of 200 teams."""


def build(systems: int, *, seed: int = 42001) -> dict[str, User]:
    """Fill an empty database; the people by role (`owner` leads the first team)."""
    chance = random.Random(seed)
    with transaction.atomic():
        staff = {role.value: _person(role) for role in (*SIGNERS, Role.LEAD, Role.AUDITOR)}
        teams = [
            people.team_create(slug=f"team-{number}", name=f"Team {number}", lead=_owner(number), by=None)
            for number in range(max(1, systems // 50))
        ]
        staff["owner"] = teams[0].lead
        _members(teams)
        for start in range(0, systems, BATCH):
            numbers = range(start, min(start + BATCH, systems))
            _batch([_system(number, teams, chance) for number in numbers], staff, chance)
        snapshots.renew()
        _age_tasks(staff, chance)
    return staff


def _person(role: Role) -> User:
    user = User.objects.create_user(f"{role.value}@bench.example", None, name=str(role.label))
    people.role_grant(user, role, by=None)
    return user


def _owner(number: int) -> User:
    return User.objects.create_user(f"owner-{number}@bench.example", None, name=f"Owner {number}")


def _members(teams: Sequence[Team]) -> None:
    """The rest of each team."""
    members = [
        User(
            email=f"{team.slug}-{place}@bench.example",
            name=f"Member {place} of {team.name}",
            password=make_password(None),
        )
        for team in teams
        for place in range(2, TEAM + 1)
    ]
    User.objects.bulk_create(members, batch_size=BATCH)
    TeamMembership.objects.bulk_create(
        (
            TeamMembership(team=team, user=user)
            for team, user in zip((team for team in teams for _ in range(TEAM - 1)), members, strict=True)
        ),
        batch_size=BATCH,
    )


def _system(number: int, teams: Sequence[Team], chance: random.Random) -> AISystem:
    team = teams[number % len(teams)]
    return AISystem(
        slug=f"system-{number:05}",
        name=f"{chance.choice(WHAT)} {chance.choice(FOR)} {number}",
        team=team,
        contact=f"{team.slug}@bench.example",
        environment="staging",
        regions=["eu-west-1"],
        endpoint=f"https://ai.bench.example/v1/{number}",
        purpose=chance.choice(FOR),
        data_sensitivity=chance.choice(DataSensitivity.values[:4]),
        risk_tier=chance.choice(RiskTier.values[:3]),
        eu_ai_act_tier=chance.choice(EuAiActTier.values[:4]),
        affected_parties=["customers", "clerks"],
        model_type="llm-rag",
        base_model="claude-sonnet-4.6",
        provider="anthropic",
        version_pinned=True,
        weights_location="vendor-hosted",
        training_sources="none-fine-tuning",
        rag_sources=[
            {"name": "handbook", "location": "s3://bench/handbook/", "pii": False, **_PROTECTED},
            {
                "name": "tickets",
                "location": "s3://bench/tickets/",
                "pii": True,
                "retention_days": 365,
                **_PROTECTED,
            },
        ],
        logs={"captured": ["prompts"], "retention_days": 90, "readers": [team.slug]},
        edited_by=team.lead,
    )


_PROTECTED = {
    "erasure_procedure": "Remove the document and rebuild the index within a day.",
    "versioning": True,
    "object_lock": True,
    "access_logging": True,
}


def _batch(systems: list[AISystem], staff: dict[str, User], chance: random.Random) -> None:
    """Systems with a history of some revisions; of these, most assessed, signed, and in production."""
    created = bulk_create_with_history(systems, AISystem, default_change_reason="Registered")
    for revision in range(2, REVISIONS + 1):
        for system in created:
            system.revision = revision
            system.base_model = f"claude-sonnet-4.{revision + 3}"
        AISystem.objects.bulk_update(created, ["revision", "base_model"])
        AISystem.history.bulk_history_create(created, update=True, default_change_reason="New model version")
    submitted = {system.pk for system in created if chance.random() < 0.02}
    assessed = [system for system in created if chance.random() < 0.8 and system.pk not in submitted]
    _assess(assessed, staff)
    _submit([system for system in created if system.pk in submitted])
    answers = gate.judge_all(assessed)
    _sign([answers[system.pk] for system in assessed if chance.random() < 0.9], staff)
    _promote(assessed, staff)
    _let_time_pass(created, chance)


def _let_time_pass(systems: list[AISystem], chance: random.Random) -> None:
    """Some change after they were signed, some are overdue for review, some suspended or retired."""
    for system in systems:
        fate = chance.random()
        if system.stage != Stage.PRODUCTION:
            system.stage = Stage.RETIRED if fate < 0.05 else system.stage
        elif fate < 0.03:
            system.data_sensitivity = DataSensitivity.SPECIAL_CATEGORY
        elif fate < 0.05:
            system.review_interval_days = 20
        elif fate < 0.10:
            system.review_interval_days = 90
        elif fate < 0.11:
            system.stage = Stage.SUSPENDED
    AISystem.objects.bulk_update(
        systems, ["stage", "data_sensitivity", "review_interval_days"], batch_size=BATCH
    )


def _submit(systems: list[AISystem]) -> None:
    """An assessment each that waits for the DPO."""
    now = timezone.now()
    rows = Assessment.objects.bulk_create(
        Assessment(
            system=system,
            ref=f"IA-2026-{system.pk:05}",
            content=CONTENT,
            decision="mitigate",
            record=documents.signable(documents.record_of(system), None),
            edited_by=system.team.lead,
            created_by=system.team.lead,
            submitted_by=system.team.lead,
            submitted_at=now - dt.timedelta(days=system.pk % 40),
        )
        for system in systems
    )
    for row in rows:
        row.state, row.open_roles, row.system.stage = "submitted", "|dpo|", Stage.ASSESSMENT
    Assessment.objects.bulk_update(rows, ["state", "open_roles"], batch_size=BATCH)
    AISystem.objects.bulk_update(systems, ["stage"], batch_size=BATCH)


def _assess(systems: list[AISystem], staff: dict[str, User]) -> None:
    """An approved assessment each: written as a draft, submitted, signed by the DPO, approved."""
    now = timezone.now() - dt.timedelta(days=30)
    rows = bulk_create_with_history(
        [
            Assessment(
                system=system,
                ref=f"IA-2026-{system.pk:05}",
                content=CONTENT,
                decision="mitigate",
                residual="low",
                record=documents.signable(documents.record_of(system), None),
                edited_by=system.team.lead,
                created_by=system.team.lead,
                submitted_by=system.team.lead,
                submitted_at=now,
            )
            for system in systems
        ],
        Assessment,
    )
    signed = {row.pk: canonical(signed_document(row)) for row in rows}
    SignOff.objects.bulk_create(
        _signoff("assessment", row.pk, str(row), Role.DPO, staff, signed[row.pk], now) for row in rows
    )
    for row in rows:
        row.state, row.sha256, row.approved_at, row.decided_at = "approved", digest(signed[row.pk]), now, now
    Assessment.objects.bulk_update(rows, ["state", "sha256", "approved_at", "decided_at"], batch_size=200)
    Assessment.history.bulk_history_create(rows, update=True)
    for system in systems:
        system.stage = Stage.ASSESSMENT
    AISystem.objects.bulk_update(systems, ["stage"], batch_size=BATCH)


def _sign(answers: list[gate.Answer], staff: dict[str, User]) -> None:
    now = timezone.now()
    SignOff.objects.bulk_create(
        _signoff(gate.SUBJECT, answer.system.pk, answer.system.name, signature.role, staff, text, now)
        for answer in answers
        for text in [canonical(answer.signable)]
        for signature in answer.signatures
    )


def _signoff(
    kind: str, pk: int, title: str, role: Role, staff: dict[str, User], text: str, at: dt.datetime
) -> SignOff:
    return SignOff(
        subject_kind=kind,
        subject_id=pk,
        subject_title=title,
        role=role.value,
        decision="approve",
        meaning="I approve.",
        reason="Read and approved.",
        signer=staff[role.value],
        signed_at=at,
        sha256=digest(text),
        signed_bytes=text,
        policy_revision=shipped().revision,
    )


def _promote(systems: list[AISystem], staff: dict[str, User]) -> None:
    allowed = [answer for answer in gate.judge_all(systems).values() if answer.allows]
    decisions = GateDecision.objects.bulk_create(
        GateDecision(
            system=answer.system,
            transition="promote",
            source=Stage.ASSESSMENT,
            target=Stage.PRODUCTION,
            verdict="allow",
            answer=answer.as_dict(),
            record={},
            policy_revision=answer.policy_revision,
            asked_by=answer.system.team.lead,
        )
        for answer in allowed
    )
    live = []
    for decision in decisions:
        system = decision.system
        system.stage, system.stage_decision, system.environment = Stage.PRODUCTION, decision, "production"
        live.append(system)
    AISystem.objects.bulk_update(live, ["stage", "stage_decision", "environment"])
    AISystem.history.bulk_history_create(live, update=True, default_change_reason="Move to production")
    _revise([system for place, system in enumerate(systems) if place % 20 == 0])
    waiting = [system for system in systems if system.stage == Stage.DRAFT]
    for system in waiting:
        system.stage = Stage.ASSESSMENT
    AISystem.objects.bulk_update(waiting, ["stage"])
    AISystem.history.bulk_history_create(waiting, update=True, default_change_reason="Start assessment")


def _revise(systems: list[AISystem]) -> None:
    """A new version of the assessment for each: every other one submitted, the rest being written."""
    rows = bulk_create_with_history(
        [
            Assessment(
                system=system,
                ref=f"IA-2026-{system.pk:05}",
                version=2,
                content=CONTENT,
                edited_by=system.team.lead,
                created_by=system.team.lead,
            )
            for system in systems
        ],
        Assessment,
    )
    for row in rows[::2]:
        row.state, row.open_roles = "submitted", "|dpo|"
        row.record = documents.signable(documents.record_of(row.system), None)
        row.submitted_by, row.submitted_at = row.system.team.lead, timezone.now()
    columns = ["state", "open_roles", "record", "submitted_by", "submitted_at"]
    Assessment.objects.bulk_update(rows[::2], columns)
    Assessment.history.bulk_history_create(rows[::2], update=True)


def _age_tasks(staff: dict[str, User], chance: random.Random) -> None:
    """Open tasks as they are after some months: some late, some given to somebody, some waived."""
    today = timezone.localdate()
    tasks = list(
        Obligation.objects.filter(state=Obligation.State.OPEN).select_related("system__team").order_by("pk")
    )
    for task in tasks:
        task.due = today + dt.timedelta(days=chance.randint(-30, 60))
        if task.role == Role.OWNER and chance.random() < 0.2:
            task.assignee_id = task.system.team.lead_id
    Obligation.objects.bulk_update(tasks, ["due", "assignee"], batch_size=500)
    Waiver.objects.bulk_create(
        Waiver(
            obligation=task,
            until=today + dt.timedelta(days=chance.randint(-10, 60)),
            reason="The supplier sends its report later.",
            requested_by=staff[Role.LEAD.value],
            document={},
            state=chance.choice([Waiver.State.GRANTED, Waiver.State.REFUSED, Waiver.State.ENDED]),
        )
        for task in chance.sample(tasks, len(tasks) // 20)
    )


WHAT = ("Assistant", "Classifier", "Recommender", "Extractor", "Forecast", "Triage", "Summary")
FOR = (
    "for claims",
    "for customer support",
    "for fraud",
    "for underwriting",
    "for recruiting",
    "for documents",
)

CONTENT: dict[str, Any] = {
    "context": {
        "purpose": "Answers questions of customers about their policies.",
        "intended_users": "Support agents",
        "foreseeable_misuse": "Answers taken as legal advice",
        "environment": "Web chat",
        "data_flows": "Question, retrieval, answer, log",
    },
    "impacts": {
        "privacy": {
            "relevant": True,
            "harm": "A ticket of somebody else shows in an answer",
            "likelihood": 2,
            "severity": 3,
            "residual_likelihood": 1,
            "residual_severity": 3,
        }
    },
    "decision": {"decision": "mitigate", "rationale": "The filter lowers the likelihood."},
}
