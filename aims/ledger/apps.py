from django.apps import AppConfig, apps
from django.core import checks
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from aims.ledger import entries, guards, keys, telling


class LedgerConfig(AppConfig):
    name = "aims.ledger"
    label = "ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from aims.ledger import backlog  # noqa: PLC0415  (models are ready only now)

        guards.register(
            *guards.append_only("ledger_entry"),
            *guards.append_only("ledger_shape"),
            *guards.append_only("ledger_checkpoint"),
            *guards.append_only("ledger_publication"),
            *guards.append_only("ledger_tile"),
        )
        entries.govern_histories()
        connection_created.connect(telling.prepare)
        # Django sends these once for every app that has models; the first such app stands for the whole run.
        first = next(config for config in apps.get_app_configs() if config.models_module)
        pre_migrate.connect(guards.lift_before_migrations, sender=first)
        post_migrate.connect(guards.install_after_migrations, sender=first)
        post_migrate.connect(backlog.chain_after_migrations, sender=first)
        checks.register(guards.check_standing, checks.Tags.database)
        checks.register(keys.check_key, checks.Tags.database)
