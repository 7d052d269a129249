from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.accounts import holdings, rights
from aims.ledger import guards
from aims.notifications import due_dates, kinds, scopes
from aims.signoffs import subjects
from registry import guards as registry_guards


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("AI systems")

    def ready(self) -> None:
        # Models are ready only now.
        from registry import (  # noqa: PLC0415
            access,
            governing,
            handover,
            notices,
            signing,
            timeline,
            waivers,
        )

        guards.register(*registry_guards.GUARDS)
        governing.register()
        rights.register(access.exceptions_held)
        subjects.register(signing.KIND)
        subjects.register(waivers.KIND)
        for source in timeline.SOURCES:
            timeline.register(source)
        kinds.register(*notices.KINDS)
        scopes.register(notices.SYSTEM, notices.visible)
        for name, dues in notices.SOURCES.items():
            due_dates.register(name, dues)
        holdings.register(handover.EXCEPTIONS)
        holdings.register(handover.TASKS)
        holdings.register_team(handover.systems_of)
        holdings.register_waiting(handover.waiting_for)
