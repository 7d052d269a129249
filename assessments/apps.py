from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from aims.accounts import holdings
from aims.ledger import governed, guards
from aims.notifications import due_dates, kinds
from aims.signoffs import subjects
from assessments import guards as assessment_guards


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = _("Impact assessments")

    def ready(self) -> None:
        # Models are ready only now.
        from assessments import (  # noqa: PLC0415
            facts,
            handover,
            holds,
            notices,
            panel,
            past,
            signing,
            trail,
            whereabouts,
        )
        from registry import facts as registry_facts  # noqa: PLC0415
        from registry import panels, presentation, reasons, timeline  # noqa: PLC0415
        from registry import signing as registry_signing  # noqa: PLC0415
        from registry.imports import undo  # noqa: PLC0415

        guards.register(*assessment_guards.GUARDS)
        governed.concern("assessments_historicalassessment", "registry.aisystem", "NEW.system_id")
        governed.concern("signoffs_signoff", "registry.aisystem", assessment_guards.SYSTEM_OF_SIGNOFF)
        kinds.register(*notices.KINDS)
        for name, dues in notices.SOURCES.items():
            due_dates.register(name, dues)
        subjects.register(signing.KIND)
        registry_signing.register_authors(signing.authors_of_systems)
        registry_facts.register("assessment", facts.approved_assessments, then=past.approved_at)
        undo.register_hold(holds.assessed_since)
        panels.register(panel.PANEL)
        reasons.register_whereabouts("assessment", whereabouts.whereabouts)
        presentation.link("assessment.ref", lambda ref: reverse("assessments:assessment", args=[ref]))
        for source in trail.SOURCES:
            timeline.register(source)
        holdings.register(handover.DRAFTS)
        holdings.register_waiting(handover.waiting_for)
