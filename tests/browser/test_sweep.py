"""All pages, wide and narrow, light and dark: nothing for axe, no sideways scroll, a silent console."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect

from tests.browser.harness import THEMES, WIDTHS, PageOf, assert_clean, kept_database
from tests.browser.pages import PAGES, Scene, Shown, make_scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PageFor = Callable[[str | None], Page]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_welcome_of_an_empty_portal_is_clean(
    page_of: PageOf, settings: Any, width: int, theme: str
) -> None:
    settings.AIMS_WELCOME = True
    page = page_of(None, width, theme)
    page.goto("/")
    expect(page).to_have_url("/welcome/")
    assert_clean(page)


@pytest.fixture(scope="module")
def scene(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    with kept_database(django_db_blocker, tmp_path_factory.mktemp("uploads")):
        yield make_scene()


@pytest.fixture(scope="module")
def page_for(browser: Browser, live_server: object, scene: Scene) -> Iterator[PageFor]:
    """persona -> their page, logged in once."""
    pages: dict[str | None, Page] = {}
    with ExitStack() as contexts:

        def open_page(who: str | None) -> Page:
            if who not in pages:
                context = browser.new_context(base_url=str(live_server), reduced_motion="reduce")
                contexts.callback(context.close)
                if who is not None:
                    cookie = {**session_of(scene, who), "url": str(live_server)}
                    context.add_cookies([cookie])  # type: ignore[list-item]
                pages[who] = context.new_page()
                pages[who].set_default_timeout(20_000)
            return pages[who]

        yield open_page


def session_of(scene: Scene, who: str) -> dict[str, str]:
    client = Client()
    client.force_login(scene.world.people[who], backend="aims.accounts.backends.RoleBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value}


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_page_is_clean(shown: Shown, scene: Scene, page_for: PageFor) -> None:
    page = page_for(shown.who)
    with complaints_of(page) as complaints:
        look(page, "light", 1440)
        answer = page.goto(shown.address(scene))
        assert answer
        status = answer.status
        if shown.act:
            with page.expect_navigation() as moved:
                shown.act(page, scene)
            status = moved.value.status if moved.value else 0
        assert status == shown.status, page.inner_text("body")
        if shown.says:
            expect(page.locator("main")).to_contain_text(shown.says)
        page.evaluate(AXE_SCRIPT)
        wrong = [line for each in looks_at(shown) for line in problems(page, *each)]
    wrong += [line for line in complaints if f"status of {shown.status}" not in line]
    assert not wrong, f"{page.url} as {shown.who}:\n" + "\n".join(wrong)


def look(page: Page, theme: Any, width: int) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    # The admin fades its colours from one look to the next.
    page.evaluate("document.getAnimations().forEach(animation => animation.finish())")


EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
COLOURS = EVERYTHING | {"runOnly": ["color-contrast", "link-in-text-block"]}
"""What axe looks for. It would load the style sheets a second time if it were let (`preload`)."""


def looks_at(shown: Shown) -> list[tuple[str, int, dict[str, Any]]]:
    """Every width in both themes. A theme is a set of colours: what else there is, is the same in both.

    The back office is Django's own, some pages made for all models: the systems' stand for them in every
    look, the others are seen once wide and once narrow, once light and once dark.
    """
    if shown.name.startswith("admin:") and "aisystem" not in shown.name:
        return [("light", max(WIDTHS), EVERYTHING), ("dark", min(WIDTHS), EVERYTHING)]
    rules = {"light": EVERYTHING, "dark": COLOURS}
    return [(theme, width, rules[theme]) for width in WIDTHS for theme in THEMES]


def problems(page: Page, theme: str, width: int, rules: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the page in this look."""
    look(page, theme, width)
    found = AxeResults(page.evaluate("rules => axe.run(rules)", rules))
    if found.violations_count:
        yield f"{theme}, {width} px: {found.generate_report()}"
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide > room:
        yield f"{theme}, {width} px: scrolls sideways, {wide} px wide in {room} px"


@contextmanager
def complaints_of(page: Page) -> Iterator[list[str]]:
    """What the console says while the page is looked at: breaches of the content security policy among it."""
    lines: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            lines.append(f"console: {message.text}")

    def catch(error: Error) -> None:
        lines.append(f"script: {error}")

    page.on("console", hear)
    page.on("pageerror", catch)
    yield lines
    page.remove_listener("console", hear)
    page.remove_listener("pageerror", catch)
