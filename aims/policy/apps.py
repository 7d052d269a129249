from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _

from aims.policy.checks import check_policies


class PolicyConfig(AppConfig):
    name = "aims.policy"
    label = "policy"
    verbose_name = _("Policies")

    def ready(self) -> None:
        checks.register(check_policies)
