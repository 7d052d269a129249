"""Somebody leaves: the administrator hands over what they hold, the successor goes on, the leaver is out."""

import re
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from aims.accounts.models import Team, User
from aims.accounts.roles import Role
from aims.accounts.services import role_grant
from assessments.services import begin
from registry.models import AISystem
from tests.browser.harness import THEMES, WIDTHS, PageOf, assert_clean
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def log_in(page: Page, person: User, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def heading(page: Page, name: str) -> Any:
    return page.get_by_role("heading", name=name, exact=True)


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_a_leaver_is_handed_over(
    javascript: bool, page_of: PageOf, admin: User, owner: User, deputy: User, team: Team, make_system: Any
) -> None:
    heir = make_user("Hedda Heir")
    role_grant(owner, Role.ONCALL, by=None)
    system: AISystem = make_system(name="Claims triage", slug="claims-triage")
    draft = begin(system, by=owner)
    leavers = page_of(javascript=javascript)
    log_in(leavers, owner)
    expect(heading(leavers, "Overview")).to_be_visible()
    heirs = page_of(heir, javascript=javascript)
    heirs.goto("/systems/claims-triage/")
    expect(heirs.get_by_text("Claims triage")).to_have_count(0)

    page = page_of(admin, javascript=javascript)
    page.goto("/people/?q=olga")
    page.get_by_role("link", name="Olga Owner").click()
    page.get_by_role("link", name="Deactivate").click()
    for words in ("Lead of AI platform team", "On-call engineer", "1 open draft in AI platform team"):
        expect(page.locator("main").get_by_text(words, exact=True)).to_be_visible()
    page.get_by_label("Reason").fill("Leaves the company")
    page.get_by_role("button", name="Hand over and deactivate").click()
    expect(page.get_by_role("alert")).to_contain_text("Lead of AI platform team must not be left without one")
    page.get_by_label("Successor").fill("Hedda Heir")
    page.get_by_label(re.compile("Goes to: On-call engineer")).select_option("Somebody else")
    page.get_by_label(re.compile("who: On-call engineer")).fill(deputy.email)
    page.get_by_role("button", name="Hand over and deactivate").click()
    expect(page.get_by_text("Olga Owner is deactivated and logged out")).to_be_visible()
    if javascript:  # axe is a script
        assert_clean(page, expected=("status of 422",))

    leavers.goto("/work/")
    expect(leavers).to_have_url(re.compile("/accounts/login/"))
    log_in(leavers, owner)
    expect(heading(leavers, "Overview")).to_have_count(0)
    heirs.goto("/work/")
    heirs.get_by_role("link", name="Claims triage").first.click()
    heirs.goto(f"/assessments/{draft.ref}/edit/")
    heirs.get_by_label("Foreseeable misuse").fill("Taken for a decision.")
    heirs.get_by_role("button", name="Save", exact=True).first.click()
    expect(heirs.get_by_label("Foreseeable misuse")).to_have_value("Taken for a decision.")

    team.refresh_from_db(), draft.refresh_from_db()
    assert team.lead == heir
    assert [grant.role for grant in deputy.role_grants.all()] == ["oncall"]
    assert draft.created_by == owner
    assert User.objects.get(pk=owner.pk).is_active is False


def test_somebody_is_invited_comes_in_and_finds_their_team(page_of: PageOf, admin: User, team: Team) -> None:
    page = page_of(admin)
    page.goto("/people/invite/")
    page.get_by_label("People").fill("Nina New, nina@example.com")
    page.get_by_label("Teams").select_option(label=team.name)
    page.get_by_role("button", name="Make the accounts and send").click()
    expect(page.get_by_text("1 invitation is on its way")).to_be_visible()
    expect(page.get_by_text("Invited", exact=True).first).to_be_visible()
    link = next(word for word in mail.outbox[-1].body.split() if "/invitation/" in word)

    hers = page_of()
    hers.goto("/" + link.split("/", 3)[3])
    expect(heading(hers, "Welcome, Nina New")).to_be_visible()
    assert_clean(hers)
    hers.get_by_label("Password", exact=True).fill(PASSWORD)
    hers.get_by_label("Password again").fill(PASSWORD)
    hers.get_by_role("button", name="Set the password and log in").click()
    expect(heading(hers, "My work")).to_be_visible()
    hers.goto("/account/")
    expect(hers.get_by_text("AI platform team")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Accepted", exact=True)).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_a_leaver_with_everything_is_clean(
    width: int, theme: str, page_of: PageOf, admin: User, owner: User, make_system: Any
) -> None:
    role_grant(owner, Role.DPO, by=None)
    begin(make_system(name="Claims triage"), by=owner)
    page = page_of(admin, width, theme)
    page.goto(f"/people/{owner.pk}/deactivate/")
    expect(page.get_by_text("waits for nobody").first).to_be_visible()
    assert_clean(page)
    page.get_by_role("button", name="Hand over and deactivate").evaluate("button => button.form.submit()")
    expect(page.get_by_role("alert")).to_be_visible()
    assert_clean(page, expected=("status of 422",))
