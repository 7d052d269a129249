"""People, their roles and teams. People are deactivated, never deleted."""

import datetime as dt
import uuid
from functools import cached_property
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aims.accounts import rights
from aims.accounts.roles import PERMISSIONS, SCOPED_TO_TEAM, SIGNING, Role
from aims.ledger.history import History

COMMAND_LINE = "command-line@aims.invalid"
"""The login of the account under which commands act; nobody can log in with it."""


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, reader: "User") -> "UserQuerySet":
        """People whose page the reader may open: everybody's with the right to see people, else one's own."""
        if reader.has_perm("accounts.view_user"):
            return self
        return self.filter(pk=reader.pk) if reader.is_active else self.none()

    def active(self) -> "UserQuerySet":
        """People whose account is switched on: those on whom roles, teams and tasks can rest."""
        return self.filter(is_active=True).exclude(email=COMMAND_LINE)

    def without_password(self) -> "UserQuerySet":
        """Active people who cannot log in yet: invited ones, above all."""
        return self.active().filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def able_to_log_in(self) -> "UserQuerySet":
        return self.active().exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def search(self, words: str) -> "UserQuerySet":
        """People in whose name or e-mail address every word occurs."""
        found = self
        for word in words.split():
            found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
        return found


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, *, name: str = "", **extra: Any) -> "User":
        user = self.model(email=email, name=name or email.partition("@")[0], **extra)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """An administrator: the role, not a way around the roles."""
        user = self.create_user(email, password, **extra)
        RoleGrant.objects.create(user=user, role=Role.ADMIN)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The e-mail address is the login; the UUID stands for the person in every trail."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("full name"), max_length=150)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("People who leave are switched off here. What they did stays.")
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    # Roles alone grant. Neither a superuser flag nor rows per person may stand beside that table.
    is_superuser = False  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    history = History(excluded_fields=["password", "last_login", "email", "name"])
    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_any_case",
                violation_error_message=_("Somebody already has this e-mail address."),
            )
        ]

    def __str__(self) -> str:
        return self.name or str(self.pk)  # an old version has no name: history does not keep it

    def get_absolute_url(self) -> str:
        return reverse("person", args=[self.pk])

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        return self.name

    @cached_property
    def rights(self) -> dict[str, set[tuple[str, int]]]:
        """What the person holds today, as `rights.held_by` tells it; kept for the life of this instance."""
        return rights.held_by(self)

    def forget_rights(self) -> None:
        """Look again at the next question: roles, teams or exceptions have changed."""
        for name in ("rights", "granted_roles", "substitutions", "roles", "team_ids"):
            self.__dict__.pop(name, None)

    @cached_property
    def granted_roles(self) -> frozenset[Role]:
        """Roles held in one's own right: those granted, and owner for members of a team."""
        roles = {Role(role) for role, _number in self.rights.get("role", ())}
        if self.team_ids:
            roles.add(Role.OWNER)
        return frozenset(roles)

    @cached_property
    def substitutions(self) -> dict[Role, "Substitution"]:
        """Roles that today stand in for somebody else's, with the substitution that says so."""
        if "substitution" not in self.rights:
            return {}
        today = Substitution.objects.in_force(on=timezone.localdate()).filter(substitute=self)
        return {Role(entry.role): entry for entry in today.select_related("holder")}

    @cached_property
    def roles(self) -> frozenset[Role]:
        stood_in = {Role(role) for role, _number in self.rights.get("substitution", ())}
        return self.granted_roles | stood_in

    @property
    def role_labels(self) -> list[str]:
        return [str(role.label) for role in Role if role in self.roles]

    @cached_property
    def team_ids(self) -> frozenset[int]:
        """Teams whose systems this person owns."""
        return frozenset(team for _word, team in self.rights.get("team", ()))

    def roles_with(self, permission: str) -> set[Role]:
        return {role for role in self.roles if permission in PERMISSIONS[role]}

    def roles_allowing(self, permission: str, obj: Any = None) -> set[Role]:
        """Roles that give the permission: on the object, or somewhere at all without one.

        A role that is scoped to a team counts only where the object has that team: an object says so by its
        `team_id`. An object without one is not owned, so a scoped role gives nothing there.
        """
        roles = self.roles_with(permission)
        if obj is None or getattr(obj, "team_id", None) in self.team_ids:
            return roles
        return roles - SCOPED_TO_TEAM

    @property
    def is_machine(self) -> bool:
        """Whether this is the account of the command line, not a person."""
        return self.email == COMMAND_LINE

    def may_everywhere(self, permission: str) -> bool:
        """Whether some role gives the permission on every system, not only on those of own teams."""
        return self.is_active and bool(self.roles_with(permission) - SCOPED_TO_TEAM)

    @property
    def is_staff(self) -> bool:
        """Django's word for who may open the back office."""
        return self.has_perm("accounts.access_admin")


