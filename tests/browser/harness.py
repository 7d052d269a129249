"""A real Chromium on the live server, and what every page has to satisfy in it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Page, sync_playwright

from aims.accounts.models import User
from aims.ledger import guards
from aims.portal.demo.telling import tell

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (1440, 390)
THEMES = ("light", "dark")

DEMO_PASSWORD = "open sesame please"

PageOf = Callable[..., Page]


def chromium() -> str | None:
    """The machine's own Chromium: the tests download none."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("AIMS_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium()
    if executable is None:
        message = (
            "There is no Chromium: the tests in a browser did NOT run. Install it (apt-get install chromium)."
        )
        if os.environ.get("AIMS_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page_of(browser: Browser, live_server: object) -> Iterator[PageOf]:
    """(user or None, width, theme, javascript) -> a page of the live server, logged in as that person.

    Addresses are relative (`page.goto("/work/")`). What went wrong in a page is kept for `assert_clean`.
    """
    with ExitStack() as contexts:

        def open_page(
            user: User | None = None, width: int = 1440, theme: str = "light", javascript: bool = True
        ) -> Page:
            context = browser.new_context(
                base_url=str(live_server),
                viewport={"width": width, "height": 900},
                color_scheme="dark" if theme == "dark" else "light",
                java_script_enabled=javascript,
                reduced_motion="reduce",
            )
            contexts.callback(context.close)
            if user is not None:
                context.add_cookies(
                    [
                        {
                            "name": settings.SESSION_COOKIE_NAME,
                            "value": _session_of(user),
                            "url": str(live_server),
                        }
                    ]
                )
            page = context.new_page()
            page.set_default_timeout(20_000)
            _watch(page)
            return page

        yield open_page


def _session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "aims.accounts.backends.RoleBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    assert session.session_key
    return session.session_key


@contextmanager
def kept_database(blocker: Any, uploads: Path) -> Iterator[None]:
    """What is made inside stays for all tests of a module, and is emptied after the last, not after each."""
    with blocker.unblock():
        assert "test" in str(connection.settings_dict["NAME"]), "This would empty a database that is in use."
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: None)
            # A live server offers this folder as uploads at /, in front of the portal; unset, it is ours.
            patch.setattr(settings, "MEDIA_ROOT", str(uploads))
            yield
        with guards.lifted(connection):
            call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def company(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The demo company, told once for a module. Everybody logs in with `DEMO_PASSWORD`."""
    with kept_database(django_db_blocker, tmp_path_factory.mktemp("uploads")):
        call_command("load_catalogue", verbosity=0)
        tell(DEMO_PASSWORD)
        yield


_COMPLAINTS = "_aims_complaints"


def _watch(page: Page) -> None:
    """Collect script errors, console errors (violations of the content security policy are among them) and
    answers of the server that are its own fault."""
    complaints: list[str] = []
    setattr(page, _COMPLAINTS, complaints)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: complaints.append(f"console: {message.text}") if message.type == "error" else None,
    )
    page.on(
        "response",
        lambda answer: complaints.append(f"{answer.status}: {answer.url}") if answer.status >= 500 else None,
    )


def complaints_of(page: Page) -> list[str]:
    found: list[str] = getattr(page, _COMPLAINTS)
    return found


def assert_clean(page: Page, *, expected: tuple[str, ...] = ()) -> None:
    """The page as it stands: no axe violation, no horizontal scroll, no error in the console.

    `expected` are words of console lines that belong to the test, such as the status of a page that it asks
    to be refused ("status of 404").
    """
    wrong = [line for line in complaints_of(page) if not any(word in line for word in expected)]
    violations = Axe().run(page)
    if violations.violations_count:
        wrong.append(violations.generate_report())
    widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if widths[0] > widths[1]:
        wrong.append(f"scrolls sideways: {widths[0]} px wide in {widths[1]} px")
    assert not wrong, f"{page.url} at {page.viewport_size}:\n" + "\n".join(wrong)
