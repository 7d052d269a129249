"""The palette: searching and going somewhere by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from aims.accounts.models import User
from registry.models import AISystem
from tests.browser.harness import THEMES, WIDTHS, PageOf, assert_clean

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(page_of: PageOf, make_system: Callable[..., AISystem], owner: User) -> Page:
    """The account page, which has no search field of its own."""
    for name in ("Claims triage", "Claims forecast", "Fraud radar"):
        make_system(name=name, slug=name.lower().replace(" ", "-"))
    page = page_of(owner)
    page.goto("/account/")
    return page


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Find systems")


def options(page: Page) -> Locator:
    return page.get_by_role("option")


def chosen(page: Page) -> Locator:
    return page.get_by_role("option", selected=True)


def search_for(page: Page, words: str) -> None:
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type(words)
    expect(page.locator("#palette [role=status]")).to_contain_text("result")


@pytest.mark.parametrize("key", ["/", "Control+k", "Meta+k"])
def test_a_key_opens_it_and_escape_gives_the_focus_back(page: Page, key: str) -> None:
    before = page.get_by_role("link", name="Policies").first
    before.focus()
    page.keyboard.press(key)
    expect(field(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(before).to_be_focused()


def test_the_button_opens_it_too(page: Page) -> None:
    page.get_by_role("link", name="Search or jump to").click()
    expect(field(page)).to_be_focused()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#palette")).to_be_hidden()


def test_control_k_closes_what_it_opened(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(field(page)).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_hidden()


def test_letters_find_and_enter_opens_the_first(page: Page) -> None:
    search_for(page, "fraud")
    expect(chosen(page)).to_have_text("Fraud radarDraft · AI platform team")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/systems/fraud-radar/")


def test_enter_waits_for_the_answer_to_what_was_typed(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("fraud")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/systems/fraud-radar/")


def test_arrows_home_and_end_choose(page: Page) -> None:
    search_for(page, "claims")
    expect(options(page)).to_have_count(2)
    first, last = options(page).nth(0), options(page).nth(1)
    expect(first).to_have_attribute("aria-selected", "true")
    for key, option in (
        ("ArrowDown", last),
        ("ArrowDown", first),
        ("ArrowUp", last),
        ("Home", first),
        ("End", last),
    ):
        page.keyboard.press(key)
        expect(option).to_have_attribute("aria-selected", "true")
        expect(chosen(page)).to_have_count(1)
        expect(field(page)).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
        expect(field(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/systems/claims-triage/")


def test_an_empty_field_shows_pages_and_what_was_seen(page: Page) -> None:
    page.goto("/systems/fraud-radar/")
    page.goto("/systems/claims-triage/")
    page.goto("/systems/nowhere/")
    page.goto("/account/")
    page.keyboard.press("/")
    seen = page.get_by_role("group", name="Recently seen").get_by_role("option")
    expect(seen).to_have_text(["Claims triage", "Fraud radar"])
    expect(page.get_by_role("group", name="Pages").get_by_role("option", name="Overview")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/systems/fraud-radar/")


def test_where_nothing_is_found_enter_leads_to_the_page_that_says_so(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("zebra")
    expect(page.locator("#palette [role=status]")).to_have_text("Nothing found for “zebra”.")
    expect(field(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/search/?q=zebra")
    expect(page.get_by_role("heading", name="Nothing that you may see matches")).to_be_visible()


def test_a_list_is_searched_by_the_key_pressed_twice(page: Page) -> None:
    page.goto("/systems/")
    page.keyboard.press("/")
    expect(page.get_by_text("search in this list")).to_be_visible()
    page.keyboard.press("/")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("main [data-search]")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("main [data-search]")).to_have_value("a/b")


def test_an_answer_that_comes_late_does_not_stand_over_a_newer_one(page: Page) -> None:
    held: list[Route] = []
    page.route("**/search/?q=claims*", lambda route: held.append(route))
    page.keyboard.press("/")
    with page.expect_request("**/search/?q=claims*"):
        page.keyboard.type("claims")
    with page.expect_event("requestfailed"):  # given up by the page itself
        field(page).fill("fraud")
    expect(options(page)).to_have_count(1)
    expect(chosen(page)).to_contain_text("Fraud radar")
    assert len(held) == 1


def test_a_search_that_fails_says_what_to_do(page: Page) -> None:
    page.route("**/search/**", lambda route: route.abort())
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type("claims")  # the browser may have let the first question through before it was stopped
    expect(page.locator("#palette [role=status]")).to_contain_text("Press Enter to try its own page")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_the_open_palette_is_clean(
    page_of: PageOf, make_system: Callable[..., AISystem], owner: User, width: int, theme: str
) -> None:
    make_system(name="Claims triage")
    page = page_of(owner, width, theme)
    page.goto("/systems/")
    search_for(page, "claims")
    assert_clean(page)


def test_without_javascript_the_button_leads_to_the_search_page(
    page_of: PageOf, make_system: Callable[..., AISystem], owner: User
) -> None:
    make_system(name="Claims triage")
    page = page_of(owner, javascript=False)
    page.goto("/work/")
    page.get_by_role("link", name="Search or jump to").click()
    page.get_by_label("Search for").fill("triage")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("link", name="Claims triage")).to_be_visible()


def test_the_single_key_can_be_switched_off(page: Page) -> None:
    """WCAG 2.1.4: whoever dictates would open it with every slash."""
    box = page.get_by_role("checkbox", name="Open the search with the / key")
    box.uncheck()
    box.blur()
    page.keyboard.press("/")
    expect(page.locator("#palette")).to_be_hidden()
    page.reload()
    expect(box).not_to_be_checked()
    page.keyboard.press("/")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(field(page)).to_be_focused()
