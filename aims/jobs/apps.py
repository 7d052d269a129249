import datetime as dt
import functools

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "aims.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        # Models are loaded only now.
        from aims.jobs import housekeeping, registry  # noqa: PLC0415
        from aims.ledger import jobs as ledger  # noqa: PLC0415
        from aims.ledger import reconcile  # noqa: PLC0415

        registry.register(
            registry.Job(
                name="ledger-checkpoint",
                title=_("Sign a checkpoint"),
                what=_("Signs what the ledger has gained, so that nobody can rewrite it unseen."),
                run=ledger.make_checkpoint_job,
                every=dt.timedelta(minutes=1),
                most=dt.timedelta(hours=1),
            ),
            registry.Job(
                name="ledger-verify-recent",
                title=_("Verify the newest history"),
                what=_("Verifies the chain, and the rows of the last two hours."),
                run=functools.partial(ledger.verify_job, full=False),
                every=dt.timedelta(hours=1),
                least=dt.timedelta(minutes=10),
                most=dt.timedelta(hours=2),
            ),
            registry.Job(
                name="ledger-verify",
                title=_("Verify the whole history"),
                what=_("Verifies every entry of the ledger and every row that it holds on to."),
                run=ledger.verify_job,
                at=dt.time(2, 30),
            ),
            registry.Job(
                name="ledger-reconcile",
                title=_("Compare rows with their history"),
                what=_("Finds rows in use that were changed past their history."),
                run=reconcile.reconcile_job,
                every=dt.timedelta(hours=1),
                least=dt.timedelta(minutes=10),
                most=dt.timedelta(hours=6),
            ),
            registry.Job(
                name="prune-runs",
                title=_("Clear away old runs"),
                what=_(
                    "Removes runs that ended more than 90 days ago; after 14 days those that went well, "
                    "but for the newest 500 of each job."
                ),
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
