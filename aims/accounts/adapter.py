"""How allauth behaves here: accounts are made by administrators, never by signing up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """The e-mail address is the login; there is no username to fill."""

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """A forgotten password is replaced by mail; the first one is set by invitation, which has an end.

        Nothing tells the asker apart from a stranger, as with an address that nobody has.
        """
        if user.has_usable_password():
            super().send_password_reset_mail(user, email, context)
