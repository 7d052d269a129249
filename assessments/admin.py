"""Assessments in the back office: context and decision of a draft can be written here, through the service;
the rest is written on the assessment's own page. What is submitted or decided is for reading."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from aims.accounts.back_office import HistoryAdmin
from assessments import services
from assessments.errors import Conflict, WrongState
from assessments.forms import ContextForm, DecisionForm
from assessments.models import Assessment
from assessments.outline import outline
from assessments.schema import Content

PARTS = {"context": ContextForm, "decision": DecisionForm}
"""Sections that the back office writes."""

NAMES = {f"{part}_{name}": (part, name) for part, form in PARTS.items() for name in form.base_fields}


class AssessmentForm(forms.ModelForm):
    """The fields of two sections; `refusal` is why the service did not write, set by the admin."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    """The revision that the editor saw."""

    refusal = ""

    class Meta:
        model = Assessment
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        content = self.instance.parsed
        for field, (part, name) in NAMES.items():
            if field in self.fields:
                self.fields[field].initial = getattr(getattr(content, part), name)
        if "seen" in self.fields:
            self.fields["seen"].initial = self.instance.revision

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        document = self.instance.parsed.document()
        for field, (part, name) in NAMES.items():
            document[part][name] = values[field]
        try:
            self.content = Content.of(document)
        except ValidationError as error:
            for problem in error.errors():
                self.add_error(None, problem["msg"])
        if self.refusal:
            self.add_error(None, self.refusal)
        return values


# The fields of the portal's own forms, so that both ask for the same.
for _field, (_part, _name) in NAMES.items():
    AssessmentForm.declared_fields[_field] = PARTS[_part].base_fields[_name]


@admin.register(Assessment)
class AssessmentAdmin(HistoryAdmin):
    form = AssessmentForm
    list_display = ["ref", "version", "system", "state", "decision", "residual", "updated_at"]
    list_filter = ["state", "decision", "residual"]
    list_select_related = ["system"]
    search_fields = ["ref", "system__name", "system__slug"]
    readonly_fields = ["page", "system", "ref", "version", "state", "residual", "revision", "edited_by"]
    readonly_fields += ["submitted_by", "submitted_at", "approved_at", "sha256", "whole"]
    fieldsets = [
        (
            None,
            {"fields": ["page", "system", "ref", "version", "state", "residual", "revision", "edited_by"]},
        ),
        (_("Decision about it"), {"fields": ["submitted_by", "submitted_at", "approved_at", "sha256"]}),
    ]
    writing = [
        (_("System context"), {"fields": [name for name in NAMES if name.startswith("context_")]}),
        (_("Decision"), {"fields": [*(name for name in NAMES if name.startswith("decision_")), "seen"]}),
    ]
    reading = [(_("Content"), {"fields": ["whole"]})]

    @admin.display(description=_("in the portal"))
    def page(self, obj: Assessment) -> SafeString:
        return format_html('<a href="{}?version={}">{}</a>', obj.get_absolute_url(), obj.version, obj)

    @admin.display(description=_("the whole assessment"))
    def whole(self, obj: Assessment) -> SafeString:
        return format_html_join(
            "\n",
            "<h2>{}</h2>{}",
            (
                (part.title, render_to_string("assessments/_part.html", {"part": part}))
                for part in outline(obj.parsed)
            ),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assessment]:
        return Assessment.objects.visible_to(request.user).select_related("system")  # type: ignore[arg-type]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        writes = self.has_change_permission(request, obj)
        return [*self.fieldsets, *(self.writing if writes else self.reading)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # begun on the system's page

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and not obj.is_editable:
            return False
        return request.user.has_perm("assessments.change_assessment", obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("assessments.view_assessment", obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["fields"] = []  # they are no columns; the class has them all
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", "")
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What the service refuses is rolled back, and said in the form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except _Refused as refused:
            request.refusal = str(refused)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Assessment, form: AssessmentForm, change: bool) -> None:
        try:
            saved = services.save(
                obj,
                form.content,
                by=request.user,  # type: ignore[arg-type]
                revision=form.cleaned_data["seen"] or 0,
            )
        except (Conflict, WrongState, PermissionDenied) as error:
            raise _Refused(str(error)) from error
        # What the admin goes on with is the row that the service wrote.
        obj.__dict__.update(saved.__dict__)


class _Refused(Exception):
    pass
