"""What the demo company has registered: four systems at four points of the way to production."""

import datetime as dt
from pathlib import Path
from typing import Any

import yaml
from django.utils import timezone

from aims.accounts.models import User
from aims.signoffs import services as signoffs
from aims.signoffs import subjects
from aims.signoffs.models import Decision
from assessments import services as assessments
from assessments.models import Assessment
from assessments.schema import Content
from registry import gate, imports, services
from registry.models import AISystem, ImportBatch

FOLDER = Path(__file__).parent


def register(staff: dict[str, User], password: str) -> None:
    """Fill the registry. Everybody does their own part, so four eyes hold here as anywhere."""
    bring_in("claude-rag-assistant", by=staff["lead"])
    bring_in("medical-report-summary", by=staff["owner"])

    triage = bring_in("motor-claims-triage", by=staff["deputy"])
    write_assessment(triage, by=staff["owner"])

    forecast = bring_in("storm-claims-forecast", by=staff["claims"])
    assessment = write_assessment(forecast, by=staff["claims"])
    approve(
        "assessment", assessment.ref, "dpo", "No personal data, and people decide.", staff["dpo"], password
    )
    approve(
        gate.SUBJECT, forecast.slug, "cto", "Small, our own, and easy to switch off.", staff["cto"], password
    )
    moved = services.system_move(forecast, "promote", by=staff["claims"])
    if moved.answer is not None and not moved.done:
        raise RuntimeError(f"The gate refuses the demo's system: {moved.answer.as_dict()}")


def bring_in(slug: str, *, by: User) -> AISystem:
    """Import a record as somebody would on the page: look at the preview, then confirm it."""
    file = FOLDER / "records" / f"{slug}.yaml"
    batch = ImportBatch.objects.create(by=by, files=[imports.read_upload(file.name, file.read_bytes())])
    imports.apply(batch, seen=imports.preview(batch.files, by=by).fingerprint, by=by)
    return AISystem.objects.get(slug=slug)


def write_assessment(system: AISystem, *, by: User) -> Assessment:
    """An assessment with the prepared answers, submitted."""
    prepared = yaml.safe_load((FOLDER / "assessments" / f"{system.slug}.yaml").read_text())
    assessment = assessments.begin(system, by=by)
    content = Content.of(_dated(prepared))
    assessment = assessments.save(assessment, content, by=by, revision=assessment.revision)
    return assessments.submit(assessment, by=by)


def _dated(prepared: dict[str, Any]) -> dict[str, Any]:
    """Days from now become dates, and measures get their names."""
    today = timezone.localdate()
    for measure in prepared.get("mitigations", []):
        measure["id"] = assessments.new_measure_id()
        if "due" in measure:
            measure["due"] = today + dt.timedelta(days=measure["due"])
    decision = prepared["decision"]
    decision["review_date"] = today + dt.timedelta(days=decision["review_date"])
    return prepared


def approve(kind_name: str, key: str, role: str, reason: str, by: User, password: str) -> None:
    kind = subjects.kind(kind_name)
    if kind is None:
        raise RuntimeError(f"Nothing of the kind {kind_name!r} can be signed.")
    signoffs.sign(
        kind,
        key,
        role=role,
        decision=Decision.APPROVE,
        reason=reason,
        password=password,
        shown=kind.load(by, key).signed_bytes,
        by=by,
    )
