from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.accounts import rights


class AccountsConfig(AppConfig):
    name = "aims.accounts"
    label = "accounts"
    verbose_name = _("People and teams")

    def ready(self) -> None:
        from aims.accounts import models  # noqa: PLC0415  (models are ready only now)

        for source in (models.roles_held, models.teams_held, models.substitutions_held):
            rights.register(source)
