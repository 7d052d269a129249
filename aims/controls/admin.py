"""The catalogue in the back office, for reading: it comes from files, so it is changed there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from aims.controls.models import Clause, Control


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("controls.view_control")


@admin.register(Control)
class ControlAdmin(ReadOnlyAdmin):
    list_display = ["ref", "title", "area_title", "automatable"]
    list_filter = ["area_title", "automatable"]
    search_fields = ["ref", "title", "summary"]


@admin.register(Clause)
class ClauseAdmin(ReadOnlyAdmin):
    list_display = ["ref", "title", "documented_information"]
    search_fields = ["ref", "title", "summary"]
