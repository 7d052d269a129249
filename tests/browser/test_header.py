"""The header on a phone: where one is, and the tools beside it."""

import pytest

from aims.accounts.models import User
from tests.browser.harness import PageOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_crumb_leaves_the_tools_their_room(page_of: PageOf, owner: User) -> None:
    page = page_of(owner, 390)
    page.goto("/account/notices/")
    ends = "element => element.getBoundingClientRect().right"
    crumb = max(page.locator(".crumbs li").evaluate_all(f"all => all.map({ends})"))
    tools = page.locator(".top .tools").evaluate("element => element.getBoundingClientRect().left")
    assert crumb <= tools
    assert page.locator(".top .tools").evaluate(ends) <= 390
