from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.ledger import entries


class SignoffsConfig(AppConfig):
    name = "aims.signoffs"
    label = "signoffs"
    verbose_name = _("Sign-offs")

    def ready(self) -> None:
        entries.govern("signoffs_signoff", actor="signer_id", reason="reason")
