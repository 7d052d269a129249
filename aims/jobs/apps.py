import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "aims.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        from aims.jobs import housekeeping, registry  # noqa: PLC0415  # models are loaded by now

        registry.register(
            registry.Job(
                name="prune-runs",
                title=_("Clear away old runs"),
                what=_("Removes what this page shows of runs that ended more than 90 days ago."),
                run=housekeeping.prune_runs,
                at=dt.time(3, 20),
                may_pause=True,
            ),
            registry.Job(
                name="prune-sessions",
                title=_("Clear away old logins"),
                what=_("Removes the sessions of people whose login has run out."),
                run=housekeeping.prune_sessions,
                at=dt.time(3, 10),
                may_pause=True,
            ),
        )
