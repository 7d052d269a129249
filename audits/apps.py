from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.ledger import guards
from audits import guards as audit_guards


class AuditsConfig(AppConfig):
    name = "audits"
    verbose_name = _("Audits")

    def ready(self) -> None:
        guards.register(*audit_guards.GUARDS)
