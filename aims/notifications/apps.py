import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.jobs.registry import Job, register


class NotificationsConfig(AppConfig):
    name = "aims.notifications"
    label = "notifications"
    verbose_name = _("Notices and reminders")

    def ready(self) -> None:
        from aims.notifications import jobs  # noqa: PLC0415  (models are loaded only now)

        register(
            Job(
                name="reminders",
                title=_("Plan reminders"),
                what=_("Tells people what is due soon or overdue, as far as the ladder has come."),
                run=jobs.plan_reminders,
                every=dt.timedelta(hours=1),
                least=dt.timedelta(minutes=10),
                most=dt.timedelta(hours=6),
            ),
            Job(
                name="mail",
                title=_("Send e-mails"),
                what=_("Sends the e-mails that wait, each by itself or in its reader's daily digest."),
                run=jobs.deliver,
                every=dt.timedelta(seconds=30),
                least=dt.timedelta(seconds=15),
                most=dt.timedelta(minutes=15),
            ),
            Job(
                name="prune-notices",
                title=_("Clear away old notices"),
                what=_("Removes notices that were read more than a year ago, but for what is still due."),
                run=jobs.prune_notices,
                at=dt.time(3, 30),
                may_pause=True,
            ),
        )
