"""What the frame of every page needs."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from aims.portal import navigation
from aims.portal.work import number_unread


def shell(request: HttpRequest) -> dict[str, Any]:
    """`nav`, `user_roles` and how many notices are `unread`; empty for nobody. Worked out where shown."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "user_roles": []}
    present = getattr(request, "travel", None) is None  # live numbers have no place in the past
    return {
        "nav": SimpleLazyObject(lambda: list(navigation.entries(user, request.path, counted=present))),
        "user_roles": SimpleLazyObject(lambda: user.role_labels),
        "unread": SimpleLazyObject(lambda: number_unread(user) if present else 0),
    }
