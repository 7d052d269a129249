"""Signatures in the back office: for reading. They come about on the decision page alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from aims.accounts.back_office import ReadOnlyAdmin, person
from aims.signoffs.models import SignOff


@admin.register(SignOff)
class SignOffAdmin(ReadOnlyAdmin):
    list_display = ["signed_at", "subject_title", "role", "decision", "signer", "on_behalf_of"]
    list_filter = ["decision", "role", "subject_kind"]
    list_select_related = ["signer", "on_behalf_of"]
    search_fields = ["subject_title", "signer__name", "sha256"]
    date_hierarchy = "signed_at"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """All signatures or none: who sees only some systems finds theirs on the systems' own pages."""
        return person(request).may_everywhere("signoffs.view_signoff")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
