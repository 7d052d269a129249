"""The header on a phone: where one is, and the tools beside it."""

import pytest
from playwright.sync_api import expect

from aims.accounts.models import User
from tests.browser.harness import PageOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_crumb_leaves_the_tools_their_room(page_of: PageOf, owner: User) -> None:
    page = page_of(owner, 390)
    page.goto("/account/notices/")
    tools = page.locator(".top .tools").bounding_box()
    # The way up alone: there is no room for where one is as well, and the heading says that.
    crumb = page.locator(".crumbs li:visible")
    expect(crumb).to_have_text("Account")
    box = crumb.bounding_box()
    assert tools
    assert box
    assert box["x"] + box["width"] <= tools["x"]
    assert tools["x"] + tools["width"] <= 390
    # Its words end where it ends: else they lie over the tools, though the box does not.
    assert crumb.evaluate(
        "it => it.scrollWidth <= it.clientWidth || getComputedStyle(it).overflowX == 'hidden'"
    )
