"""What holds for every page of the portal: its headers, and what no request may contain."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'{style}; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'"
)
PORTAL = _POLICY.format(style="")
# Some forms of Django's admin set the width of a column inline.
ADMIN = _POLICY.format(style=" 'unsafe-inline'")
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def content_security_policy(get_response: GetResponse) -> GetResponse:
    """Nothing runs, loads or frames the portal's pages but the portal itself (https://www.w3.org/TR/CSP3/)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers["Content-Security-Policy"] = ADMIN if request.path.startswith("/admin/") else PORTAL
        response.headers["Permissions-Policy"] = PERMISSIONS
        # Pages are for the person who asked: neither a proxy nor the next user of the machine keeps them.
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-store"
        return response

    return middleware


def no_nul(get_response: GetResponse) -> GetResponse:
    """400 for a NUL in the address or in a cookie, which PostgreSQL does not take in any text.

    Forms refuse it field by field. Nobody types one: no page loses anything.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        address = f"{request.path_info}?{request.META.get('QUERY_STRING', '')}"
        if "\0" in address or "%00" in address or any("\0" in text for text in request.COOKIES.values()):
            raise BadRequest("NUL in the address or in a cookie")
        return get_response(request)

    return middleware
