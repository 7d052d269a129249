from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.ledger import guards


class SignoffsConfig(AppConfig):
    name = "aims.signoffs"
    label = "signoffs"
    verbose_name = _("Sign-offs")

    def ready(self) -> None:
        guards.register(*guards.append_only("signoffs_signoff"))