class RoleGrant(models.Model):
    """A role that a person holds. Who gave it and when stands in its history."""

    user = models.ForeignKey(User, models.PROTECT, related_name="role_grants", verbose_name=_("person"))
    role = models.CharField(
        _("role"),
        max_length=20,
        choices=[(role.value, role.label) for role in Role if role is not Role.OWNER],
    )

    history = History()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="rolegrant_once"),
            models.CheckConstraint(condition=~Q(role=Role.OWNER), name="rolegrant_owner_follows_from_team"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class Invitation(models.Model):
    """How somebody without a password comes by their first one: a link in an e-mail, good for some days.

    A person has at most one row; inviting anew renews it. Its history says who invited whom and when.
    """

    user = models.OneToOneField(
        User, models.PROTECT, related_name="invitation", verbose_name=_("person"), primary_key=True
    )
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("invited by"))
    invited_at = models.DateTimeField(_("invited"))
    expires_at = models.DateTimeField(_("good until"))
    round = models.PositiveIntegerField(
        _("round"), default=1, help_text=_("Stands in the link: only the newest e-mail's opens the account.")
    )
    sent_at = models.DateTimeField(_("e-mail sent"), null=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    revoked_at = models.DateTimeField(_("taken back"), null=True)

    history = History()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="invitation_accepted_or_revoked",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("invited_at")), name="invitation_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.invited_at:%Y-%m-%d}"

    def is_open(self, *, now: dt.datetime) -> bool:
        """Whether the link of the newest e-mail still opens the account."""
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, reader: User) -> "TeamQuerySet":
        """Teams whose page the reader may open: all with the right to see teams, else one's own."""
        if reader.has_perm("accounts.view_team"):
            return self
        return self.filter(pk__in=reader.team_ids) if reader.is_active else self.none()

    def search(self, words: str) -> "TeamQuerySet":
        """Teams in which every word occurs: in the name, the short name, or the lead's or deputy's name."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(slug__icontains=word)
                | Q(lead__name__icontains=word)
                | Q(deputy__name__icontains=word)
            )
        return found

    def of(self, user: User) -> "TeamQuerySet":
        """Teams whose systems the person may register and edit."""
        if user.may_everywhere("registry.add_aisystem"):
            return self.filter(is_active=True)
        return self.filter(is_active=True, pk__in=user.team_ids)


class Team(models.Model):
    """The owner of systems: a lead, a deputy, members. `slug` is the record's `owner`."""

    slug = models.SlugField(
        _("short name"), max_length=64, unique=True, help_text=_("As in the record: team-ai-platform.")
    )
    name = models.CharField(_("name"), max_length=150)
    lead = models.ForeignKey(User, models.PROTECT, related_name="leads", verbose_name=_("lead"))
    deputy = models.ForeignKey(
        User, models.PROTECT, related_name="deputises", verbose_name=_("deputy"), null=True, blank=True
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = History()
    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("lead")),
                name="team_deputy_is_somebody_else",
                violation_error_message=_("The deputy must be somebody other than the lead."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("team", args=[self.slug])


class TeamMembership(models.Model):
    """A person's place in a team; lead and deputy have one too (`services.team_save` sees to it)."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships", verbose_name=_("team"))
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("person"))

    history = History()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class SubstitutionQuerySet(models.QuerySet["Substitution"]):
    def of(self, user: User) -> "SubstitutionQuerySet":
        """Those in which the person is the holder or the substitute, with both."""
        return self.filter(Q(holder=user) | Q(substitute=user)).select_related("holder", "substitute")

    def running(self, *, on: dt.date) -> "SubstitutionQuerySet":
        """Those that are neither over nor taken back; planned ones, too."""
        return self.filter(ends__gte=on, ended_at__isnull=True)

    def in_force(self, *, on: dt.date) -> "SubstitutionQuerySet":
        """Those that hold on the day: begun, not over, not taken back, their holder still in the role."""
        return self.filter(
            starts__lte=on,
            ends__gte=on,
            ended_at__isnull=True,
            holder__is_active=True,
            holder__role_grants__role=F("role"),
        )


class Substitution(models.Model):
    """A signing role handed to a substitute for some days, by its holder (design page, section 5)."""

    role = models.CharField(
        _("role"), max_length=20, choices=[(role.value, role.label) for role in Role if role in SIGNING]
    )
    holder = models.ForeignKey(User, models.PROTECT, related_name="substituted_by", verbose_name=_("holder"))
    substitute = models.ForeignKey(
        User, models.PROTECT, related_name="substitutes_for", verbose_name=_("substitute")
    )
    starts = models.DateField(_("first day"))
    ends = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=300)
    ended_at = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)

    history = History()
    objects = SubstitutionQuerySet.as_manager()

    class Meta:
        verbose_name = _("substitution")
        verbose_name_plural = _("substitutions")
        ordering = ["-starts"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="substitution_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(holder=F("substitute")), name="substitution_by_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(role__in=sorted(SIGNING)), name="substitution_of_a_signing_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.substitute} for {self.holder} as {self.get_role_display()}"


def roles_held(person: uuid.UUID, day: dt.date) -> models.QuerySet[Any, Any]:
    return rights.rows(RoleGrant.objects.filter(user=person), "role", F("role"), Value(0))


def teams_held(person: uuid.UUID, day: dt.date) -> models.QuerySet[Any, Any]:
    found = TeamMembership.objects.filter(user=person, team__is_active=True)
    return rights.rows(found, "team", Value(""), F("team_id"))


def substitutions_held(person: uuid.UUID, day: dt.date) -> models.QuerySet[Any, Any]:
    found = Substitution.objects.in_force(on=day).filter(substitute=person)
    return rights.rows(found, "substitution", F("role"), F("pk"))
