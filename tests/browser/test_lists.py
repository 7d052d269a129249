"""Lists in a real browser: taking one away as a file, and keeping a view of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from aims.accounts.models import User
from aims.portal.models import SavedView
from registry.models import AISystem
from tests.browser.harness import THEMES, WIDTHS, PageOf, assert_clean

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_open_menus_are_clean(
    page_of: PageOf, lead: User, make_system: Callable[..., AISystem], width: int, theme: str
) -> None:
    make_system(name="Alpha", risk_tier="high")
    page = page_of(lead, width, theme)
    page.goto("/systems/?risk_tier=high")
    page.get_by_text("Export", exact=True).click()
    expect(page.get_by_role("link", name="CSV")).to_be_visible()
    assert_clean(page)
    page.get_by_text("Save this view").click()
    expect(page.get_by_role("link", name="CSV")).to_be_hidden()
    expect(page.get_by_role("button", name="Save view")).to_be_in_viewport()
    assert_clean(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_lead_keeps_a_view_takes_it_away_and_drops_it(
    page_of: PageOf, lead: User, make_system: Callable[..., AISystem], tmp_path: Path, javascript: bool
) -> None:
    make_system(name="Alpha", risk_tier="high")
    make_system(name="Beta", risk_tier="low")
    page = page_of(lead, javascript=javascript)
    page.goto("/systems/")
    page.get_by_label("Risk tier").select_option("high")
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("Save this view").click()
    page.get_by_label("Name", exact=True).fill("Risky ones")
    page.get_by_label("Who sees it").select_option("dpo")
    page.get_by_role("button", name="Save view").click()
    page.goto("/systems/")
    expect(page.get_by_role("link", name="Beta")).to_be_visible()
    page.get_by_role("link", name="Risky ones").click()
    expect(page.get_by_role("link", name="Risky ones")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("link", name="Beta")).to_have_count(0)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    download.value.save_as(tmp_path / "list.xlsx")
    sheet: Any = openpyxl.load_workbook(tmp_path / "list.xlsx").active
    assert [row[1] for row in sheet.iter_rows(values_only=True)] == ["Name", "Alpha"]
    assert SavedView.objects.get().role == "dpo"
    page.get_by_role("link", name="Rename, share or delete").click()
    page.get_by_role("button", name="Delete view").click()
    expect(page.locator("main")).to_contain_text("The view “Risky ones” is gone.")
    assert not SavedView.objects.exists()
