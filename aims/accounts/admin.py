"""People, teams and substitutes in the back office. Roles decide who opens what (`roles`)."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aims.accounts import services
from aims.accounts.back_office import HistoryAdmin, ReadOnlyAdmin, person
from aims.accounts.models import RoleGrant, Substitution, Team, TeamMembership, User
from aims.accounts.roles import SIGNING, Role
from aims.ledger import trail

admin.site.site_header = _("AIMS portal")
admin.site.site_title = _("AIMS portal")
admin.site.index_title = _("Administration")
# One way in: the portal's own login, with its rate limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class PersonCreationForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "name"]


class PersonForm(ModelForm):
    class Meta:
        model = User
        fields = ["email", "name", "is_active"]

    by: User
    """Who edits; the admin sets it."""

    def clean_email(self) -> str:
        """Whoever changed a signer's address could have a new password mailed to it, and sign as them."""
        email = str(self.cleaned_data["email"])
        person = self.instance
        signs = person != self.by and person.has_usable_password() and bool(person.roles & SIGNING)
        if signs and email.strip().lower() != person.email:
            raise ValidationError(
                _(
                    "%(name)s signs, so nobody else changes this address. Take the signing roles away first, "
                    "and give them again once the person has logged in with the new one."
                )
                % {"name": person}
            )
        return email

    def clean_is_active(self) -> bool:
        """People leave and return by their own page, which hands over what they hold."""
        active = bool(self.cleaned_data["is_active"])
        if active != self.initial["is_active"]:
            if self.instance == self.by:
                raise ValidationError(_("You cannot switch off your own account. Ask another administrator."))
            raise ValidationError(
                format_html(
                    '{} <a href="{}">{}</a>',
                    _("This is done on the person’s page, where what they hold is handed over:"),
                    reverse("person", args=[self.instance.pk]),
                    self.instance.name,
                )
            )
        return active


class RoleGrantFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            taken = self.can_delete and form.cleaned_data.get("DELETE")
            if taken and form.instance.pk and form.instance.role == Role.ADMIN:
                with transaction.atomic():
                    services.administrators_remain(without=self.instance)


class RoleGrantInline(admin.StackedInline):
    model = RoleGrant
    formset = RoleGrantFormSet
    extra = 0
    verbose_name_plural = _(
        "Roles (the model owner’s follows from being in a team; nobody gives one to themselves)"
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj != request.user and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A role is given or taken, not turned into another one."""
        return False


@admin.register(User)
class UserAdmin(HistoryAdmin, DjangoUserAdmin):  # type: ignore[misc]
    form = PersonForm
    add_form = PersonCreationForm
    fieldsets = ((None, {"fields": ("email", "name", "is_active", "password_link")}),)
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)
    readonly_fields = ("password_link",)
    inlines = [RoleGrantInline]
    list_display = ("name", "email", "roles_held", "is_active")
    list_filter = ("is_active", "role_grants__role")
    search_fields = ("name", "email")
    ordering = ("name",)
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("role_grants")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.by = person(request)
        return form

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Roles are given on the second page: first there has to be a person."""
        return list(self.inlines) if obj is not None else []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if "email" in form.changed_data and change:  # the address itself stays out of the history
            trail.note(obj, by=person(request), reason=gettext("E-mail address changed"))
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for grant in formset.deleted_objects:
            services.role_revoke(grant, by=person(request))
        for grant in formset.new_objects:
            services.role_grant(grant.user, Role(grant.role), by=person(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """For people who sign nothing. Whoever set a signer's password could sign as them."""
        user = self.get_object(request, id)
        if isinstance(user, User) and user.pk != request.user.pk and user.roles & SIGNING:
            raise PermissionDenied(
                _("%(name)s signs, so nobody else sets that password. The log-in page mails a link for one.")
                % {"name": user}
            )
        changed: HttpResponse = super().user_change_password(request, id, form_url)
        return changed

    @admin.display(description=_("roles"))
    def roles_held(self, user: User) -> str:
        return ", ".join(grant.get_role_display() for grant in user.role_grants.all())

    @admin.display(description=_("password"))
    def password_link(self, user: User) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:auth_user_password_change", args=[user.pk]),
            _("Set a new password"),
        )


class MembershipFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        team = self.instance
        for form in self.forms:
            if (
                self.can_delete
                and form.cleaned_data.get("DELETE")
                and form.instance.user_id
                in (
                    team.lead_id,
                    team.deputy_id,
                )
            ):
                raise ValidationError(
                    _("%(name)s leads the team or is its deputy. Choose somebody else for that first.")
                    % {"name": form.instance.user}
                )


class MembershipInline(admin.StackedInline):
    model = TeamMembership
    formset = MembershipFormSet
    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People join and leave; a membership does not pass from one to the other."""
        return False


@admin.register(Team)
class TeamAdmin(HistoryAdmin):
    fields = ["slug", "name", "lead", "deputy", "is_active"]
    inlines = [MembershipInline]
    list_display = ["name", "slug", "lead", "deputy", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["lead", "deputy"]
    search_fields = ["name", "slug", "lead__name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The short name stands in signed records: another one would make every signature stale."""
        return ["slug"] if obj is not None else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = User.objects.filter(is_active=True)
        return field

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """What the service refuses is said above the form, and nothing of it is saved."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        services.team_save(obj, by=person(request))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for membership in formset.deleted_objects:
            services.member_remove(membership, by=person(request))
        for membership in formset.new_objects:
            services.member_add(membership.team, membership.user, by=person(request))


@admin.register(Substitution)
class SubstitutionAdmin(HistoryAdmin, ReadOnlyAdmin):
    list_display = ["role", "holder", "substitute", "starts", "ends", "ended_at"]
    list_filter = ["role"]
    list_select_related = ["holder", "substitute"]
    search_fields = ["holder__name", "substitute__name"]
