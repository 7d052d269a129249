"""Policies that cannot be used are found when the portal starts, not when somebody opens a page."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from aims.policy.policies import PolicyError, shipped


def check_policies(**_: Any) -> list[CheckMessage]:
    """`aims.E002`: the portal's policies can be read, and pass `lint`."""
    try:
        shipped()
    except PolicyError as error:
        hint = "Mend them, or set AIMS_POLICIES to a folder of policies that pass `manage.py policy lint`."
        return [Error(str(error), hint=hint, id="aims.E002")]
    return []
