"""What people are told (`Notice`), how they want to hear of it, and the ladder of reminders.

A notice is the inbox's entry and the outbox's at once: one row, one person, one occasion. It is no governed
record: who was told what is kept, but what counts stands in the history of the things themselves.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.notifications import scopes
from aims.notifications.kinds import Kind, Mode, kind_of


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> "NoticeQuerySet":
        """A person's own notices, without those about what they may no longer see."""
        if not user.is_active:
            return self.none()
        seen = Q(scope="")
        for name, visible in scopes.all_visible(user).items():
            seen |= Q(scope=name) if visible is None else Q(scope=name, scope_id__in=visible)
        return self.filter(seen, recipient=user)

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at__isnull=True)

    def to_mail(self, now: dt.datetime) -> "NoticeQuerySet":
        """What is to go out by e-mail by now, and that nobody is about to send."""
        return self.filter(mail=Notice.Mail.WAITING, deliver_after__lte=now)


class Notice(models.Model):
    """One thing that one person is told, once.

    `subject` and `occasion` say what about and on which occasion; the database takes the same twice only
    once, however many planners run. Of the mail, `deliver_after` is also the lease: whoever takes a notice to
    send it moves it on, and if that process dies, its turn comes again. A number of `attempts` is one
    process's turn, so one that was too slow can no longer say that it was it.
    """

    class Mail(models.TextChoices):
        NONE = "none", _("Only in the inbox")
        WAITING = "waiting", _("Waits to be sent")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Not needed any more")
        FAILED = "failed", _("Could not be sent")

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="notices",
        verbose_name=_("recipient"),
        db_index=False,
    )
    kind = models.SlugField(_("kind"), max_length=40, db_index=False)
    subject = models.CharField(_("subject"), max_length=100)
    occasion = models.CharField(_("occasion"), max_length=100)
    scope = models.CharField(max_length=40, blank=True)
    scope_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(_("title"), max_length=300)
    text = models.TextField(_("text"), blank=True)
    url = models.CharField(_("address"), max_length=500, blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    created_at = models.DateTimeField(_("told"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    mail = models.CharField(_("e-mail"), max_length=10, choices=Mail, default=Mail.NONE)
    deliver_after = models.DateTimeField(_("not before"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    message_id = models.CharField(_("Message-ID"), max_length=200, blank=True)
    mailed_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "kind", "occasion", "recipient"], name="notice_told_once"
            ),
            models.CheckConstraint(
                condition=Q(mail__in=["none", "waiting", "sent", "dropped", "failed"]),
                name="notice_mail_known",
            ),
            models.CheckConstraint(
                condition=~Q(mail="waiting") | Q(deliver_after__isnull=False), name="notice_waits_for_a_time"
            ),
            models.CheckConstraint(
                condition=Q(mail="sent", mailed_at__isnull=False)
                | (~Q(mail="sent") & Q(mailed_at__isnull=True)),
                name="notice_sent_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(scope="", scope_id__isnull=True) | (~Q(scope="") & Q(scope_id__isnull=False)),
                name="notice_scope_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="notice_inbox"),
            models.Index(fields=["recipient"], condition=Q(read_at__isnull=True), name="notice_unread"),
            models.Index(
                fields=["deliver_after", "recipient"], condition=Q(mail="waiting"), name="notice_outbox"
            ),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="notice_message"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def about(self) -> Kind:
        return kind_of(self.kind)


class Preferences(models.Model):
    """How a person wants to hear of things. Without a row, what is usual holds."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="notice_preferences"
    )
    modes = models.JSONField(_("per kind"), default=dict, blank=True)
    digest_hour = models.PositiveSmallIntegerField(_("hour of the daily e-mail"), default=8)
    quiet_from = models.PositiveSmallIntegerField(_("quiet from"), null=True, blank=True)
    quiet_until = models.PositiveSmallIntegerField(_("quiet until"), null=True, blank=True)

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")
        constraints = [
            models.CheckConstraint(condition=Q(digest_hour__lte=23), name="preferences_digest_hour"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (Q(quiet_from__lte=23, quiet_until__lte=23) & ~Q(quiet_from=F("quiet_until"))),
                name="preferences_quiet_hours",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)

    def mode(self, key: str) -> Mode:
        """How this person hears of the kind; never less than an e-mail a day of what they must sign."""
        kind = kind_of(key)
        chosen = self.modes.get(key)
        return Mode(chosen) if chosen in kind.modes else kind.usual


class Rung(models.Model):
    """One step of the ladder of reminders: so many days before (negative) or after a due date, to whom."""

    class Audience(models.TextChoices):
        OWNER = "owner", _("Owner and deputy")
        LEAD = "lead", Role.LEAD.label
        CTO = "cto", Role.CTO.label

    days = models.SmallIntegerField(_("days after the due date"))
    every = models.PositiveSmallIntegerField(
        _("again every so many days"), default=0, help_text=_("0: once.")
    )
    audience = models.CharField(_("whom"), max_length=10, choices=Audience)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True, blank=True))

    class Meta:
        verbose_name = _("step of the ladder")
        verbose_name_plural = _("ladder of reminders")
        ordering = ["days", "audience"]
        constraints = [
            models.UniqueConstraint(fields=["days", "audience"], name="rung_once"),
            models.CheckConstraint(condition=Q(days__gte=-365, days__lte=365), name="rung_within_a_year"),
            models.CheckConstraint(condition=Q(every=0) | Q(days__gte=0), name="rung_repeats_when_overdue"),
            models.CheckConstraint(condition=Q(every__lte=90), name="rung_repeats_within_a_quarter"),
            models.CheckConstraint(
                condition=Q(audience__in=["owner", "lead", "cto"]), name="rung_audience_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days:+d}: {self.audience}"

    def as_tuple(self) -> tuple[Any, ...]:
        return self.days, self.every, self.audience
