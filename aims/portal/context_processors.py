"""What the frame of every page needs."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from aims.portal import navigation


def shell(request: HttpRequest) -> dict[str, Any]:
    """`nav` and `user_roles` of the person; both empty without one. Worked out only where shown."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "user_roles": []}
    present = getattr(request, "travel", None) is None  # live numbers have no place in the past
    return {
        "nav": SimpleLazyObject(lambda: list(navigation.entries(user, request.path, counted=present))),
        "user_roles": SimpleLazyObject(lambda: user.role_labels),
    }
