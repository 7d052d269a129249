"""The registry in the back office. The record goes through the same schema and services as anywhere."""

import json
import re
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError as SchemaError

from aims.accounts.back_office import HistoryAdmin, ReadOnlyAdmin, person
from aims.accounts.models import Team, User
from registry import documents, services
from registry.choices import Stage
from registry.errors import Conflict, IdTaken, ReasonNeeded
from registry.forms import LinesField
from registry.models import AISystem, Confirmation, GateDecision, Obligation, SystemException, Waiver
from registry.schema import Record
from registry.schema_problems import problems_by_path

EDITABLE = frozenset({Stage.DRAFT, Stage.ASSESSMENT})
"""Stages in which the back office may change a record. What is approved or in use is changed on its page."""

Refusal = ReasonNeeded | Conflict | IdTaken | PermissionDenied


_UNSTORABLE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")
"""In JSON as `json.dumps` writes it without ASCII alone: a NUL, or half of a pair."""


class PlainJSONField(forms.JSONField):
    """JSON that can be stored and shown again. Django's own field falls over nesting without end, and takes
    escapes that stand for no character."""

    def to_python(self, value: Any) -> Any:
        try:
            found = super().to_python(value)
            sound = not _UNSTORABLE.search(json.dumps(found, ensure_ascii=False))
        except RecursionError:
            sound = False
        if not sound:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, as it was typed, where it is no JSON of this kind."""
        try:
            self.to_python(data)
        except ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)


class RecordForm(forms.ModelForm):
    """The columns of the record; `Record` decides what is valid, the service whether it is written."""

    regions = LinesField(label=_("Regions"), required=False, help_text=_("One a line."))
    affected_parties = LinesField(label=_("Affected parties"), required=False, help_text=_("One a line."))
    reason = forms.CharField(
        label=_("Reason for the change"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the history."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    """The revision that the editor saw."""

    user: User
    refusal: Refusal | None = None
    """Why the service did not write; both are set by the admin on a class of each request."""

    class Meta:
        model = AISystem
        fields = ["team", *documents.COLUMNS.values()]
        field_classes = dict.fromkeys(["training_sources", "rag_sources", "logs"], PlainJSONField)
        help_texts = {
            "training_sources": _('A word such as "none-fine-tuning" in quotes, or a list in JSON.'),
            "rag_sources": _("A list in JSON."),
            "logs": _("JSON with captured, retention_days and readers."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "team" in self.fields:  # there are no fields where the page is for reading
            own = Team.objects.of(self.user) | Team.objects.filter(pk=self.instance.team_id)
            self.fields["team"].queryset = own  # type: ignore[attr-defined]
        if "seen" in self.fields:
            self.fields["seen"].initial = self.instance.revision

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        document = self._document(values)
        try:
            self.record = Record.model_validate(document)
        except SchemaError as error:
            for path, message in problems_by_path(error, document, Record):
                self.add_error(_column_at(path), message)
        else:
            if self.refusal is not None:
                self.add_error(
                    "reason" if isinstance(self.refusal, ReasonNeeded) else None, str(self.refusal)
                )
        return values

    def _document(self, values: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = {"owner": values["team"].slug}
        for path, column in documents.COLUMNS.items():
            value = values.get(column, getattr(self.instance, column))
            *sections, key = path.split(".")
            part = document
            for section in sections:
                part = part.setdefault(section, {})
            part[key] = value.isoformat() if column == "decommission_date" and value else value
        return document


_COLUMN_AT = documents.COLUMNS | {"owner": "team"}


def _column_at(path: str) -> str | None:
    """The column for a path of the record, or of a part of one; None for the form as a whole."""
    while path:
        if path in _COLUMN_AT:
            return _COLUMN_AT[path]
        path = path.rpartition(".")[0]
    return None


@admin.register(AISystem)
class AISystemAdmin(HistoryAdmin):
    form = RecordForm
    list_display = ["name", "slug", "team", "stage", "risk_tier", "data_sensitivity", "updated_at"]
    list_filter = ["stage", "risk_tier", "data_sensitivity", "eu_ai_act_tier", "environment"]
    list_select_related = ["team"]
    search_fields = ["name", "slug", "purpose"]
    readonly_fields = ["stage", "revision", "edited_by", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["slug", "name", "team", "contact", "in_scope"]}),
        (_("State"), {"fields": ["stage", "revision", "edited_by", "created_at", "updated_at"]}),
        (_("Deployment"), {"fields": ["environment", "regions", "endpoint"]}),
        (
            _("Classification"),
            {"fields": ["purpose", "data_sensitivity", "risk_tier", "eu_ai_act_tier", "affected_parties"]},
        ),
        (
            _("Model"),
            {"fields": ["model_type", "base_model", "provider", "version_pinned", "weights_location"]},
        ),
        (_("Data"), {"fields": ["training_sources", "rag_sources", "logs"]}),
        (_("Governance"), {"fields": ["review_interval_days", "decommission_date"]}),
        (_("This change"), {"fields": ["reason", "seen"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AISystem]:
        return AISystem.objects.visible_to(person(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the fields of the change where there is none to make."""
        groups = super().get_fieldsets(request, obj)
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return groups if writes else groups[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The id never changes: it is the system's name in every signature and address."""
        return [*self.readonly_fields, *(["slug"] if obj is not None else [])]

    def has_add_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return user.has_perm("registry.add_aisystem") and Team.objects.of(person(request)).exists()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.stage not in EDITABLE:
            return False
        return request.user.has_perm("registry.change_aisystem", obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("registry.view_aisystem", obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = person(request)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What the service refuses is rolled back, and said in the form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except _Refused as refused:
            request.refusal = refused.why  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: AISystem, form: RecordForm, change: bool) -> None:
        by, values = form.user, form.cleaned_data
        try:
            if change:
                saved = services.system_update(
                    obj, form.record, team=values["team"], by=by, revision=values["seen"] or 0,
                    reason=values["reason"],
                )  # fmt: skip
            else:
                saved = services.system_create(
                    form.record, team=values["team"], by=by, reason=values["reason"]
                )
        except (ReasonNeeded, Conflict, IdTaken, PermissionDenied) as error:
            raise _Refused(error) from error
        except ValidationError as error:
            raise _Refused(PermissionDenied(" ".join(error.messages))) from error
        # What the admin goes on with is the row that the service wrote.
        obj.__dict__.update(saved.__dict__)


class _Refused(Exception):
    def __init__(self, why: Refusal) -> None:
        self.why = why


@admin.register(GateDecision)
class GateDecisionAdmin(ReadOnlyAdmin):
    list_display = ["decided_at", "system", "transition", "target", "verdict", "asked_by"]
    list_filter = ["verdict", "target"]
    list_select_related = ["system", "asked_by"]
    search_fields = ["system__name", "system__slug"]
    date_hierarchy = "decided_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[GateDecision]:
        return GateDecision.objects.filter(system__in=AISystem.objects.visible_to(person(request)))


@admin.register(Obligation)
class ObligationAdmin(HistoryAdmin, ReadOnlyAdmin):
    list_display = ["system", "kind", "state", "due", "role", "assignee", "opened_at", "closed_at"]
    list_filter = ["state", "kind", "role"]
    list_select_related = ["system", "assignee"]
    readonly_fields = ["opened_at", "closed_at", "reminded_at"]
    search_fields = ["system__name", "system__slug", "kind"]
    date_hierarchy = "due"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Obligation]:
        return Obligation.objects.visible_to(person(request))


@admin.register(Confirmation)
class ConfirmationAdmin(ReadOnlyAdmin):
    list_display = ["on", "obligation", "in_place", "by", "at"]
    list_filter = ["in_place", "obligation__kind"]
    list_select_related = ["obligation__system", "by"]
    search_fields = ["obligation__system__name", "obligation__system__slug", "note"]
    date_hierarchy = "on"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Confirmation]:
        return Confirmation.objects.filter(obligation__in=Obligation.objects.visible_to(person(request)))


