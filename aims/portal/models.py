"""What the portal itself keeps: views of its lists that people saved, cards that they put aside."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.ledger.history import History


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> "SavedViewQuerySet":
        """A person's own, and those that somebody who is still here shared with one of their roles."""
        shared = Q(role__in=[role.value for role in user.roles], owner__is_active=True)
        return self.filter(Q(owner=user) | shared)


class SavedView(models.Model):
    """A list as somebody filtered and sorted it, under a name.

    It is a query string and nothing else: who opens it sees what they may see of that list, no more.
    """

    name = models.CharField(_("name"), max_length=60)
    page = models.CharField(_("list"), max_length=60, help_text=_("The name of its address."))
    query = models.CharField(
        _("filters"), max_length=1000, help_text=_("As `saved_views.canonical` says it.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_views", verbose_name=_("owner")
    )
    role = models.CharField(
        _("shared with"), max_length=20, blank=True, choices=Role, help_text=_("Empty: kept private.")
    )

    history = History()
    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"],
                name="savedview_name_once",
                violation_error_message=_("You have a view of this name already: choose another name."),
            ),
            models.CheckConstraint(condition=Q(role__in=["", *Role.values]), name="savedview_role_known"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(query=""), name="savedview_says_something"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The list as it was saved."""
        return f"{reverse(self.page)}?{self.query}"


class PutAside(models.Model):
    """A card that a person no longer wants to see. A matter of display, so it leaves no trail."""

    class Card(models.TextChoices):
        FIRST_STEPS = "first-steps", _("First steps")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    card = models.CharField(_("card"), max_length=20, choices=Card)
    at = models.DateTimeField(_("put aside"), default=timezone.now)

    class Meta:
        verbose_name = _("card put aside")
        verbose_name_plural = _("cards put aside")
        constraints = [models.UniqueConstraint(fields=["user", "card"], name="putaside_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_card_display()}"
