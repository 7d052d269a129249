"""Headers that every page of the portal carries."""

from collections.abc import Callable

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
        return response

    return middleware