@admin.register(Waiver)
class WaiverAdmin(HistoryAdmin, ReadOnlyAdmin):
    list_display = ["obligation", "until", "state", "requested_by", "requested_at"]
    list_filter = ["state", "obligation__kind"]
    list_select_related = ["obligation__system", "requested_by"]
    readonly_fields = ["requested_at"]
    search_fields = ["obligation__system__name", "obligation__system__slug", "reason"]
    date_hierarchy = "until"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Waiver]:
        return Waiver.objects.filter(obligation__in=Obligation.objects.visible_to(person(request)))


class ExceptionForm(forms.ModelForm):
    class Meta:
        model = SystemException
        fields = ["user", "content_object", "permission", "until", "reason"]
        labels = {"user": _("Person"), "permission": _("What they may do")}
        help_texts = {"until": _("The exception ends by itself. To end it sooner, set a day in the past.")}

    by: User
    """Who grants; the admin sets it."""

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if user == self.by:
            raise ValidationError(_("You cannot make an exception for yourself. Ask another administrator."))
        return user

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "permission" in self.fields:
            self.fields["permission"] = forms.ModelChoiceField(
                label=_("What they may do"),
                queryset=Permission.objects.filter(
                    content_type__app_label="registry", codename__in=["view_aisystem", "change_aisystem"]
                ),
            )
            self.fields["permission"].label_from_instance = _permission_label  # type: ignore[attr-defined]


def _permission_label(permission: Permission) -> str:
    return str(_("See the system") if permission.codename == "view_aisystem" else _("Change the system"))


@admin.register(SystemException)
class SystemExceptionAdmin(HistoryAdmin):
    form = ExceptionForm
    list_display = ["user", "content_object", "permission", "until", "reason"]
    list_select_related = ["user", "content_object", "permission__content_type"]
    search_fields = ["user__name", "content_object__name"]
    date_hierarchy = "until"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.by = person(request)
        return form
