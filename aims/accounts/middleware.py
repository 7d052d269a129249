"""Each request is one act of whoever is logged in: the ledger says so beside all that is written."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from aims.ledger.acting import Act, Who, acting
from aims.ledger.models import Channel

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def act_of_request(get_response: GetResponse) -> GetResponse:
    """Stands below the login. Who it is, and their roles, is looked up only if something is written."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with acting(Act(Channel.PAGE, who=lambda: who(request.user))):
            return get_response(request)

    return middleware


def who(user: object) -> Who:
    """A person as the ledger names them, with their roles of today; nobody for a visitor without a login."""
    if not getattr(user, "is_authenticated", False):
        return Who()
    roles = sorted(role.value for role in user.roles)  # type: ignore[attr-defined]
    return Who(str(user.pk), f"|{'|'.join(roles)}|" if roles else "")  # type: ignore[attr-defined]
