from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.accounts import holdings, rights
from aims.ledger import guards
from aims.signoffs import subjects
from registry import guards as registry_guards


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("AI systems")

    def ready(self) -> None:
        from registry import access, handover, signing, timeline  # noqa: PLC0415  (models are ready only now)

        guards.register(*registry_guards.GUARDS)
        rights.register(access.exceptions_held)
        subjects.register(signing.KIND)
        for source in timeline.SOURCES:
            timeline.register(source)
        holdings.register(handover.EXCEPTIONS)
        holdings.register_team(handover.systems_of)
        holdings.register_waiting(handover.waiting_for)
