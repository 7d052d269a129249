from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "aims.portal"
    label = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        from aims.ledger import verifications  # noqa: PLC0415  (models are loaded only now)
        from aims.notifications import kinds  # noqa: PLC0415
        from aims.portal import alarms  # noqa: PLC0415

        kinds.register(alarms.TAMPERING)
        verifications.on_failure(alarms.verification_failed)
