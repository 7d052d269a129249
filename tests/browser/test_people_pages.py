"""Account, welcome and back office in a real browser, in both themes and both widths."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import substitution_create
from registry.models import AISystem
from tests.browser.harness import THEMES, WIDTHS, PageOf, assert_clean

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(width, theme) for theme in THEMES for width in WIDTHS]


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_account_page(width: int, theme: str, dpo: User, outsider: User, page_of: PageOf) -> None:
    today = timezone.localdate()
    substitution_create(
        holder=dpo,
        role=Role.DPO,
        substitute=outsider,
        starts=today,
        ends=today + dt.timedelta(days=9),
        reason="Leave",
    )
    page = page_of(dpo, width, theme)
    page.goto(reverse("account"))
    assert_clean(page)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_welcome_page(width: int, theme: str, settings: Any, page_of: PageOf) -> None:
    settings.AIMS_WELCOME = True
    page = page_of(None, width, theme)
    page.goto("/")
    assert page.url.endswith(reverse("welcome"))
    assert_clean(page)


def test_a_role_is_handed_over_and_taken_back_without_javascript(
    dpo: User, outsider: User, page_of: PageOf
) -> None:
    page = page_of(dpo, javascript=False)
    page.goto(reverse("account"))
    page.get_by_label("Substitute").select_option(label=outsider.name)
    page.get_by_label("Last day").fill((timezone.localdate() + dt.timedelta(days=5)).isoformat())
    page.get_by_label("Reason").fill("Leave")
    page.get_by_role("button", name="Hand over").click()
    page.get_by_role("button", name=f"Take the role back from {outsider.name}").click()
    assert page.get_by_text("Nobody stands in for you").is_visible()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_back_office(
    width: int, theme: str, admin: User, lead: User, make_system: Any, page_of: PageOf
) -> None:
    system: AISystem = make_system()
    page = page_of(lead, width, theme)
    for path in (
        reverse("admin:index"),
        reverse("admin:registry_aisystem_changelist"),
        reverse("admin:registry_aisystem_change", args=[system.pk]),
        reverse("admin:registry_aisystem_history", args=[system.pk]),
    ):
        page.goto(path)
        assert_clean(page)
    page = page_of(admin, width, theme)
    for path in (
        reverse("admin:accounts_user_changelist"),
        reverse("admin:accounts_user_change", args=[lead.pk]),
        reverse("admin:accounts_team_change", args=[system.team_id]),
    ):
        page.goto(path)
        assert_clean(page)
