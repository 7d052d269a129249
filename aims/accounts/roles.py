"""Who may do what: the one table that maps roles to permissions (ISO/IEC 42001 clause 5.3, control A.3.2).

A permission is `<app>.<verb>_<noun>` as in Django. A role gives its permissions on every system, with one
exception: model owners have theirs on the systems of their own teams. Being the owner is not granted but
follows from membership of a team. What a role may do on a single system beyond this table is an
exception, granted per person and system with an end date (`registry.access`).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Model owner")
    DPO = "dpo", _("Data protection officer")
    CTO = "cto", _("Chief technology officer")
    SECURITY = "security", _("Security officer")
    LEAD = "lead", _("Compliance lead")
    AUDITOR = "auditor", _("Internal auditor")
    EXTERNAL_AUDITOR = "external_auditor", _("External auditor")
    ONCALL = "oncall", _("On-call engineer")
    ADMIN = "admin", _("Administrator")


GRANTABLE = [role for role in Role if role is not Role.OWNER]
"""Roles that an administrator gives by hand; the owner's follows from the team."""

SIGNING = frozenset({Role.DPO, Role.CTO, Role.SECURITY})
"""Roles whose holders sign. Only these can be handed to a substitute."""

SCOPED_TO_TEAM = frozenset({Role.OWNER})
"""Roles whose permissions reach only the systems of the person's own teams."""

_READ = frozenset(
    {
        "registry.view_aisystem",
        "assessments.view_assessment",
        "signoffs.view_signoff",
        "registry.view_gatedecision",
        "registry.view_obligation",
        "registry.view_confirmation",
        "registry.view_waiver",
        "controls.view_control",
        "policy.view_policy",
    }
)
_WRITE = frozenset(
    {
        "registry.add_aisystem",
        "registry.change_aisystem",
        "registry.import_aisystem",
        "registry.promote_aisystem",
        "registry.rollback_aisystem",
        "registry.suspend_aisystem",
        "registry.retire_aisystem",
        "registry.explain_aisystem",
        "assessments.add_assessment",
        "assessments.change_assessment",
        "registry.confirm_obligation",
        "registry.assign_obligation",
        "registry.remind_obligation",
        "registry.add_waiver",
    }
)
_OVERSEE = frozenset({"registry.oversee_obligation"})
"""Sees everybody's tasks in one list."""
_GAP = frozenset({"audits.view_gapscore"})
"""Sees the gap checklist: it names systems of all teams, so it is for those who oversee them."""
_JOBS = frozenset({"jobs.view_jobrun"})
"""Sees what the portal does by itself, and how it ended."""
_LEDGER = frozenset({"ledger.view_entry", "ledger.add_verification"})
"""Sees the proofs of the ledger with the rows of all teams, and has them verified."""
_SIGN = frozenset(
    {
        "signoffs.add_signoff",
        "registry.suspend_aisystem",
        "registry.remind_obligation",
        "accounts.add_substitution",
    }
)
_PEOPLE = frozenset(
    {
        f"accounts.{verb}_{noun}"
        for verb in ("view", "add", "change")
        for noun in ("user", "team", "teammembership")
    }
    | {f"accounts.{verb}_rolegrant" for verb in ("view", "add", "delete")}
    | {"accounts.delete_teammembership"}
    | {"accounts.view_substitution", "registry.explain_aisystem"}
    | {f"registry.{verb}_systemexception" for verb in ("view", "add", "change", "delete")}
)
_BACK_OFFICE = frozenset({"accounts.access_admin"})

# `registry.explain_aisystem` is to be told who can see and change a system, by name, and why.
PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.OWNER: _READ | _WRITE | _BACK_OFFICE,
    Role.DPO: _READ | _SIGN | _OVERSEE | _GAP | _LEDGER | {"ledger.export_entry"},
    Role.CTO: _READ | _SIGN | _OVERSEE | _GAP | _LEDGER,
    Role.SECURITY: _READ | _SIGN | _OVERSEE,
    Role.LEAD: _READ
    | _WRITE
    | _OVERSEE
    | _BACK_OFFICE
    | _GAP
    | _LEDGER
    | {"ledger.export_entry"}
    | _JOBS
    | {"audits.add_itemconfirmation", "audits.add_gapscore"}
    | {"accounts.view_team", "accounts.add_team", "accounts.change_team"}
    | {"portal.share_savedview"},  # with any role; everybody else with their own
    Role.AUDITOR: _READ
    | _OVERSEE
    | _BACK_OFFICE
    | _GAP
    | _LEDGER
    | {"ledger.export_entry"}
    | _JOBS
    | {"accounts.view_team", "accounts.view_user", "accounts.view_rolegrant", "registry.explain_aisystem"},
    # Sees what an exception opens, and the catalogue; nothing else until there is an audit to see.
    Role.EXTERNAL_AUDITOR: frozenset({"controls.view_control", "policy.view_policy"}),
    Role.ONCALL: _READ | {"registry.suspend_aisystem", "registry.rollback_aisystem"},
    Role.ADMIN: _READ
    | _PEOPLE
    | _BACK_OFFICE
    | _GAP
    | _LEDGER
    | {"ledger.export_entry"}
    | _JOBS
    | {"jobs.add_jobrun", "jobs.change_jobschedule"}  # run now; when they run
    | {"notifications.change_rung", "notifications.view_notice"},  # reminders; outgoing mail
}
