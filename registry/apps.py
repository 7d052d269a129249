from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.ledger import guards
from aims.signoffs import subjects


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("AI systems")

    def ready(self) -> None:
        from registry import guards as registry_guards  # noqa: PLC0415  (models are ready only now)
        from registry import signing  # noqa: PLC0415

        guards.register(*registry_guards.GUARDS)
        subjects.register(signing.KIND)
