"""A request behind the login wall."""

from django.http import HttpRequest

from aims.accounts.models import User


class UserRequest(HttpRequest):
    """An HttpRequest whose user is known: LoginRequiredMiddleware has seen to it. For type hints."""

    user: User  # type: ignore[assignment]
