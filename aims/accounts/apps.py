from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from aims.accounts import rights
from aims.ledger.governed import concern


class AccountsConfig(AppConfig):
    name = "aims.accounts"
    label = "accounts"
    verbose_name = _("People and teams")

    def ready(self) -> None:
        from aims.accounts import models  # noqa: PLC0415  (models are ready only now)

        for source in (models.roles_held, models.teams_held, models.substitutions_held):
            rights.register(source)
        for table in ("rolegrant", "invitation"):
            concern(f"accounts_historical{table}", "accounts.user", "NEW.user_id")
        concern("accounts_historicalsubstitution", "accounts.user", "NEW.holder_id")
        concern("accounts_historicalteammembership", "accounts.team", "NEW.team_id")
