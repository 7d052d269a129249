import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.jobs.registry import Job, register
from aims.ledger.entries import govern


class AuditsConfig(AppConfig):
    name = "audits"
    verbose_name = _("Audits")

    def ready(self) -> None:
        from audits import jobs  # noqa: PLC0415  (models are loaded only now)

        govern("audits_itemconfirmation", actor="by_id", reason="note")
        register(
            Job(
                name="gap-score",
                title=_("Score the gap checklist"),
                what=_("Scores the twelve items of the checklist from what the portal knows, and keeps it."),
                run=jobs.score_gap,
                at=dt.time(2, 0),
            )
        )
