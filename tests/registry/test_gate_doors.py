"""Production is entered through the gate alone: every other door, tried, on whichever database runs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from aims.ledger import guards
from registry import services
from registry.choices import Stage
from registry.errors import WrongStage
from registry.imports.applying import apply
from registry.imports.preview import prepare
from registry.imports.uploads import File, upload
from registry.models import AISystem, GateDecision
from registry.services import system_move

pytestmark = pytest.mark.django_db


@pytest.fixture
def system(make_system: Callable[..., AISystem], owner: Any) -> AISystem:
    """A system on its way, blocked by everything."""
    system = make_system(data_sensitivity="pii", risk_tier="high")
    system_move(system, "assess", by=owner)
    system.refresh_from_db()
    return system


def decision(system: AISystem, by: Any, **values: Any) -> GateDecision:
    return GateDecision.objects.create(
        **{
            "system": system,
            "transition": "promote",
            "source": system.stage,
            "target": Stage.PRODUCTION,
            "verdict": "allow",
            "answer": {"denials": [], "signatures": [], "error": ""},
            "record": {},
            "policy_revision": "0" * 64,
            "asked_by": by,
            **values,
        }
    )


def _save(system: AISystem) -> None:
    system.stage = Stage.PRODUCTION
    system.save()


def _update(system: AISystem) -> None:
    AISystem.objects.filter(pk=system.pk).update(stage=Stage.PRODUCTION)


def _bulk_update(system: AISystem) -> None:
    system.stage = Stage.PRODUCTION
    AISystem.objects.bulk_update([system], ["stage"])


def _raw_sql(system: AISystem) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_aisystem SET stage = 'production' WHERE id = %s", [system.pk])


def _raw_insert(system: AISystem) -> None:
    fields = [field.column for field in AISystem._meta.concrete_fields if field.column != "id"]
    values = ", ".join(
        {"slug": "'twin'", "stage": "'production'", "stage_decision_id": "NULL"}.get(name, f'"{name}"')
        for name in fields
    )
    columns = ", ".join(f'"{name}"' for name in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO registry_aisystem ({columns}) SELECT {values} FROM registry_aisystem WHERE id = %s",
            [system.pk],
        )


def _bulk_create(system: AISystem) -> None:
    twin = AISystem(slug="twin", name="Twin", team_id=system.team_id, stage=Stage.PRODUCTION)
    AISystem.objects.bulk_create([twin])


def _upsert(system: AISystem) -> None:
    AISystem.objects.update_or_create(slug=system.slug, defaults={"stage": Stage.PRODUCTION})


def _fixture(system: AISystem) -> None:
    system.stage = Stage.PRODUCTION
    for restored in serializers.deserialize("json", serializers.serialize("json", [system])):
        restored.save()


@pytest.mark.parametrize(
    "write", [_save, _update, _bulk_update, _raw_sql, _raw_insert, _bulk_create, _upsert, _fixture]
)
def test_the_database_refuses_production_without_a_decision(
    system: AISystem, write: Callable[[AISystem], None]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        write(system)
    assert not AISystem.objects.filter(stage=Stage.PRODUCTION).exists()


@pytest.mark.parametrize(
    "values",
    [
        {"verdict": "deny"},
        {"verdict": "error"},
        {"target": Stage.CANARY},
        {"other_system": True},
    ],
    ids=["denied", "error", "another stage", "another system"],
)
def test_the_database_refuses_production_on_a_decision_that_does_not_allow_it(
    system: AISystem, owner: Any, make_system: Callable[..., AISystem], values: dict[str, Any]
) -> None:
    if values.pop("other_system", False):
        answer = decision(make_system(slug="somebody-else"), owner)
    else:
        answer = decision(system, owner, **values)
    with pytest.raises(IntegrityError, match="through the gate alone"), transaction.atomic():
        AISystem.objects.filter(pk=system.pk).update(stage=Stage.PRODUCTION, stage_decision=answer)


def test_a_decision_opens_production_once(system: AISystem, owner: Any) -> None:
    answer = decision(system, owner)
    AISystem.objects.filter(pk=system.pk).update(stage=Stage.PRODUCTION, stage_decision=answer)
    AISystem.objects.filter(pk=system.pk).update(stage=Stage.SUSPENDED)
    with pytest.raises(IntegrityError, match="through the gate alone"), transaction.atomic():
        AISystem.objects.filter(pk=system.pk).update(stage=Stage.PRODUCTION)


def test_an_older_allow_does_not_count_beside_a_newer_refusal(system: AISystem, owner: Any) -> None:
    allow = decision(system, owner)
    decision(system, owner, verdict="deny")
    with pytest.raises(IntegrityError, match="through the gate alone"), transaction.atomic():
        AISystem.objects.filter(pk=system.pk).update(stage=Stage.PRODUCTION, stage_decision=allow)


@pytest.mark.parametrize(
    "write", ["UPDATE registry_gatedecision SET verdict = 'allow'", "DELETE FROM registry_gatedecision"]
)
def test_a_decision_is_never_rewritten(system: AISystem, owner: Any, write: str) -> None:
    decision(system, owner, verdict="deny")
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(write)


def test_the_service_asks_the_gate_and_stores_its_refusal(system: AISystem, owner: Any) -> None:
    moved = system_move(system, "promote", by=owner)
    assert not moved.done
    assert moved.decision is not None
    assert moved.decision.verdict == "deny"
    assert {entry["rule"] for entry in moved.decision.answer["denials"]} >= {
        "pii-needs-assessment",
        "high-risk-needs-dpo",
        "production-needs-review-date",
    }
    system.refresh_from_db()
    assert system.stage == Stage.ASSESSMENT


def test_a_draft_has_no_way_to_production(make_system: Callable[..., AISystem], owner: Any) -> None:
    with pytest.raises(WrongStage):
        system_move(make_system(), "promote", by=owner)


@pytest.mark.parametrize("who", ["dpo", "cto", "security", "auditor", "oncall", "admin", "outsider"])
def test_only_the_owner_and_the_lead_ask_for_production(
    system: AISystem, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(PermissionDenied):
        system_move(system, "promote", by=request.getfixturevalue(who))
    assert not GateDecision.objects.exists()


def test_the_edit_form_cannot_set_the_stage(
    system: AISystem, owner: Any, client_of: Any, form_data: Any
) -> None:
    data = form_data(system) | {"stage": "production", "environment": "production", "name": "Renamed"}
    answer = client_of(owner).post(reverse("registry:system-edit", args=[system.slug]), data)
    assert answer.status_code == 302
    system.refresh_from_db()
    assert (system.name, system.stage) == ("Renamed", Stage.ASSESSMENT)


def test_the_promotion_page_shows_what_blocks(system: AISystem, owner: Any, client_of: Any) -> None:
    url = reverse("registry:system-promotion", args=[system.slug])
    answer = client_of(owner).post(url, {"transition": "promote"}, follow=True)
    assert b"The gate refused" in answer.content
    assert b"high-risk-needs-dpo" in answer.content
    system.refresh_from_db()
    assert system.stage == Stage.ASSESSMENT


def test_the_admin_cannot_set_the_stage(system: AISystem, lead: Any, client_of: Any, form_data: Any) -> None:
    url = reverse("admin:registry_aisystem_change", args=[system.pk])
    client_of(lead).post(url, form_data(system) | {"stage": "production"})
    system.refresh_from_db()
    assert system.stage == Stage.ASSESSMENT


def test_an_import_that_claims_production_gets_it_not(
    system: AISystem, owner: Any, article_record: bytes
) -> None:
    text = article_record.replace(b"id: claude-rag-assistant", f"id: {system.slug}".encode())
    batch = upload([File("record.yaml", text)], by=owner)
    prepare(batch, by=owner)
    claims = {claim["path"] for claim in batch.rows.get().claims}
    assert claims >= {"lifecycle.stage", "governance.approved_by"}
    apply(batch, seen=batch.fingerprint, by=owner)
    system.refresh_from_db()
    assert system.stage == Stage.ASSESSMENT


def test_the_import_command_does_not_believe_a_stage(
    owner: Any, team: Any, tmp_path: Any, article_record: bytes
) -> None:
    file = tmp_path / "record.yaml"
    file.write_bytes(article_record)
    call_command("registry", "import", str(file), "--as", owner.email)
    assert AISystem.objects.get(slug="claude-rag-assistant").stage == Stage.DRAFT


def test_loading_a_fixture_that_claims_production_fails(system: AISystem, tmp_path: Any) -> None:
    system.stage = Stage.PRODUCTION
    file = tmp_path / "fixture.json"
    file.write_text(serializers.serialize("json", [system]))
    with (
        pytest.raises(Exception, match=r"through the gate alone|aisystem_production_by_decision"),
        transaction.atomic(),
    ):
        call_command("loaddata", str(file), verbosity=0)


def test_the_check_notices_a_missing_guard() -> None:
    assert guards.check_standing(app_configs=None, databases=["default"]) == []
    with connection.cursor() as cursor:
        suffix = "" if connection.vendor == "sqlite" else " ON registry_aisystem"
        cursor.execute(f"DROP TRIGGER registry_gate_update{suffix}")
    (message,) = guards.check_standing(app_configs=None, databases=["default"])
    assert message.id == "aims.E001"
    assert "registry_gate_update" in message.msg
    guards.install(connection)
    assert guards.check_standing(app_configs=None, databases=["default"]) == []


def test_the_services_of_the_registry_never_move_a_system_by_an_edit(
    system: AISystem, owner: Any, record_of: Any
) -> None:
    record = record_of(system, lifecycle={"stage": "production"}, name="Renamed")
    services.system_update(system, record, team=system.team, by=owner, revision=system.revision)
    system.refresh_from_db()
    assert (system.name, system.stage) == ("Renamed", Stage.ASSESSMENT)
