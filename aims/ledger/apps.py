from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from aims.ledger import guards


class LedgerConfig(AppConfig):
    name = "aims.ledger"
    label = "ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        pre_migrate.connect(guards.lift_before_migrations, sender=self)
        post_migrate.connect(guards.install_after_migrations, sender=self)
        checks.register(guards.check_standing, checks.Tags.database)
