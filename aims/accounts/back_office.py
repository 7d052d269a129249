"""What every admin of the portal has in common: nothing is deleted, nothing reverted, views are views."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin

from aims.accounts.models import User


def person(request: HttpRequest) -> User:
    """Who is logged in: the admin site lets nobody else this far."""
    assert isinstance(request.user, User)
    return request.user


class KeepingAdmin(admin.ModelAdmin):
    """For models whose rows are switched off or ended, never deleted; so there are no bulk actions either."""

    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(KeepingAdmin):
    """For what comes about elsewhere and is only looked at here, by whom the table of roles lets."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class HistoryAdmin(SimpleHistoryAdmin, KeepingAdmin):  # type: ignore[misc]  # simple_history is untyped
    """With the history of each row. The library's page of an old version saves what is posted to it, even
    from people who may only look and with reverting disabled: here it is for reading.
    """

    history_list_display = ["history_change_reason"]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._visible_or_denied(request, object_id)
        return super().history_view(request, object_id, extra_context)  # type: ignore[no-any-return]

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied(_("History is for reading. Edit the present version instead."))
        self._visible_or_denied(request, object_id)
        if not version_id.isdecimal() or len(version_id) > 18:
            raise Http404
        return super().history_form_view(request, object_id, version_id, extra_context)  # type: ignore[no-any-return]

    def _visible_or_denied(self, request: HttpRequest, object_id: str) -> None:
        """An object outside the person's queryset has no history for them: not even whether it exists."""
        obj = self.get_object(request, object_id)
        if obj is None or not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied(_("You may not see this, or it does not exist."))
