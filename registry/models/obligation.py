"""Tasks that policy asks for, what people confirmed about them, and waivers."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from aims.accounts.roles import SIGNING, Role
from aims.ledger.history import History
from registry.models.system import AISystem

TASK_ROLES = [role for role in Role if role is Role.OWNER or role in SIGNING]
"""Who a task can be for: the owner of the system, or whoever holds a signing role."""

_ROLE_CHOICES = [(role.value, role.label) for role in TASK_ROLES]


class ObligationQuerySet(models.QuerySet["Obligation"]):
    def visible_to(self, user: User) -> "ObligationQuerySet":
        """Tasks of the systems that the person may see."""
        if user.may_everywhere("registry.view_aisystem"):
            return self
        return self.filter(system__in=AISystem.objects.visible_to(user).order_by())

    def waived(self, on: dt.date) -> "ObligationQuerySet":
        """Tasks for which a waiver holds on the day."""
        return self.filter(pk__in=Waiver.objects.in_force(on).values("obligation"))

    def to_do(self, on: dt.date) -> "ObligationQuerySet":
        """Open tasks that no waiver puts off on the day."""
        waived = Waiver.objects.in_force(on).values("obligation")
        return self.filter(state=Obligation.State.OPEN).exclude(pk__in=waived)

    def with_waiver(self, on: dt.date) -> "ObligationQuerySet":
        """Annotated with `waived_until`: the last day of the waiver that holds on the day, if one does."""
        holding = Waiver.objects.in_force(on).filter(obligation=OuterRef("pk")).order_by("-until")
        return self.annotate(waived_until=Subquery(holding.values("until")[:1]))

    def mine(self, user: User) -> "ObligationQuerySet":
        """Of these tasks the ones given to the person; and of those given to nobody, the ones of teams that
        they lead and of signing roles that they hold. Narrow first, then ask for this.

        Three conditions joined by OR would be answered by a look at every task there is; three queries put
        together are answered by an index each.
        """
        parts = [self.filter(assignee=user)]
        if user.team_ids:
            parts.append(self.filter(assignee__isnull=True, role=Role.OWNER, system__team__lead=user))
        if roles := user.roles & SIGNING:
            parts.append(self.filter(assignee__isnull=True, role__in=[role.value for role in roles]))
        if not parts[1:]:
            return parts[0]
        first, *others = (part.order_by().values("pk") for part in parts)
        return Obligation.objects.filter(pk__in=first.union(*others, all=True))


class Obligation(models.Model):
    """One task that policy asks of one system (`policies/ai/obligations.rego`).

    It is opened, closed, reopened and dropped by `registry.obligations.sync` alone, from policy and facts.
    People confirm, assign, remind, and ask for waivers. A kind stands once for each system, for good: its
    history tells how often it was opened.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        MET = "met", _("Done")
        DROPPED = "dropped", _("No longer asked")

    # CASCADE, against the rule of the house, for one case: an import that is undone takes the systems away
    # that it brought, and with them the tasks that nobody has touched. What people did about a task, a
    # confirmation or a waiver, is PROTECTed and stands in the way.
    system = models.ForeignKey(
        AISystem, models.CASCADE, related_name="obligations", verbose_name=_("AI system"), db_index=False
    )
    kind = models.SlugField(_("kind"), max_length=64, db_index=False)
    why = models.TextField(_("why"))
    role = models.CharField(_("for"), max_length=20, choices=_ROLE_CHOICES, default=Role.OWNER)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="obligations",
        verbose_name=_("assigned to"),
        null=True,
        blank=True,
        db_index=False,
        help_text=_("Nobody: whoever holds the role, or the lead of the owner's team."),
    )
    due = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)

    history = History()
    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["system", "kind"], name="obligation_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "met", "dropped"]), name="obligation_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="obligation_closed_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in TASK_ROLES]), name="obligation_role_known"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due", "id"], name="obligation_by_due"),
            models.Index(fields=["state", "kind", "due", "id"], name="obligation_by_kind"),
            models.Index(fields=["assignee", "role", "state", "due"], name="obligation_by_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.kind}"

    def get_absolute_url(self) -> str:
        return reverse("registry:obligation", args=[self.pk])

    def may_be_seen_to_by(self, user: User, permission: str) -> bool:
        """Whether the permission reaches this task: an owner's task as the system does, a signing role's for
        whoever holds that role, and both where a role gives it everywhere."""
        if self.role != Role.OWNER and self.role in user.roles:
            return True
        if user.may_everywhere(permission):
            return True
        return self.role == Role.OWNER and bool(
            user.roles_with(permission) and self.system.team_id in user.team_ids
        )


class Confirmation(models.Model):
    """What a person found when they looked, on a day, at something that nothing measures. Append-only."""

    obligation = models.ForeignKey(
        Obligation, models.PROTECT, related_name="confirmations", verbose_name=_("task")
    )
    on = models.DateField(_("checked on"))
    in_place = models.BooleanField(_("in place"))
    note = models.TextField(_("what was checked, and where that is kept"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="confirmations", verbose_name=_("by")
    )
    at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["-on", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(note=""), name="confirmation_has_a_note")]

    def __str__(self) -> str:
        return f"{self.obligation}, {self.on}"


class WaiverQuerySet(models.QuerySet["Waiver"]):
    def in_force(self, on: dt.date) -> "WaiverQuerySet":
        """Waivers that are granted and hold on the day. One that was asked for before the task was opened
        anew speaks of other grounds, and does not count."""
        return self.filter(
            state=Waiver.State.GRANTED, until__gte=on, requested_at__gte=F("obligation__opened_at")
        )


class Waiver(models.Model):
    """A request that a task may wait until a day. It counts once every role that policy asks has signed it.

    What is signed never changes after the request (`document`): somebody who wants something else asks anew.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waits for signatures")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        ENDED = "ended", _("Taken back")

    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="waivers", verbose_name=_("task"))
    until = models.DateField(_("last day"))
    reason = models.TextField(_("reason"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="waivers_asked", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked"), default=timezone.now)
    document = models.JSONField(_("what is signed"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    open_roles = models.CharField(
        max_length=100, blank=True, help_text="Roles whose decision it waits for: |dpo|cto|"
    )

    history = History()
    objects = WaiverQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="waiver_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "granted", "refused", "ended"]), name="waiver_state_known"
            ),
            models.UniqueConstraint(
                fields=["obligation"], condition=Q(state="asked"), name="waiver_asked_once_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["state", "until"], name="waiver_by_state")]

    def __str__(self) -> str:
        return f"{self.obligation}: {self.until}"

    def get_absolute_url(self) -> str:
        return self.obligation.get_absolute_url()
